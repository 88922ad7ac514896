//! Parsers that are polled, by a poller that does as an executor: what is pending is asked again
//! when something woke it.
//!
//! A future that is pending must have arranged to be woken, by the transport or by itself. One that
//! has not sleeps for ever, with what it waits for in front of it: no cut and no error shows that,
//! and a loop that polls it all the same hides it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};

use super::Pipe;
use crate::{Answer, Parser};

/// A parser that is polled over the transport that `make` gets: `make` returns what each poll
/// answers. For pollable parsers that neither `reading` nor `stream` fits.
///
/// The answer to a pending poll is found out here: [`Answer::Need`] where it waits for the
/// transport, [`Answer::Stuck`] where there is something to read and nothing will wake it (L5).
///
/// ```
/// use segue_laws::{Answer, adapt, parser};
/// use std::task::ready;
///
/// let bytes = || adapt::polled(|pipe| move |context| {
///     let bytes = ready!(pipe.poll_bytes(context, usize::MAX));
///     let answer = if bytes.is_empty() { Answer::End } else { Answer::Piece(bytes.to_vec()) };
///     std::task::Poll::Ready(answer)
/// });
/// parser("bytes", bytes).accepts([b"abc"]).ends_anywhere().check();
/// ```
pub fn polled<F>(make: impl FnOnce(Pipe) -> F) -> Polled<F>
where
    F: FnMut(&mut Context<'_>) -> Poll<Answer>,
{
    let pipe = Pipe::default();
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    Polled { poll: make(pipe.clone()), pipe, woken, waker, is_exact: false }
}

/// A parser that is polled, made by [`polled`], `reading` and `stream`.
pub struct Polled<F> {
    pipe: Pipe,
    poll: F,
    woken: Arc<Woken>,
    waker: Waker,
    is_exact: bool,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl<F> fmt::Debug for Polled<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polled").field("pipe", &self.pipe).finish_non_exhaustive()
    }
}

impl<F> Polled<F> {
    /// The parser reads no further than it consumes, so what it has not read is left over (L2).
    pub fn reads_exactly(mut self) -> Self {
        self.is_exact = true;
        self
    }
}

impl<F: FnMut(&mut Context<'_>) -> Poll<Answer>> Polled<F> {
    fn ask(&mut self) -> Answer {
        /// A parser that yields more often than that is polled again when there is more to read.
        const YIELDS: usize = 1000;
        if !self.woken.0.load(Relaxed) && self.pipe.is_ready() {
            return Answer::Stuck;
        }
        for _ in 0..YIELDS {
            self.woken.0.store(false, Relaxed);
            match (self.poll)(&mut Context::from_waker(&self.waker)) {
                Poll::Ready(answer) => {
                    // Its caller goes on without being woken.
                    self.woken.0.store(true, Relaxed);
                    return answer;
                }
                Poll::Pending if self.woken.0.load(Relaxed) => {}
                Poll::Pending if self.pipe.is_ready() => return Answer::Stuck,
                Poll::Pending => break,
            }
        }
        Answer::Need(None)
    }
}

impl<F: FnMut(&mut Context<'_>) -> Poll<Answer>> Parser for Polled<F> {
    fn push(&mut self, bytes: &[u8]) {
        self.pipe.push(bytes);
    }

    fn step(&mut self) -> Answer {
        self.ask()
    }

    fn end(&mut self) -> Answer {
        self.pipe.end();
        self.ask()
    }

    fn left_over(&self) -> Option<Vec<u8>> {
        self.is_exact.then(|| self.pipe.unread())
    }

    fn waiting(&self) -> usize {
        self.pipe.waiting()
    }
}

#[cfg(any(feature = "tokio", feature = "futures"))]
mod of_futures {
    use std::{
        cell::RefCell,
        collections::VecDeque,
        fmt::Debug,
        future::poll_fn,
        pin::Pin,
        rc::Rc,
        task::{Context, Poll},
    };

    use super::{Pipe, Polled, polled};
    use crate::Answer;

    type Task = Pin<Box<dyn Future<Output = ()>>>;

    /// A parser that is an async function over an `AsyncRead`: `make` gets the transport and makes
    /// the reader, `next` returns an item, or `None` at the end of the stream.
    ///
    /// The function runs as a task would that calls it in a loop.
    ///
    /// ```
    /// # #[cfg(feature = "tokio")] {
    /// use segue_laws::{adapt, parser};
    /// use std::io;
    /// use tokio::io::{AsyncRead, AsyncReadExt};
    ///
    /// async fn number(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<u16>> {
    ///     let mut number = [0; 2];
    ///     if reader.read(&mut number[..1]).await? == 0 {
    ///         return Ok(None);
    ///     }
    ///     reader.read_exact(&mut number[1..]).await?;
    ///     Ok(Some(u16::from_be_bytes(number)))
    /// }
    ///
    /// parser("numbers", || adapt::reading(|pipe| pipe, async |pipe| number(pipe).await))
    ///     .accepts([b"abcd"])
    ///     .check();
    /// # }
    /// ```
    pub fn reading<R, T, E>(
        make: impl FnOnce(Pipe) -> R,
        mut next: impl AsyncFnMut(&mut R) -> Result<Option<T>, E> + 'static,
    ) -> Polled<impl FnMut(&mut Context<'_>) -> Poll<Answer>>
    where
        R: 'static,
        T: Debug + 'static,
        E: Debug + 'static,
    {
        polled(|pipe| {
            let mut reader = make(pipe);
            let said = Rc::new(RefCell::new(VecDeque::new()));
            let says = Rc::clone(&said);
            let mut task: Option<Task> = Some(Box::pin(async move {
                loop {
                    let answer = match next(&mut reader).await {
                        Ok(Some(item)) => Answer::item(item),
                        Ok(None) => Answer::End,
                        Err(error) => Answer::error(error),
                    };
                    let goes_on = answer.goes_on();
                    says.borrow_mut().push_back(answer);
                    if !goes_on {
                        return;
                    }
                    // The item is taken before the next one is read.
                    poll_fn(|_| match says.borrow().is_empty() {
                        true => Poll::Ready(()),
                        false => Poll::Pending,
                    })
                    .await;
                }
            }));
            let mut last = Answer::End;
            move |context: &mut Context<'_>| {
                let pending = match &mut task {
                    None => return Poll::Ready(last.clone()),
                    Some(task) => task.as_mut().poll(context).is_pending(),
                };
                let answer = said.borrow_mut().pop_front();
                if !pending {
                    // It is over, and says the same for ever.
                    task = None;
                    last = answer.clone().unwrap_or(Answer::End);
                }
                answer.map_or(Poll::Pending, Poll::Ready)
            }
        })
    }

    /// A parser that is a `Stream` of results over the transport that `make` gets: a `Framed`, an
    /// event stream.
    ///
    /// ```
    /// use futures_util::{AsyncBufReadExt, io::BufReader};
    /// use segue_laws::{adapt, parser};
    ///
    /// parser("lines", || adapt::stream(|pipe| BufReader::new(pipe).lines()))
    ///     .accepts(["one\ntwo\n"])
    ///     .ends_anywhere()
    ///     .check();
    /// ```
    #[cfg(feature = "futures")]
    pub fn stream<S, T, E>(
        make: impl FnOnce(Pipe) -> S,
    ) -> Polled<impl FnMut(&mut Context<'_>) -> Poll<Answer>>
    where
        S: futures_core::Stream<Item = Result<T, E>>,
        T: Debug + 'static,
        E: Debug,
    {
        polled(|pipe| {
            let mut stream = Box::pin(make(pipe));
            move |context: &mut Context<'_>| {
                stream.as_mut().poll_next(context).map(|said| match said {
                    Some(Ok(item)) => Answer::item(item),
                    Some(Err(error)) => Answer::error(error),
                    None => Answer::End,
                })
            }
        })
    }
}

#[cfg(any(feature = "tokio", feature = "futures"))]
pub use of_futures::reading;
#[cfg(feature = "futures")]
pub use of_futures::stream;

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::ready;

    /// Reads two bytes, each by itself, and does between them what it is told.
    fn two_bytes(between: fn(&mut Context<'_>) -> Poll<()>) -> impl Parser {
        polled(|pipe| {
            let mut read = 0;
            move |context: &mut Context<'_>| {
                loop {
                    let _ = ready!(pipe.poll_bytes(context, 1));
                    read += 1;
                    if read == 2 {
                        return Poll::Ready(Answer::item("both"));
                    }
                    ready!(between(context));
                }
            }
        })
    }

    #[test]
    fn who_reads_until_there_is_nothing_is_woken() {
        let mut parser = two_bytes(|_| Poll::Ready(()));
        assert_eq!(parser.step(), Answer::Need(None));
        assert_eq!(parser.step(), Answer::Need(None), "asked in vain");
        parser.push(b"1");
        assert_eq!(parser.step(), Answer::Need(None));
        parser.push(b"2");
        assert_eq!(parser.step(), Answer::Item("\"both\"".into()));
    }

    #[test]
    fn who_yields_is_polled_again() {
        let mut parser = two_bytes(|context| {
            context.waker().wake_by_ref();
            Poll::Pending
        });
        parser.push(b"12");
        assert_eq!(parser.step(), Answer::Item("\"both\"".into()));
    }

    #[test]
    fn who_forgets_to_be_woken_is_stuck() {
        for reads in [&[&b"12"[..]][..], &[b"1", b"2"]] {
            let mut parser = two_bytes(|_| Poll::Pending);
            let (last, before) = reads.split_last().expect("a read");
            for read in before {
                parser.push(read);
                assert_eq!(parser.step(), Answer::Need(None), "there is nothing to read yet");
            }
            parser.push(last);
            assert_eq!(parser.step(), Answer::Stuck);
        }
        let mut parser = two_bytes(|_| Poll::Pending);
        parser.push(b"1");
        assert_eq!(parser.step(), Answer::Need(None));
        assert_eq!(parser.end(), Answer::Stuck);
    }
}
