//! The jobs of a server.

use super::{Command, Reply};
use std::collections::BTreeMap;

/// The jobs of a server, by their numbers.
#[derive(Debug, Default)]
pub struct Jobs {
    last: u64,
    ready: BTreeMap<u64, Vec<u8>>,
    reserved: BTreeMap<u64, Vec<u8>>,
}

impl Jobs {
    /// Carries out a command and returns the reply.
    pub fn carry_out(&mut self, command: Command<'_>) -> Reply<'_> {
        match command {
            Command::Put(job) => {
                self.last += 1;
                self.ready.insert(self.last, job.to_vec()); // the item was only lent
                Reply::Inserted(self.last)
            }
            Command::Reserve => match self.ready.pop_first() {
                Some((id, job)) => Reply::Reserved(id, self.reserved.entry(id).or_insert(job)),
                None => Reply::Word("TIMED_OUT"),
            },
            Command::Delete(id) => {
                let job = self.ready.remove(&id).or_else(|| self.reserved.remove(&id));
                Reply::Word(if job.is_some() { "DELETED" } else { "NOT_FOUND" })
            }
        }
    }
}
