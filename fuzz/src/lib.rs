//! All that several fuzz targets have in common: chains of stages, what comes of them in one uncut
//! run, and a transport that does as it is told.

mod any_stage;
pub mod chain;
pub mod heard;
pub mod layers;
pub mod pipe;
pub mod plan;
