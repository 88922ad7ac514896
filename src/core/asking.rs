//! The rules by which a stage is asked, for each loop that asks one: [`Buffer::step`],
//! [`Records`](super::Records) and [`Pull`](super::Pull). The faults are made out of line.

use super::{Budget, Buffer, Cause, Fault, Need, Output};

/// Returns what a stage is shown of `buffer`, and whether nothing follows. It is never shown more
/// than `limit`; otherwise the verdict on a record that is too long would depend on how much has
/// arrived.
#[inline(always)]
pub(crate) fn shown(buffer: &Buffer, eof: bool, limit: usize) -> (&[u8], bool) {
    within(buffer.as_slice(), eof, limit)
}

/// Does the same for a slice of buffered bytes.
#[inline(always)]
pub(super) fn within(held: &[u8], eof: bool, limit: usize) -> (&[u8], bool) {
    let length = held.len().min(limit);
    (&held[..length], eof & (length == held.len()))
}

/// Returns true if a record that needs so much more than the `held` bytes passes `limit`. At
/// exactly the limit, the end of the stream may still complete it.
pub(crate) const fn is_too_long(held: usize, need: Need, limit: usize) -> bool {
    held > limit || held.saturating_add(need.at_least.get() - 1) > limit
}

/// Returns true if so much waits in `answers` that nothing more is absorbed.
#[inline]
pub(super) fn is_full(answers: &Output) -> bool {
    answers.len() >= answers.high_water().saturating_mul(2)
}

/// The value of [`Pull::MAX_RECORD`](super::Pull::MAX_RECORD).
pub(crate) const MAX_RECORD: usize = 64 * 1024 * 1024;

/// Pays for a record of no bytes at `position` (law L5): each byte consumed pays for one, and
/// [`Budget::FREE`] more are allowed. `paid` advances by a byte for each such record, from the
/// position at which the buffer began.
#[cold]
#[inline(never)]
pub(super) fn pay(paid: u64, position: u64) -> Option<u64> {
    (paid != position.wrapping_add(Budget::FREE)).then_some(paid.wrapping_add(1))
}

/// Pays for a record of no bytes with bytes that the stage has consumed of an inner stream, when
/// those of the stream itself are used up.
#[cold]
#[inline(never)]
pub(super) fn pay_inside(paid: u64, inside: &mut u64, progress: u64) -> Option<u64> {
    let more = progress.saturating_sub(*inside);
    *inside = progress;
    (more > 0).then(|| paid.wrapping_sub(more).wrapping_add(1))
}

/// Makes the fault of a stream that ends behind `held` bytes of a record.
#[cold]
#[inline(never)]
pub(super) fn truncated<E>(position: u64, held: usize) -> Fault<E> {
    Fault::truncated(position.saturating_add(held as u64))
}

/// Makes the fault of a record that passes `limit`.
#[cold]
#[inline(never)]
pub(super) fn too_long<E>(position: u64, limit: usize) -> Fault<E> {
    Fault::too_long(limit as u64).moved(position)
}

/// Makes the fault of a stage that announces more than it was shown.
#[cold]
#[inline(never)]
pub(super) fn overrun<E>(position: u64) -> Fault<E> {
    moved(Fault::from_cause(Cause::Contract), position)
}

/// Makes the fault of a record of no bytes that nothing pays for.
#[cold]
#[inline(never)]
pub(super) fn endless<E>(position: u64) -> Fault<E> {
    Fault::from_cause(Cause::NoProgress).at(position)
}

/// Moves a fault out of line. Were its small fields written in the loop, an item in the same place
/// of a `Result` would be taken apart into bytes and put together again.
#[cold]
#[inline(never)]
pub(super) fn moved<E>(fault: Fault<E>, by: u64) -> Fault<E> {
    fault.moved(by)
}

/// Makes a fault of `frame` fatal, and moves it.
#[cold]
#[inline(never)]
pub(super) fn framing<E>(fault: Fault<E>, by: u64) -> Fault<E> {
    fault.fatal().moved(by)
}
