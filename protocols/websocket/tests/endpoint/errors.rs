//! Errors that are printed with their sources say nothing twice.

use segue::Fault;
use segue_websocket::{self as websocket, RequestError, ResponseError, WriteError};
use std::{error::Error, io};

/// The texts of an error and its sources, from the outside in. None may repeat another.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let errors = std::iter::successors(Some(error), |&error| error.source());
    let said: Vec<_> = errors.map(ToString::to_string).collect();
    for (at, inner) in said.iter().enumerate() {
        let outer = said.iter().take(at).find(|outer| outer.contains(&**inner));
        assert_eq!(outer, None, "{inner:?} is said twice");
    }
    said
}

#[test]
fn an_error_says_nothing_twice() {
    use websocket::endpoint::Error as Endpoint;
    let head = segue_http1::EncodeError::HeaderName;
    let said = |error: Endpoint| {
        let told = chain(&error);
        assert_eq!(chain(&io::Error::from(error)), told);
        told.len()
    };
    assert_eq!(said(Endpoint::Io(io::ErrorKind::BrokenPipe.into())), 1);
    assert_eq!(said(Endpoint::Fault(Fault::new(websocket::Error::Utf8))), 1);
    assert_eq!(said(Endpoint::Write(WriteError::Closed)), 1);
    assert_eq!(said(Endpoint::Closed), 1);
    assert_eq!(said(Endpoint::Request(Fault::new(RequestError::Method))), 1);
    let http = RequestError::Http(segue_http1::Error::ChunkEnd);
    assert_eq!(said(Endpoint::Request(Fault::new(http))), 1);
    assert_eq!(said(Endpoint::Request(Fault::new(RequestError::Unsendable(head)))), 2);
    let http = ResponseError::Http(segue_http1::Error::ChunkEnd);
    assert_eq!(said(Endpoint::Response(Fault::new(http))), 1);
    assert_eq!(said(Endpoint::Response(Fault::new(ResponseError::Unsendable(head)))), 2);
    let told = chain(&ResponseError::Unsendable(head));
    assert_eq!(told, ["the request cannot be sent", &head.to_string()]);
}
