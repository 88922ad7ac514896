//! nom parsers as stages, and our prefixes as nom parsers.
