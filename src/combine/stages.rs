//! Switches over several stages, written by a macro.

/// Writes an enum of stages that is a stage itself, with the enums of its items and errors.
///
/// Use it for a connection that speaks one of several protocols, and as the stage that
/// [`switch`](crate::combine::Choice::switch) and [`then`](crate::DecodeExt::then) go on with:
/// dispatch is a `match`, with no allocation and no pointer. On partial and on complete input the
/// enum acts as the stage it holds. Its items and errors have a variant of the same name for each
/// stage. You write visibility, documentation and other attributes; the error enum is `Debug`
/// already, and displays the error it holds.
///
/// The stages are types without parameters; a lifetime or type parameter of the enum itself is
/// refused. With feature `laws`, `impl Observe;` at the end lets the law suite see items, if it
/// sees those of each stage.
///
/// ```
/// use segue::{Buffer, Decode, Output, Step, combine::prefixes, length};
///
/// segue::stages! {
///     /// Records in the framing that the peer prefers.
///     pub enum Framing {
///         /// With a 16-bit length.
///         Short(length::Prefixed<length::U16Be>),
///         /// With an 8-bit length.
///         Tiny(length::Prefixed<length::U8>),
///     }
///     /// A record in one of the framings.
///     pub enum Item<'a>;
///     /// The error of one of the framings.
///     pub enum Error;
/// }
///
/// // A peer that begins with a zero byte has the 16-bit framing.
/// let mut stage = prefixes([(b"\x00", true)]).otherwise(false).switch(|short| {
///     Ok(if short { Framing::Short(length::u16_be()) } else { Framing::Tiny(length::u8()) })
/// });
/// let mut buffer = Buffer::from(&b"\x00\x02h"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"i");
/// let Ok(Step::Item(Item::Short(record))) = buffer.step(&mut stage, false, &mut output) else {
///     panic!("the stage chosen yields its items");
/// };
/// assert_eq!(record, b"hi");
/// ```
#[macro_export]
macro_rules! stages {
    (@observe $Item:ident [$($Variant:ident)+]) => {};
    (@observe $Item:ident [$($Variant:ident)+] $(#[$meta:meta])* impl Observe;) => {
        $(#[$meta])*
        impl $crate::laws::Observe for $Item<'_> {
            fn observe(&self, log: &mut $crate::laws::Log) {
                match self {
                    $( Self::$Variant(item) => $crate::laws::Observe::observe(item, log), )+
                }
            }
        }
    };
    (
        $(#[$stage_meta:meta])*
        $stage_vis:vis enum $Stage:ident {
            $( $(#[$variant_meta:meta])* $Variant:ident($Type:ty) ),+ $(,)?
        }
        $(#[$item_meta:meta])*
        $item_vis:vis enum $Item:ident<$life:lifetime>;
        $(#[$error_meta:meta])*
        $error_vis:vis enum $Error:ident;
        $($observe:tt)*
    ) => {
        $(#[$stage_meta])*
        $stage_vis enum $Stage {
            $( $(#[$variant_meta])* $Variant($Type) ),+
        }

        $(#[$item_meta])*
        $item_vis enum $Item<$life> {
            $( $(#[$variant_meta])* $Variant(<$Type as $crate::Decode>::Item<$life>) ),+
        }

        $(#[$error_meta])*
        #[derive(Debug)]
        $error_vis enum $Error {
            $( $(#[$variant_meta])* $Variant(<$Type as $crate::Decode>::Error) ),+
        }

        impl $crate::Decode for $Stage {
            type Item<'a> = $Item<'a> where Self: 'a;
            type Error = $Error;

            #[inline]
            fn frame(
                &mut self,
                input: &[u8],
                eof: bool,
            ) -> ::core::result::Result<$crate::Framing, $crate::Fault<$Error>> {
                match self {
                    $( Self::$Variant(stage) => $crate::Decode::frame(stage, input, eof)
                        .map_err(|fault| fault.map($Error::$Variant)), )+
                }
            }

            #[inline]
            fn absorb(
                &mut self,
                record: $crate::Record<'_>,
                answers: &mut $crate::Output,
            ) -> ::core::result::Result<(), $crate::Fault<$Error>> {
                match self {
                    $( Self::$Variant(stage) => $crate::Decode::absorb(stage, record, answers)
                        .map_err(|fault| fault.map($Error::$Variant)), )+
                }
            }

            #[inline]
            fn parse<'a>(
                &'a mut self,
                record: $crate::Record<'a>,
            ) -> ::core::result::Result<$Item<'a>, $crate::Fault<$Error>> {
                match self {
                    $( Self::$Variant(stage) => $crate::Decode::parse(stage, record)
                        .map($Item::$Variant)
                        .map_err(|fault| fault.map($Error::$Variant)), )+
                }
            }

            const WIRE: bool = true $( && <$Type as $crate::Decode>::WIRE )+;

            #[inline]
            fn speak(
                &mut self,
                say: &mut $crate::Say<'_>,
            ) -> ::core::result::Result<(), $crate::Fault<$Error>> {
                match self {
                    $( Self::$Variant(stage) => $crate::Decode::speak(stage, say)
                        .map_err(|fault| fault.map($Error::$Variant).fatal()), )+
                }
            }

            #[inline]
            fn progress(&self) -> u64 {
                match self {
                    $( Self::$Variant(stage) => $crate::Decode::progress(stage), )+
                }
            }

            #[inline]
            fn residue(&self) -> (usize, usize) {
                match self {
                    $( Self::$Variant(stage) => $crate::Decode::residue(stage), )+
                }
            }
        }

        impl ::core::fmt::Display for $Error {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    $( Self::$Variant(error) => ::core::fmt::Display::fmt(error, f), )+
                }
            }
        }

        impl ::core::error::Error for $Error {}

        $crate::stages!(@observe $Item [$($Variant)+] $($observe)*);
    };
}
