//! Stages whose records end at a separator.
