//! What every message holds to.

use std::fmt::Display;

/// The most characters of an error and its hint.
const LONGEST: usize = 1000;

/// An error and its remedy are short, and have nothing that a terminal would obey.
pub(crate) fn told(error: &dyn Display, hint: &dyn Display) {
    let text = format!("{error} {hint}");
    assert!(text.chars().count() <= LONGEST, "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
}
