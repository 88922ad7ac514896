//! Stages whose records say how long they are.
