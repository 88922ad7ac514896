//! Fuzz targets.

/// A libFuzzer target that looks at every law that holds for any bytes: it is given a
/// [`Subject`](crate::Subject).
///
/// It stands in a file of a fuzz crate that `cargo fuzz init` made, which depends on
/// `libfuzzer-sys` as those do:
///
/// ```
/// # // Stands in for the crate, which only links into what libFuzzer starts.
/// # mod libfuzzer_sys {
/// #     macro_rules! fuzz_target {
/// #         (|$data:ident: &[u8]| $body:block) => {
/// #             fn main() { let $data: &[u8] = b"abcd"; $body }
/// #         };
/// #     }
/// #     pub(crate) use fuzz_target;
/// # }
/// // #![no_main]
/// use segue_laws::{adapt, parser};
///
/// fn pair(input: &[u8]) -> Result<Option<(u16, usize)>, ()> {
///     Ok(input.first_chunk().map(|pair| (u16::from_be_bytes(*pair), 2)))
/// }
///
/// segue_laws::fuzz_target!(parser("pairs", || adapt::slice(pair)));
/// ```
///
/// A find is written to `fuzz/artifacts`, and its report tells the law, the shortest stream and
/// its cuts.
#[macro_export]
macro_rules! fuzz_target {
    ($subject:expr $(,)?) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            ::std::thread_local! {
                static SUBJECT: $crate::Subject = $subject;
            }
            SUBJECT.with(|subject| subject.fuzz(data));
        });
    };
}
