//! Text of strangers in messages: cut to a line, and without what a terminal would obey.

use std::fmt::{self, Write as _};

/// The most characters of a text that a message shows.
const LONGEST: usize = 80;

/// A text from a file or a flag as messages show it: at most 80 characters, what does not
/// print escaped.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a>(pub &'a str);

/// As [`Shown`], in double quotes.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Shown(self.0))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        characters.by_ref().take(LONGEST).try_for_each(|c| write_printable(f, c))?;
        if characters.next().is_some() { f.write_char('…') } else { Ok(()) }
    }
}

/// A whole text, of which only what does not print is escaped, line by line: the last guard before
/// a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\n' => f.write_char(c),
            _ => write_printable(f, c),
        })
    }
}

fn write_printable(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    if c.is_control() || is_invisible(c) {
        write!(f, "{}", c.escape_default())
    } else {
        f.write_char(c)
    }
}

/// Whether a character has no width of its own, or reverses the direction of the text after it.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_what_is_long_is_cut() {
        assert_eq!(Shown("a\u{1b}[2Jb\nc").to_string(), "a\\u{1b}[2Jb\\nc");
        assert_eq!(Shown("é \"naïve\" \\ 数").to_string(), "é \"naïve\" \\ 数");
        assert_eq!(Shown("x\u{202e}y\u{9b}z").to_string(), "x\\u{202e}y\\u{9b}z");
        assert_eq!(Shown(&"ü".repeat(81)).to_string(), format!("{}…", "ü".repeat(80)));
        assert_eq!(Shown(&"ü".repeat(80)).to_string(), "ü".repeat(80));
        assert_eq!(Quoted("a").to_string(), "\"a\"");
        assert_eq!(Printable("a\nb\r\u{7}").to_string(), "a\nb\\r\\u{7}");
    }
}
