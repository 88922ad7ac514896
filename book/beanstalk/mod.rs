//! The protocol of the chapter "A protocol of your own", as it is written there.

mod jobs;
mod observed;
mod protocol;
mod server;

pub use jobs::Jobs;
pub use protocol::{Command, Commands, Error, MAX_JOB, Replies, Reply, commands};
pub use server::{answer, listen, serve};
