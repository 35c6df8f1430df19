//! The delimiter of a table: its detection from the first lines.

/// The separator of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// One ASCII character; cells may be in double quotes.
    Byte(u8),
    /// Any run of blanks, as `np.savetxt` writes; there are no quotes.
    Blanks,
}

/// The comma comes last because it may be a decimal comma.
const CANDIDATES: [u8; 3] = [b'\t', b';', b','];

impl Delimiter {
    /// Detects the separator from the first records: the character among tab, semicolon and
    /// comma that occurs equally often in most of them. Lines with blanks and none of these are
    /// split at the blanks; what is left is a single column.
    pub(super) fn detect(text: &str) -> Self {
        let records = DelimiterSample::of(text);
        let mut best = (0, None);
        for (candidate, byte) in CANDIDATES.into_iter().enumerate() {
            let counts: Vec<usize> = records.counts.iter().map(|count| count[candidate]).collect();
            let agreeing = counts
                .iter()
                .filter(|&&count| count > 0)
                .map(|count| counts.iter().filter(|other| *other == count).count())
                .max()
                .unwrap_or(0);
            if agreeing > best.0 {
                best = (agreeing, Some(byte));
            }
        }
        match best.1 {
            Some(byte) => Self::Byte(byte),
            None if 2 * records.with_blanks > records.counts.len() => Self::Blanks,
            None => Self::Byte(b','),
        }
    }
}

/// Counts of candidate delimiters in the first records of a text, outside quoted cells.
#[derive(Default)]
struct DelimiterSample {
    /// How often each candidate occurs, by record.
    counts: Vec<[usize; CANDIDATES.len()]>,
    /// Records without quotes that blanks would split.
    with_blanks: usize,
}

impl DelimiterSample {
    fn of(text: &str) -> Self {
        const MAX_RECORDS: usize = 64;
        const MAX_LINES: usize = 256;
        let mut sample = Self::default();
        let mut quoted = false;
        let mut counts = [0; CANDIDATES.len()];
        let lines = text.split(['\n', '\r']);
        for line in lines.filter(|line| !line.is_empty()).take(MAX_LINES) {
            if sample.counts.len() == MAX_RECORDS {
                break;
            }
            if !quoted && is_skipped(line) {
                continue;
            }
            let mut before = b' ';
            for byte in line.bytes() {
                // Only at the start of a cell does a quote open one.
                let opens = before == b' ' || before == b'"' || CANDIDATES.contains(&before);
                quoted ^= byte == b'"' && (quoted || opens);
                if let (false, Some(k)) = (quoted, CANDIDATES.iter().position(|&c| c == byte)) {
                    counts[k] += 1;
                }
                before = byte;
            }
            if !quoted {
                let blanks = !line.contains('"') && line.split_ascii_whitespace().count() > 1;
                sample.with_blanks += usize::from(blanks);
                sample.counts.push(counts);
                counts = [0; CANDIDATES.len()];
            }
        }
        sample
    }
}

/// Blank lines and comments. A cell `#` is no comment, nor is one of the errors of a spreadsheet.
pub(super) fn is_skipped(line: &str) -> bool {
    const ERRORS: [&str; 7] = ["N/A", "DIV/0!", "NAME?", "NULL!", "NUM!", "REF!", "VALUE!"];
    let line = line.trim_ascii_start();
    let Some(rest) = line.strip_prefix('#') else { return line.is_empty() };
    let ends_cell = |rest: &str| rest.bytes().next().is_some_and(|c| CANDIDATES.contains(&c));
    let is_error = |error: &str| {
        rest.strip_prefix(error).is_some_and(|rest| rest.is_empty() || ends_cell(rest))
    };
    !(ends_cell(rest) || ERRORS.into_iter().any(is_error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_skipped_and_errors_of_a_spreadsheet_are_not() {
        for line in ["", "  ", "# x,y", "#x,y", "#", "#N/As are missing", "  # 1,2"] {
            assert!(is_skipped(line), "{line}");
        }
        for line in ["#N/A", "#N/A,55", " #DIV/0!;61", "#,score", "#REF!\t1", "x # y"] {
            assert!(!is_skipped(line), "{line}");
        }
    }

    #[test]
    fn the_usual_delimiters_are_told_apart() {
        let detect = Delimiter::detect;
        assert_eq!(detect("x,y\n1,2\n"), Delimiter::Byte(b','));
        assert_eq!(detect("x\ty\n1\t2\n"), Delimiter::Byte(b'\t'));
        assert_eq!(detect("1,5;2,5\n3,5;4,5\n"), Delimiter::Byte(b';'));
        assert_eq!(detect("\"a;b\",1\n\"c;d\",2\n"), Delimiter::Byte(b','));
        assert_eq!(detect("\"\n\"\t\"\n;\"\n"), Delimiter::Byte(b'\t'));
        assert_eq!(detect("5\" pipe,1\n6\" pipe,2\n"), Delimiter::Byte(b','));
        assert_eq!(detect("1.0 2.0\n3.0  4.0\n"), Delimiter::Blanks);
        assert_eq!(detect("a title\n1\n2\n3\n"), Delimiter::Byte(b','));
        assert_eq!(detect("1\n2\n"), Delimiter::Byte(b','));
        assert_eq!(detect("1,2\n3;4,5\n6,7\n"), Delimiter::Byte(b','));
    }
}
