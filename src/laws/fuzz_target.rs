//! Fuzz targets of parsers that were written elsewhere.

/// A libFuzzer target that looks at every law that holds for any bytes, on a parser that was
/// written elsewhere, with its adapter: a [`Subject`](crate::laws::stranger::Subject).
///
/// A stage of this toolkit needs no adapter: call [`laws::fuzz`](crate::laws::fuzz) in a target of
/// `libfuzzer_sys`.
///
/// It stands in a file of a fuzz crate that `cargo fuzz init` made, which depends on
/// `libfuzzer-sys` as those do:
///
/// ```
/// # // Stands in for the crate, which only links into what libFuzzer starts.
/// # mod libfuzzer_sys {
/// #     macro_rules! fuzz_target {
/// #         (|$data:ident: &[u8]| $body:block) => {
/// #             fn main() { let $data: &[u8] = b"\0\0\0\x02hi\0\0"; $body }
/// #         };
/// #     }
/// #     pub(crate) use fuzz_target;
/// # }
/// // #![no_main]
/// use segue::laws::{self, stranger};
/// use tokio_util::codec::LengthDelimitedCodec;
///
/// laws::fuzz_target!(
///     laws::stranger("length-delimited", || stranger::decoder(LengthDelimitedCodec::new()))
/// );
/// ```
///
/// A find is written to `fuzz/artifacts`, and its report tells the law, the shortest stream and
/// its cut.
#[macro_export]
macro_rules! fuzz_target {
    ($subject:expr $(,)?) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            ::std::thread_local! {
                static SUBJECT: $crate::laws::stranger::Subject = $subject;
            }
            SUBJECT.with(|subject| subject.fuzz(data));
        });
    };
}
