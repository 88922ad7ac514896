//! Laws that every stage keeps, checked against every cut of its input.
