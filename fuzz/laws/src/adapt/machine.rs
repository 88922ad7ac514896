//! Machines that keep what they are given.

use std::{
    collections::VecDeque,
    fmt::{self, Debug},
};

use crate::{Answer, Parser};

/// A machine that is pushed bytes and asked for items: its state, how bytes go in, and how items
/// come out, `None` where it needs more.
///
/// At the end of the stream such a machine has nothing to say; give it a word by
/// [`at_end`](Machine::at_end) where it has one, and show by [`left`](Machine::left) what it holds.
///
/// ```
/// use segue_laws::{adapt, parser};
/// use std::collections::VecDeque;
///
/// parser("bytes", || adapt::machine(
///         VecDeque::<u8>::new(),
///         |queue, bytes| queue.extend(bytes),
///         |queue| Ok::<_, ()>(queue.pop_front()),
///     ))
///     .accepts([b"abc"])
///     .check();
/// ```
pub fn machine<M, T, E>(
    state: M,
    push: impl FnMut(&mut M, &[u8]) + 'static,
    mut next: impl FnMut(&mut M) -> Result<Option<T>, E> + 'static,
) -> Machine<M>
where
    T: Debug + 'static,
    E: Debug,
{
    Machine {
        state,
        push: Box::new(push),
        next: Box::new(move |state| Answer::from_result(next(state))),
        at_end: None,
        left: None,
    }
}

/// A machine that is pushed bytes, made by [`machine()`].
pub struct Machine<M> {
    state: M,
    push: Box<dyn FnMut(&mut M, &[u8])>,
    next: Box<dyn FnMut(&mut M) -> Answer>,
    at_end: Option<Box<dyn FnMut(&mut M) -> Answer>>,
    left: Option<Box<dyn Fn(&M) -> Vec<u8>>>,
}

impl<M: Debug> fmt::Debug for Machine<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<M> Machine<M> {
    /// Sets the question for the end of the stream, which is asked until it answers no item.
    pub fn at_end(mut self, at_end: impl FnMut(&mut M) -> Answer + 'static) -> Self {
        self.at_end = Some(Box::new(at_end));
        self
    }

    /// Sets how the machine shows the bytes that it holds and has not consumed.
    pub fn left(mut self, left: impl Fn(&M) -> Vec<u8> + 'static) -> Self {
        self.left = Some(Box::new(left));
        self
    }
}

impl<M> Parser for Machine<M> {
    fn push(&mut self, bytes: &[u8]) {
        (self.push)(&mut self.state, bytes);
    }

    fn step(&mut self) -> Answer {
        (self.next)(&mut self.state)
    }

    fn end(&mut self) -> Answer {
        if let Some(at_end) = &mut self.at_end {
            return at_end(&mut self.state);
        }
        match self.step() {
            // It has no word for the end; what it holds tells whether the stream was cut off.
            Answer::Need(_) if self.left_over().is_none_or(|left| left.is_empty()) => Answer::End,
            answer => answer,
        }
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        self.left.as_ref().map(|left| left(&self.state))
    }
}

/// A machine that calls back, or returns all it has found, while it is given bytes: a function
/// that puts down what it says to each read. At the end of the stream it is given `None`.
///
/// An error that it returns itself ends the stream.
///
/// ```
/// use segue_laws::{Answer, adapt, parser};
///
/// parser("digits", || adapt::calling(|bytes: Option<&[u8]>, said: &mut Vec<Answer>| {
///         for byte in bytes.unwrap_or_default() {
///             said.push(Answer::item((byte.is_ascii_digit(), *byte)));
///         }
///         Ok::<(), ()>(())
///     }))
///     .accepts([b"a1"])
///     .check();
/// ```
pub fn calling<E, F>(
    mut feed: F,
) -> Calling<impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Option<Answer>>
where
    E: Debug,
    F: FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Result<(), E>,
{
    Calling {
        feed: move |bytes: Option<&[u8]>, said: &mut Vec<Answer>| {
            feed(bytes, said).err().map(Answer::error)
        },
        said: VecDeque::new(),
        stopped: None,
        ended: false,
    }
}

/// A machine that calls back, made by [`calling`].
pub struct Calling<F> {
    feed: F,
    said: VecDeque<Answer>,
    /// It said so, and is not given any more.
    stopped: Option<Answer>,
    ended: bool,
}

impl<F> fmt::Debug for Calling<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calling")
            .field("said", &self.said.len())
            .field("stopped", &self.stopped.is_some())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl<F: FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Option<Answer>> Calling<F> {
    fn feed(&mut self, bytes: Option<&[u8]>) {
        if self.stopped.is_some() {
            return;
        }
        let mut said = Vec::new();
        let error = (self.feed)(bytes, &mut said);
        said.extend(error);
        for answer in said {
            match answer {
                Answer::Item(_) | Answer::Piece(_) => self.said.push_back(answer),
                // A need is for this read alone, and there may be more to it.
                Answer::Need(_) => {}
                Answer::End | Answer::Error(_) | Answer::Stuck => {
                    self.stopped = Some(answer);
                    return;
                }
            }
        }
    }
}

impl<F: FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Option<Answer>> Parser for Calling<F> {
    fn push(&mut self, bytes: &[u8]) {
        self.feed(Some(bytes));
    }

    fn step(&mut self) -> Answer {
        let said = self.said.pop_front().or_else(|| self.stopped.clone());
        said.unwrap_or(Answer::Need(None))
    }

    fn end(&mut self) -> Answer {
        if !self.ended {
            self.ended = true;
            self.feed(None);
        }
        match self.step() {
            Answer::Need(_) => Answer::End,
            answer => answer,
        }
    }
}
