//! The head of a request read by picohttpparser, which is written in C.

use std::{
    ffi::{c_char, c_int},
    mem::MaybeUninit,
    ptr, slice,
};

use picohttpparser_sys::{phr_header, phr_parse_request};

/// The parts of a head that it returns.
pub(super) struct Pico<'i, 'h> {
    pub(super) method: &'i [u8],
    pub(super) target: &'i [u8],
    pub(super) headers: &'h [Header<'i>],
}

/// One header, as it leaves it.
#[repr(transparent)]
pub(super) struct Header<'i>(phr_header, std::marker::PhantomData<&'i [u8]>);

/// Reads `head` if it is whole.
#[inline]
pub(super) fn read<'i, 'h>(
    head: &'i [u8],
    headers: &'h mut [MaybeUninit<Header<'i>>],
) -> Option<Pico<'i, 'h>> {
    let (mut method, mut target): (*const c_char, *const c_char) = (ptr::null(), ptr::null());
    let (mut method_length, mut target_length, mut version) = (0, 0, 0 as c_int);
    let mut count = headers.len();
    // SAFETY: the pointer and the length are those of a slice, all others are of variables that
    // live through the call, and `count` says how many headers there is room for. `Header` is laid
    // out as what it wraps.
    let read = unsafe {
        phr_parse_request(
            head.as_ptr().cast(),
            head.len(),
            &mut method,
            &mut method_length,
            &mut target,
            &mut target_length,
            &mut version,
            headers.as_mut_ptr().cast(),
            &mut count,
            0,
        )
    };
    if read <= 0 {
        return None;
    }
    // SAFETY: where it tells of a whole head, it has set all of these to places in `head`, and has
    // written so many headers as `count` now says.
    unsafe {
        Some(Pico {
            method: slice::from_raw_parts(method.cast(), method_length),
            target: slice::from_raw_parts(target.cast(), target_length),
            headers: slice::from_raw_parts(headers.as_ptr().cast(), count),
        })
    }
}

/// Name and value of a header.
#[inline]
pub(super) fn header<'i>(header: &Header<'i>) -> (&'i [u8], &'i [u8]) {
    let Header(header, _) = header;
    if header.name.is_null() {
        // A line that continues the one before has no name.
        return (&[], &[]);
    }
    // SAFETY: a `Header` is only ever made by `read`, so both are places in what it was given.
    unsafe {
        (
            slice::from_raw_parts(header.name.cast(), header.name_len),
            slice::from_raw_parts(header.value.cast(), header.value_len),
        )
    }
}
