//! Names for types that may borrow from an item.

use core::marker::PhantomData;

use crate::Record;

/// A type for each lifetime: the name of the result of a function over items that borrows from the
/// item.
///
/// A closure type cannot express "a `&'a str` for each `Record<'a>`" by itself, so
/// [`map_lent`](crate::DecodeExt::map_lent) and [`boxed_lent`](crate::DecodeExt::boxed_lent) take
/// the name of a family. Families for slices, text and records are here; your own takes three
/// lines:
///
/// ```
/// use segue::combine::Family;
///
/// /// A name and a value, both lent.
/// enum Pair {}
///
/// impl Family for Pair {
///     type Of<'a> = (&'a str, &'a [u8]);
/// }
/// ```
pub trait Family {
    /// The member of the family that lives for `'a`.
    type Of<'a>;
}

/// The family of `&'a [u8]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slice {}

/// The family of `&'a str`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {}

/// The family of [`Record<'a>`](Record).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lent {}

/// The family of a type that does not borrow: always `T`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own<T>(PhantomData<fn() -> T>);

impl Family for Slice {
    type Of<'a> = &'a [u8];
}

impl Family for Text {
    type Of<'a> = &'a str;
}

impl Family for Lent {
    type Of<'a> = Record<'a>;
}

impl<T> Family for Own<T> {
    type Of<'a> = T;
}
