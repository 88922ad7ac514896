//! Commands, replies and errors of beanstalkd.

use segue::{
    Decode, Encode, Fault, Framing, Need, Output, Record,
    separator::{self, LineEnd, WithPayload},
};
use std::{convert::Infallible, error, fmt, str::FromStr};

/// A mistake of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// A command is malformed.
    BadFormat,
    /// There is no such command.
    UnknownCommand,
    /// A job does not end in CRLF.
    NoCrlf,
    /// A job is longer than [`MAX_JOB`].
    JobTooBig,
}

/// Writes the word that the protocol has for it.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadFormat => "BAD_FORMAT",
            Self::UnknownCommand => "UNKNOWN_COMMAND",
            Self::NoCrlf => "EXPECTED_CRLF",
            Self::JobTooBig => "JOB_TOO_BIG",
        })
    }
}

impl error::Error for Error {}

/// A command of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Store this job.
    Put(&'a [u8]),
    /// Hand out a job.
    Reserve,
    /// Forget the job with this number.
    Delete(u64),
}

/// The longest job in bytes, without the line end behind it.
pub const MAX_JOB: usize = 65_535;

/// Reads commands.
#[derive(Debug)]
pub struct Commands {
    records: WithPayload<LineEnd, Announce>,
    /// The bytes still to come of a job that is too long.
    skip: usize,
}

/// Returns the number of bytes behind a line that are part of its record.
type Announce = fn(&[u8]) -> Result<Option<usize>, Infallible>;

/// Makes a stage that reads commands.
pub fn commands() -> Commands {
    let announced: Announce = |line| Ok(put(line).filter(|&bytes| bytes <= MAX_JOB + 2));
    let records = separator::line().crlf().max(222).with_payload(announced);
    Commands { records: records.max_payload(MAX_JOB + 2), skip: 0 }
}

impl Decode for Commands {
    type Item<'a> = Command<'a>;
    type Error = Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        match self.skip.min(input.len()) {
            0 if self.skip > 0 => Ok(Framing::Need(Need::ONE.claiming(self.skip))),
            0 => self.records.frame(input, eof).map_err(|fault| fault.map(|_| Error::BadFormat)),
            some => Ok(Framing::Absorb(some)),
        }
    }

    fn absorb(&mut self, record: Record<'_>, _: &mut Output) -> Result<(), Fault<Error>> {
        self.skip -= record.len();
        Ok(())
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Command<'a>, Fault<Error>> {
        let record = self.records.parse(record).map_err(|fault| fault.map(|_| Error::BadFormat))?;
        let bad = |error| Fault::new(error).recoverable();
        let (line, job) = record.into_parts();
        let id = line.strip_prefix(b"delete ").ok_or(bad(Error::UnknownCommand));
        self.skip = put(line).filter(|_| job.is_none()).unwrap_or(0);
        match (line, job) {
            (_, Some(job)) => job.strip_suffix(b"\r\n").map(Command::Put).ok_or(bad(Error::NoCrlf)),
            _ if self.skip > 0 => Err(bad(Error::JobTooBig)),
            (b"reserve", _) => Ok(Command::Reserve),
            // Fatal: with the length of its job unknown, so is the place of the next command.
            _ if line.starts_with(b"put ") => Err(Fault::new(Error::BadFormat)),
            _ => number(id?).map(Command::Delete).ok_or(bad(Error::BadFormat).at(7)),
        }
    }
}

/// Returns the length of the job, with the line end behind it, in a line
/// `put <priority> <delay> <time to run> <bytes>`.
fn put(line: &[u8]) -> Option<usize> {
    let mut numbers = line.strip_prefix(b"put ")?.split(|&byte| byte == b' ').map(number::<usize>);
    let [priority, delay, time, bytes] = std::array::from_fn(|_| numbers.next().flatten());
    priority.and(delay).and(time).and(bytes).filter(|_| numbers.next().is_none())?.checked_add(2)
}

/// Reads digits. `parse` alone would accept a sign, too.
fn number<T: FromStr>(digits: &[u8]) -> Option<T> {
    str::from_utf8(digits).ok()?.parse().ok().filter(|_| digits.iter().all(u8::is_ascii_digit))
}

/// A reply of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The job has this number.
    Inserted(u64),
    /// A job and its number.
    Reserved(u64, &'a [u8]),
    /// Anything that is said in a word.
    Word(&'static str),
    /// The client has made a mistake.
    Error(Error),
}

/// Writes replies.
#[derive(Debug)]
pub struct Replies;

impl Encode<Reply<'_>> for Replies {
    type Error = Error;

    fn encode(&mut self, reply: Reply<'_>, output: &mut Output) -> Result<(), Error> {
        match reply {
            Reply::Reserved(_, job) if job.len() > MAX_JOB => return Err(Error::JobTooBig),
            Reply::Reserved(id, job) => {
                output.put(format!("RESERVED {id} {}\r\n", job.len()).as_bytes());
                output.put(job);
            }
            Reply::Inserted(id) => output.put(format!("INSERTED {id}").as_bytes()),
            Reply::Word(word) => output.put(word.as_bytes()),
            Reply::Error(error) => output.put(error.to_string().as_bytes()),
        }
        output.put(b"\r\n");
        Ok(())
    }
}
