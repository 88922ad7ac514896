//! A stage that writes, traced.

use super::{Traced, Why, lane::end_of};
use crate::{Encode, Output};

impl<T, S: Encode<T>> Encode<T> for Traced<S> {
    type Error = S::Error;

    fn encode(&mut self, item: T, output: &mut Output) -> Result<(), Self::Error> {
        let before = end_of(output);
        self.part.encode(item, output)?;
        self.place.queued(output, before, Why::Encoded);
        Ok(())
    }
}
