//! The law suite held against stages that break one law each, and against some that break none.

mod exchange;
mod layers;
mod pairs;
mod planted;
mod speaking;
mod stage;

use std::panic::{AssertUnwindSafe, catch_unwind};

use segue::laws::{Law, Suite};

/// The law that a suite finds broken.
#[track_caller]
fn broken(suite: Suite<'_>) -> Law {
    let violation = suite.verdict().expect_err("nothing was found");
    println!("{violation}\n");
    violation.law()
}

/// Whether a check panics with a report that names `law`.
fn panics_for(law: Law, check: impl FnOnce()) -> bool {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err("nothing was found");
    let report = panic.downcast_ref::<String>().expect("a report is a string");
    println!("{report}\n");
    report.starts_with(&law.to_string())
}
