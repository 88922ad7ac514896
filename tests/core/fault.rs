//! What went wrong, and where.

use segue::{Cause, Fault};
use std::error::Error;

#[test]
fn offsets_move_in_the_layer_that_is_driven_and_in_no_other() {
    let fault = Fault::new("odd").at(3);
    assert_eq!(fault.moved(10).at, 13);
    assert_eq!(fault.moved(10).nested().moved(100), Fault { layer: 1, at: 13, ..fault });
    assert_eq!(fault.moved(u64::MAX).at, u64::MAX);
    let mut deep = fault;
    for _ in 0..300 {
        deep = deep.nested();
    }
    assert_eq!(deep.layer, u8::MAX);
}

#[test]
fn another_error_type_changes_nothing_else() {
    let cases = [
        Fault::new(5),
        Fault::truncated(7),
        Fault::too_long(8).nested(),
        Fault::from_cause(Cause::NoProgress).recoverable(),
        Fault::from_cause(Cause::Contract).at(9),
    ];
    for fault in cases {
        let mapped = fault.map(|error: i32| error.to_string());
        assert_eq!((mapped.at, mapped.layer, mapped.fatal), (fault.at, fault.layer, fault.fatal));
        assert_eq!(mapped.error().map(String::as_str), fault.error().map(|_| "5"));
        assert_eq!(mapped.map(|error| error.parse().unwrap()), fault);
    }
}

#[test]
fn a_fault_says_what_and_where() {
    let number: Fault<std::num::ParseIntError> = "x".parse::<u8>().unwrap_err().into();
    assert_eq!(number.at(2).to_string(), "at byte 2: invalid digit found in string");
    assert!(number_source(&"x".parse::<u8>().unwrap_err().into()));
    let truncated = Fault::<std::num::ParseIntError>::truncated(3).nested();
    assert_eq!(truncated.to_string(), "at byte 3 of layer 1: the stream ends inside a record");
    assert!(!number_source(&truncated));
}

fn number_source(fault: &Fault<std::num::ParseIntError>) -> bool {
    fault.source().is_some_and(<dyn Error>::is::<std::num::ParseIntError>)
}
