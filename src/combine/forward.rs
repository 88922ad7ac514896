//! What a stage around one other stage passes on.

/// Writes the methods of [`Decode`](crate::Decode) that a stage around one other stage forwards as
/// they are: of the type `$D`, in the field `$stage`. A forgotten one would be silent. `but speak`
/// leaves that one to be written by hand, for faults that become others.
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

/// Writes the methods of [`Decode`](crate::Decode) by which a stage looks ahead, for one around it
/// that answers as it does: of the type `$D`, in the field `$stage`, with faults made others by
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

pub(crate) use forward;
pub(super) use look_ahead;
