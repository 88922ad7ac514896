//! Macros for stages around one other stage.

/// Writes the methods of [`Decode`](crate::Decode) that a stage around one other stage forwards
/// unchanged, to the type `$D` in the field `$stage`. A forgotten one would go unnoticed.
/// `but speak` leaves that one to be written by hand, for faults that must be converted.
macro_rules! forward {
    ($D:ident, $stage:tt) => {
        forward!($D, $stage, but speak);

        #[inline]
        fn speak(
            &mut self,
            say: &mut crate::Say<'_>,
        ) -> Result<(), crate::Fault<<Self as crate::Decode>::Error>> {
            self.$stage.speak(say).map_err(crate::Fault::fatal)
        }
    };
    ($D:ident, $stage:tt, but speak) => {
        const WIRE: bool = <$D as crate::Decode>::WIRE;

        #[inline]
        fn progress(&self) -> u64 {
            self.$stage.progress()
        }

        #[inline]
        fn residue(&self) -> (usize, usize) {
            self.$stage.residue()
        }
    };
}

/// Writes the methods of [`Decode`](crate::Decode) by which a stage looks ahead, for a wrapper that
/// gives the same answers: of the type `$D`, in the field `$stage`, with faults converted by
/// `$fault`.
macro_rules! look_ahead {
    ($D:ident, $stage:ident, |$self:ident, $fault:ident| $made:expr) => {
        const AHEAD: bool = <$D as crate::Decode>::AHEAD;

        #[inline]
        fn frame_ahead(
            &mut $self,
            whole: &[u8],
            eof: bool,
            ahead: &mut crate::Ahead,
        ) -> Result<crate::Framing, crate::Fault<<Self as crate::Decode>::Error>> {
            $self.$stage.frame_ahead(whole, eof, ahead).map_err(|$fault| $made.fatal())
        }
    };
}

/// Writes the access to the stage in the field `stage` of a wrapper: the wrapped one, or the one
/// that the text says.
macro_rules! accessors {
    ($Wrapper:ident<D $(, $P:ident)?>) => {
        accessors!($Wrapper<D $(, $P)?>, "wrapped stage");
    };
    ($Wrapper:ident<D $(, $P:ident)?>, $what:literal) => {
        impl<D $(, $P)?> $Wrapper<D $(, $P)?> {
            #[doc = concat!("Returns the ", $what, ".")]
            pub const fn stage(&self) -> &D {
                &self.stage
            }

            #[doc = concat!("Returns the ", $what, ", to be changed.")]
            pub const fn stage_mut(&mut self) -> &mut D {
                &mut self.stage
            }

            #[doc = concat!("Returns the ", $what, " as a value.")]
            pub fn into_stage(self) -> D {
                self.stage
            }
        }
    };
}

pub(super) use accessors;
pub(crate) use forward;
pub(super) use look_ahead;
