//! The macros of the suite for drivers whose methods are async.

/// Runs a test.
macro_rules! play {
    ($body:block) => {
        crate::executor::with_each_patience(|| crate::executor::block_on(async { $body }))
    };
}

/// Runs a part of a test, and gives what comes of it.
macro_rules! run {
    ($body:block) => {
        crate::executor::block_on(async { $body })
    };
}

/// Waits for a method of a connection.
macro_rules! wait {
    ($call:expr) => {
        loop {
            if let Some(result) = crate::executor::patiently($call).await {
                break result;
            }
        }
    };
}

/// Polls a method of a connection once.
macro_rules! once {
    ($call:expr) => {
        crate::executor::once($call)
    };
}

/// Waits for a method of each of two connections at the same time.
macro_rules! both {
    ($first:expr, $second:expr) => {
        crate::executor::both($first, $second).await
    };
}
