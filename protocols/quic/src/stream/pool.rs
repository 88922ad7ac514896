//! Pages that nobody has at the moment, kept for all streams of a thread.
//!
//! A stream that lacks a segment takes a page for each 2 KiB behind it, and lets go of them all at
//! once when the segment has come. Memory for them costs as much as the copy into them does. A stream
//! that lacks nothing keeps one page at most, so it is the thread that keeps the others.

use alloc::boxed::Box;
#[cfg(feature = "std")]
use {alloc::vec::Vec, core::cell::RefCell};

use super::pages::Page;

/// A page that somebody has let go of, if there is one. There is anything in it.
#[inline]
pub(super) fn lease() -> Option<Box<Page>> {
    #[cfg(feature = "std")]
    return PAGES.try_with(|pages| pages.borrow_mut().pop()).ok().flatten();
    #[cfg(not(feature = "std"))]
    None
}

/// Keeps a page for the next stream that needs one, unless there are enough.
#[inline]
pub(super) fn give_back(page: Box<Page>) {
    #[cfg(feature = "std")]
    let _ = PAGES.try_with(|pages| {
        let mut pages = pages.borrow_mut();
        if pages.len() < MOST {
            pages.push(page);
        }
    });
    #[cfg(not(feature = "std"))]
    drop(page);
}

#[cfg(feature = "std")]
std::thread_local! {
    #[expect(clippy::vec_box, reason = "they come and go as they are, and are never copied")]
    static PAGES: RefCell<Vec<Box<Page>>> = const { RefCell::new(Vec::new()) };
}

/// How many pages a thread keeps: 145 KiB, as much as is under way on a path of 100 Mbit/s and 12 ms.
#[cfg(feature = "std")]
const MOST: usize = 64;

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::{super::pages::Pages, *};
    use segue::Buffer;

    #[test]
    fn what_many_streams_let_go_of_is_bounded() {
        let mut streams: Vec<Pages> = (0..MOST + 20).map(|_| Pages::default()).collect();
        for stream in &mut streams {
            // Two pages, of which the stream keeps one.
            stream.hold(1, &[1; 4000]);
        }
        assert!(lease().is_none(), "all are in use");
        for stream in &mut streams {
            assert_eq!(stream.release(1, &mut Buffer::new()), 4000);
        }
        assert_eq!(std::iter::from_fn(lease).count(), MOST);
    }

    #[test]
    fn a_page_of_another_stream_shows_nothing_of_it() {
        let (mut first, mut second, mut buffer) =
            (Pages::default(), Pages::default(), Buffer::new());
        first.hold(1, &[1; 6000]);
        first.release(1, &mut buffer);
        buffer.consume(6000);
        second.hold(3, &[2; 5000]);
        assert_eq!((second.missing(0), second.missing(3)), (3, 0));
        assert_eq!(second.release(3, &mut buffer), 5000);
        assert_eq!(buffer.as_slice(), [2; 5000]);
    }
}
