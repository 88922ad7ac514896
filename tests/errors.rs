//! Errors that are printed with their sources say nothing twice.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{
    Cause, Edge, Fault, Handoff,
    combine::Either,
    driver::{self, SendError, codec::CodecError, sync::Connection},
    length, nom,
    separator::{self, CobsError, LineError, SlipError},
};
use std::{error::Error, fmt, io};

/// Returns the texts of an error and its sources, from the outside in. None may repeat another.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let errors = std::iter::successors(Some(error), |&error| error.source());
    let said: Vec<_> = errors.map(ToString::to_string).collect();
    for (at, inner) in said.iter().enumerate() {
        assert!(!inner.is_empty());
        let outer = said.iter().take(at).find(|outer| outer.contains(&**inner));
        assert_eq!(outer, None, "{inner:?} is said twice");
    }
    said
}

/// The error of a stage of somebody's, with a cause of its own.
#[derive(Debug)]
struct BadHeader(std::num::ParseIntError);

impl fmt::Display for BadHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the header has no number")
    }
}

impl Error for BadHeader {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn bad_header() -> BadHeader {
    BadHeader("x".parse::<u8>().unwrap_err())
}

const HEADER: &str = "the header has no number";
const NUMBER: &str = "invalid digit found in string";

#[test]
fn a_fault_prints_its_error_and_has_the_source_of_that() {
    let fault = || Fault::new(bad_header()).at(7);
    let told = format!("at byte 7: {HEADER}");
    assert_eq!(chain(&fault()), [&told, NUMBER]);
    assert_eq!(chain(&fault().map(Either::<BadHeader, BadHeader>::Left)), [&told, NUMBER]);
    assert_eq!(chain(&fault().map(nom::Error::Stage)), [&told, NUMBER]);
    assert_eq!(chain(&driver::Error::Fault(fault())), [&told, NUMBER]);
    assert_eq!(chain(&CodecError::Fault(fault())), [&told, NUMBER]);
    assert_eq!(chain(&io::Error::from(driver::Error::Fault(fault()))), [&told, NUMBER]);
    let own = [Cause::Truncated, Cause::TooLong, Cause::NoProgress, Cause::Unsent, Cause::Contract];
    for cause in own {
        assert_eq!(chain(&Fault::<BadHeader>::from_cause(cause)).len(), 1);
    }
}

#[test]
fn what_only_passes_an_error_on_reads_like_it() {
    assert_eq!(chain(&SendError::Refused(bad_header())), [HEADER, NUMBER]);
    let refused = io::Error::from(SendError::Refused(bad_header()));
    assert_eq!(chain(&refused), [HEADER, NUMBER]);
    let io = || io::Error::other(bad_header());
    assert_eq!(chain(&io()), [HEADER, NUMBER]);
    assert_eq!(chain(&SendError::<BadHeader>::Io(io())), [HEADER, NUMBER]);
    assert_eq!(chain(&driver::Error::<BadHeader>::Io(io())), [HEADER, NUMBER]);
    assert_eq!(chain(&CodecError::<BadHeader>::Io(io())), [HEADER, NUMBER]);
    assert_eq!(chain(&Either::<BadHeader, LineError>::Left(bad_header())), [HEADER, NUMBER]);
    assert_eq!(chain(&Either::<LineError, BadHeader>::Right(bad_header())), [HEADER, NUMBER]);
    assert_eq!(chain(&nom::Error::Stage(bad_header())), [HEADER, NUMBER]);
    assert_eq!(chain(&SendError::<BadHeader>::Closed).len(), 1);
    assert_eq!(chain(&CodecError::<BadHeader>::Done).len(), 1);
    assert_eq!(chain(&CodecError::<BadHeader>::Unsent).len(), 1);
}

/// A transport that takes nothing.
struct Gone;

impl io::Read for Gone {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other(bad_header()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_refusal_has_its_own_words_and_the_reason_behind_them() {
    let options = driver::Options::new().high_water(1);
    let mut connection = Connection::new(Gone, separator::line()).with_options(options);
    connection.output_mut().put(b"lost");
    // Sending fails, which makes room; nobody was told so far.
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(connection.poll_room(&mut cx).is_ready());
    let refused = connection.hand_off(Edge::Carry).unwrap_err();
    assert_eq!(chain(&refused), ["the transport has failed", HEADER, NUMBER]);
    assert_eq!(chain(&io::Error::from(refused)), [HEADER, NUMBER]);

    let carried = Handoff::new(Gone, &b"rest"[..]);
    let connection = Connection::from_handoff(carried, separator::line());
    assert_eq!(chain(&connection.hand_off(Edge::MustBeEmpty).unwrap_err()).len(), 1);
}

#[test]
fn errors_without_a_source_say_all_there_is() {
    let said = |error: &(dyn Error + 'static)| assert_eq!(chain(error).len(), 1);
    said(&length::Error::Overflow);
    said(&length::EncodeError::Header);
    said(&separator::EncodeError::Empty);
    said(&LineError::BareLf);
    said(&SlipError::Escape(Some(7)));
    said(&CobsError::Count(7));
    said(&segue_http1::Error::ChunkEnd);
    said(&segue_http1::EncodeError::HeaderName);
    said(&segue_http1::WriteError::Closing);
    said(&segue_http1::WriteError::Head(segue_http1::EncodeError::HeaderName));
    said(&segue_websocket::Error::Utf8);
    said(&segue_websocket::WriteError::Closed);
}
