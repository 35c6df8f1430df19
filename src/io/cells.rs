//! Delimited text, cut into cells.
//!
//! The whole text is one string and the cells are ranges of it: no allocation per cell, so that
//! a million rows are cut as fast as they are read.

use super::delimiter::{Delimiter, is_skipped};
use super::{InputPath, ReadError};

/// The cells of a text file: a rectangle of strings.
#[derive(Debug, Clone)]
pub(super) struct TextCells {
    /// All cells behind one another.
    text: String,
    /// Where each cell ends in `text`, row by row.
    ends: Vec<usize>,
    columns: usize,
    delimiter: Delimiter,
    /// The line that each row begins in, from 1.
    lines: Vec<usize>,
}

impl TextCells {
    /// Cuts a file. Blank lines and lines that begin with `#` are skipped.
    pub(super) fn parse(origin: &InputPath, bytes: &[u8]) -> Result<Self, ReadError> {
        let text = as_text(origin, bytes)?;
        // Files of the old Macintosh have no line feeds at all.
        let newline = if text.contains('\n') { b'\n' } else { b'\r' };
        let delimiter = Delimiter::detect(text);
        let mut cutter = Cutter::new(delimiter, text.len());
        let (ends, lines) = (Vec::new(), Vec::new());
        let mut cells = Self { text: String::new(), ends, columns: 0, delimiter, lines };
        let (mut rest, mut line) = (text, 1);
        while !rest.is_empty() {
            let end = rest.bytes().position(|byte| byte == b'\n' || byte == b'\r');
            let end = end.map_or(rest.len(), |end| end + 1);
            let consumed = if is_skipped(&rest[..end]) {
                end
            } else {
                let (consumed, found) = cutter.cut(rest, end, &mut cells.ends);
                if cells.lines.is_empty() {
                    cells.columns = found;
                }
                if found != cells.columns {
                    let (origin, expected) = (origin.clone(), cells.columns);
                    return Err(ReadError::Ragged { origin, line, found, expected });
                }
                cells.lines.push(line);
                consumed
            };
            line += count(&rest.as_bytes()[..consumed], newline);
            rest = &rest[consumed..];
        }
        if cells.lines.is_empty() {
            return Err(ReadError::Empty { origin: origin.clone() });
        }
        cells.text = cutter.into_text();
        Ok(cells)
    }

    pub(super) fn rows(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Whether commas separate the cells.
    pub(super) fn has_commas(&self) -> bool {
        self.delimiter == Delimiter::Byte(b',')
    }

    /// The line that a row begins in, from 1.
    pub(super) fn line(&self, row: usize) -> usize {
        self.lines[row]
    }

    /// A cell, without the blanks around it.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        let place = row * self.columns + column;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        self.text[start..self.ends[place]].trim_ascii()
    }
}

/// Takes records off the front of the text.
struct Cutter {
    /// Reads quoted cells as RFC 4180 says; `None` splits at blanks.
    reader: Option<csv_core::Reader>,
    /// The cells so far; the part behind `filled` is free.
    output: Vec<u8>,
    filled: usize,
    /// Ends of the cells of one record, from the record's start.
    ends: Vec<usize>,
}

impl Cutter {
    fn new(delimiter: Delimiter, length: usize) -> Self {
        let reader = match delimiter {
            Delimiter::Blanks => None,
            Delimiter::Byte(byte) => Some(csv_core::ReaderBuilder::new().delimiter(byte).build()),
        };
        // Cells are no longer than the text they are cut from; the reader needs one more byte.
        Self { reader, output: vec![0; length + 1], filled: 0, ends: vec![0; 64] }
    }

    /// Cuts the record at the start of `rest`, whose first line ends at `end`, and appends the
    /// ends of its cells. Returns the bytes consumed and the number of cells.
    fn cut(&mut self, rest: &str, end: usize, ends: &mut Vec<usize>) -> (usize, usize) {
        match &mut self.reader {
            None => {
                let before = ends.len();
                for cell in rest[..end].split_ascii_whitespace() {
                    let next = self.filled + cell.len();
                    self.output[self.filled..next].copy_from_slice(cell.as_bytes());
                    self.filled = next;
                    ends.push(next);
                }
                (end, ends.len() - before)
            }
            Some(reader) => {
                let start = self.filled;
                let (mut consumed, mut found) = (0, 0);
                loop {
                    let (result, read, written, cut) = reader.read_record(
                        &rest.as_bytes()[consumed..],
                        &mut self.output[self.filled..],
                        &mut self.ends[found..],
                    );
                    consumed += read;
                    self.filled += written;
                    found += cut;
                    match result {
                        csv_core::ReadRecordResult::OutputEndsFull => {
                            self.ends.resize(2 * self.ends.len(), 0);
                        }
                        // The next round gives it an empty input: the end of the last record.
                        csv_core::ReadRecordResult::InputEmpty => {}
                        csv_core::ReadRecordResult::OutputFull
                        | csv_core::ReadRecordResult::Record
                        | csv_core::ReadRecordResult::End => break,
                    }
                }
                ends.extend(self.ends[..found].iter().map(|end| start + end));
                (consumed, found)
            }
        }
    }

    fn into_text(mut self) -> String {
        self.output.truncate(self.filled);
        String::from_utf8(self.output).expect("UTF-8 that is cut at ASCII characters stays UTF-8")
    }
}

/// The bytes as text, without the byte order mark.
fn as_text<'a>(origin: &InputPath, bytes: &'a [u8]) -> Result<&'a str, ReadError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bad = match str::from_utf8(bytes) {
        Ok(text) => match text.bytes().position(is_binary) {
            None => return Ok(text),
            Some(bad) => bad,
        },
        Err(error) => error.valid_up_to(),
    };
    Err(ReadError::NotText { origin: origin.clone(), line: 1 + count(&bytes[..bad], b'\n') })
}

/// A control character that no text file holds.
fn is_binary(byte: u8) -> bool {
    byte < b'\t' || byte == 0x7f
}

#[expect(clippy::naive_bytecount, reason = "the compiler vectorizes it well enough")]
fn count(bytes: &[u8], wanted: u8) -> usize {
    bytes.iter().filter(|&&byte| byte == wanted).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<TextCells, ReadError> {
        TextCells::parse(&InputPath::from("t.csv"), text.as_bytes())
    }

    fn rows(cells: &TextCells) -> Vec<(usize, Vec<&str>)> {
        let row = |row| (0..cells.columns()).map(|column| cells.cell(row, column)).collect();
        (0..cells.rows()).map(|i| (cells.line(i), row(i))).collect()
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        for newline in ["\n", "\r\n", "\r"] {
            let text = "\u{feff}# made by hand\n\nx,y\n1, 2\n\n# more\n3,4".replace('\n', newline);
            let cells = parse(&text).unwrap();
            assert_eq!(
                rows(&cells),
                [(3, vec!["x", "y"]), (4, vec!["1", "2"]), (7, vec!["3", "4"])],
                "{newline:?}"
            );
        }
    }

    #[test]
    fn quoted_cells_may_hold_anything() {
        let cells = parse("name,x\n\"a, \"\"b\"\"\nc\",1\r\n\"\",2\n").unwrap();
        assert_eq!(
            rows(&cells),
            [(1, vec!["name", "x"]), (2, vec!["a, \"b\"\nc", "1"]), (4, vec!["", "2"])]
        );
    }

    #[test]
    fn blanks_separate_what_numpy_wrote() {
        let cells = parse("# x y\n1.0e+00 -2.0\n  3.0   4.0 \n").unwrap();
        assert_eq!(rows(&cells), [(2, vec!["1.0e+00", "-2.0"]), (3, vec!["3.0", "4.0"])]);
    }

    #[test]
    fn more_columns_than_the_first_guess() {
        let line = vec!["7"; 1000].join("\t");
        let cells = parse(&format!("{line}\n{line}\n")).unwrap();
        assert_eq!((cells.rows(), cells.columns()), (2, 1000));
        assert_eq!(cells.cell(1, 999), "7");
    }

    #[test]
    fn ragged_rows_and_rubbish_are_refused_with_their_line() {
        assert!(matches!(
            parse("1,2\n\n3\n"),
            Err(ReadError::Ragged { line: 3, found: 1, expected: 2, .. })
        ));
        let bytes = b"1,2\n\xff\xfe,4\n";
        let error = TextCells::parse(&InputPath::Stdin, bytes).unwrap_err();
        assert!(matches!(error, ReadError::NotText { line: 2, .. }));
        assert!(matches!(parse("1,2\n\0"), Err(ReadError::NotText { line: 2, .. })));
        assert!(matches!(parse("\n# nothing\n\n"), Err(ReadError::Empty { .. })));
    }

    #[test]
    fn a_quoted_line_break_among_empty_cells_is_a_cell() {
        let cells = parse("\"\n\"\t\"\"\t\"\"\n").unwrap();
        assert_eq!((cells.rows(), cells.cell(0, 0), cells.cell(0, 2)), (1, "", ""));
    }

    proptest! {
        #[test]
        fn quoting_round_trips(rows in prop::collection::vec(
            prop::collection::vec("[a-z0-9,;\"\n ]{0,6}", 3), 1..8))
        {
            let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let text: String = rows
                .iter()
                .map(|row| row.iter().map(quote).collect::<Vec<_>>().join("\t") + "\n")
                .collect();
            let cells = parse(&text).unwrap();
            prop_assert_eq!(cells.rows(), rows.len());
            for (i, row) in rows.iter().enumerate() {
                for (j, cell) in row.iter().enumerate() {
                    prop_assert_eq!(cells.cell(i, j), cell.trim_ascii());
                }
            }
        }

        #[test]
        fn rubbish_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = TextCells::parse(&InputPath::Stdin, &bytes);
        }
    }
}
