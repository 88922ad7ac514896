//! Commands as the laws compare them.

use super::Command;
use segue::laws;

impl laws::Observe for Command<'_> {
    fn observe(&self, log: &mut laws::Log) {
        match self {
            Command::Put(job) => log.bytes(job),
            command => log.event(command),
        }
    }
}
