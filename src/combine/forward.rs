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

pub(crate) use forward;
