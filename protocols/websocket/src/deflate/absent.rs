//! Stand-ins for permessage-deflate where the feature is left out: types that have no value.

use alloc::string::String;
use bytes::Bytes;
use segue::Fault;

use crate::{Error, Message, Prepared};

/// Settings without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deflate {}

impl Deflate {
    pub(crate) fn accept<'a>(
        self,
        _: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<(Agreed, String)> {
        match self {}
    }

    pub(crate) fn offer(self) -> String {
        match self {}
    }

    pub(crate) fn confirm(self, _: &[u8]) -> Option<Agreed> {
        match self {}
    }
}

/// An agreement without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreed {}

/// The reading side of it.
#[derive(Debug)]
pub(crate) enum Inflate {}

impl Inflate {
    pub(crate) fn is_open(&self) -> bool {
        match *self {}
    }

    pub(crate) fn gathered(&self) -> usize {
        match *self {}
    }

    pub(crate) fn begin(&mut self, _: bool) {
        match *self {}
    }

    pub(crate) fn push(&mut self, _: &[u8], _: usize) -> Result<(), Fault<Error>> {
        match *self {}
    }

    pub(crate) fn finish(&mut self, _: &[u8], _: usize) -> Result<Message<'_>, Fault<Error>> {
        match *self {}
    }

    pub(crate) fn piece(&mut self, _: &[u8], _: bool, _: usize) -> Result<&[u8], Fault<Error>> {
        match *self {}
    }

    pub(crate) fn forget(&mut self) {
        match *self {}
    }

    pub(crate) fn pass(&mut self) {
        match *self {}
    }
}

/// The writing side of it.
#[derive(Debug)]
pub(crate) enum Compress {}

impl Compress {
    pub(crate) fn pays(&self, _: usize) -> bool {
        match *self {}
    }

    pub(crate) fn prepared(&mut self, _: &Prepared) -> Bytes {
        match *self {}
    }

    pub(crate) fn part(&mut self, _: &[u8], _: bool) -> &[u8] {
        match *self {}
    }

    pub(crate) fn forget(&mut self) {
        match *self {}
    }
}

pub(crate) const COMPRESSED: u8 = 0x40;
