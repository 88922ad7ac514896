//! Stages made of stages.
