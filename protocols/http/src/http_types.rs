//! Conversions of fields to and from the types of the `http` crate.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Arena, Fields, Full, Line};

/// Copies the fields that are not marked as meant for one connection. Values that no table may hold
/// become [sensitive](HeaderValue::is_sensitive). Pseudo-fields are no names of the `http` crate:
/// [split](Fields::split_pseudo) them off before.
///
/// ```
/// use http::HeaderMap;
/// use segue_http::Arena;
///
/// let mut map = HeaderMap::new();
/// map.insert("host", "a".parse()?);
/// let arena = Arena::try_from(&map)?;
/// assert_eq!(arena.fields().find("host"), Some(&b"a"[..]));
/// assert_eq!(HeaderMap::try_from(arena.fields())?, map);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl TryFrom<Fields<'_>> for HeaderMap {
    type Error = http::Error;

    fn try_from(fields: Fields<'_>) -> Result<Self, http::Error> {
        let mut map = Self::new();
        for field in fields.iter() {
            let name = HeaderName::from_bytes(field.name)?;
            let mut value = HeaderValue::from_bytes(field.value)?;
            value.set_sensitive(field.flags & Line::NEVER_INDEXED != 0);
            map.try_append(name, value)?;
        }
        Ok(map)
    }
}

/// Copies all fields, within the [default limits](crate::Limits::DEFAULT). Sensitive values are
/// marked by [`Line::NEVER_INDEXED`].
impl TryFrom<&HeaderMap> for Arena {
    type Error = Full;

    fn try_from(map: &HeaderMap) -> Result<Self, Full> {
        let mut arena = Self::new();
        arena.extend_map(map)?;
        Ok(arena)
    }
}

impl Arena {
    /// Adds all fields of `map`. Sensitive values are marked by [`Line::NEVER_INDEXED`].
    ///
    /// # Errors
    /// As [`fits`](Self::fits); the arena has the fields up to the one that does not fit.
    pub fn extend_map(&mut self, map: &HeaderMap) -> Result<(), Full> {
        map.iter().try_for_each(|(name, value)| {
            let flags = if value.is_sensitive() { Line::NEVER_INDEXED } else { 0 };
            self.push(name.as_str().as_bytes(), value.as_bytes(), flags)
        })
    }
}
