//! Stages asked over a buffer.

use super::{
    Buffer, Decode, Fault, Framing, Output, Records, Step,
    asking::{endless, framing, moved, overrun, pay, pay_inside, truncated},
};

impl Buffer {
    /// Asks `stage` once, and returns its next item or what it needs for one.
    ///
    /// Items of no bytes are allowed as long as bytes pay for them: one for each byte ever consumed
    /// of this buffer or of an [inner stream](Decode::progress), and 64 more. Then the fault is
    /// [`NoProgress`](crate::Cause::NoProgress), so that a loop over a stage that never ends does
    /// end.
    ///
    /// `eof` says that nothing follows what is buffered; `answers` takes what the stage sends by
    /// itself. Use this if you hold the bytes; a connection does the same and reads as well.
    /// [`records`](Self::records) goes through many small records at a lower cost.
    ///
    /// # Errors
    /// Faults of the stage, at their offset in the stream, and [`Cause::Truncated`] if the stage
    /// needs more at the end of the stream. After a fatal fault the stage is dead and must not be
    /// asked again.
    ///
    /// [`Cause::Truncated`]: crate::Cause::Truncated
    // In line as `Records::next` is, so that its answer is never put together in memory.
    #[inline(always)]
    pub fn step<'a, D: Decode>(
        &'a mut self,
        stage: &'a mut D,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<D::Item<'a>>, Fault<D::Error>> {
        loop {
            let (position, held) = (self.position(), self.len());
            match stage.frame(self.as_slice(), eof) {
                Ok(Framing::Record(length)) if length <= held => {
                    if length == 0 {
                        self.pay(stage)?;
                    }
                    return match stage.parse(self.take(length)) {
                        Ok(item) => Ok(Step::Item(item)),
                        Err(fault) => Err(moved(fault, position)),
                    };
                }
                Ok(Framing::Absorb(length)) if length <= held => {
                    if length == 0 {
                        self.pay(stage)?;
                    }
                    let record = self.take(length);
                    stage.absorb(record, answers).map_err(|fault| moved(fault, position))?;
                }
                Ok(Framing::Record(_) | Framing::Absorb(_)) => return Err(overrun(position)),
                Ok(Framing::Need(need)) if !eof => return Ok(Step::Need(need)),
                Ok(Framing::Need(_)) => return Err(truncated(position, held)),
                Ok(Framing::Done) => return Ok(Step::Done),
                Err(fault) => return Err(framing(fault, position)),
            }
        }
    }

    /// Lends the buffered records of `stage` one after the other at the cost of a loop over a
    /// slice. Those of no bytes are paid for as in [`step`](Self::step).
    #[inline]
    pub fn records<'b, D: Decode>(
        &'b mut self,
        stage: &'b mut D,
        eof: bool,
        answers: &'b mut Output,
    ) -> Records<'b, D> {
        Records::new(stage, self.lend(), eof, answers)
    }

    /// Pays for a record of no bytes.
    #[inline(always)]
    pub(crate) fn pay<D: Decode>(&mut self, stage: &D) -> Result<(), Fault<D::Error>> {
        let position = self.position();
        let (account, inside) = self.account();
        let paid =
            pay(*account, position).or_else(|| pay_inside(*account, inside, stage.progress()));
        let Some(paid) = paid else { return Err(endless(position)) };
        *account = paid;
        Ok(())
    }
}
