//! What to type where a table is not what it is taken for.

use deblais::io::{Layout, Table};

use super::columns::{labels, typed};

/// The remedy for a header that is taken for data.
pub(crate) const NAME_IT: &str = "begin its names with a letter, or delete it";

/// The remedy for a column of row numbers that is taken for data.
pub(crate) fn call_it_id(table: &Table) -> &'static str {
    match table.header() {
        Some(_) => "call it id in the header",
        None => "call it id in a header above the rows (id,c0,c1,…)",
    }
}

/// The flags that a command has, among those that remedies name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flags(&'static [&'static str]);

impl Flags {
    pub(crate) const ALL: Self = Self(&["--columns", "--drop", "--weights", "--hist"]);
    pub(crate) const POINTS: Self = Self(&["--columns", "--drop", "--weights"]);
    pub(crate) const SAMPLES: Self = Self(&["--columns", "--drop"]);
    pub(crate) const COLUMNS: Self = Self(&["--columns"]);
    pub(crate) const NONE: Self = Self(&[]);

    fn has(self, flag: &str) -> bool {
        self.0.contains(&flag)
    }

    /// How to read files as histograms.
    pub(crate) fn hist(self) -> &'static str {
        if self.has("--hist") { "--hist" } else { "emd --hist" }
    }

    /// How to leave some of the coordinates out, beside what is dropped already.
    pub(crate) fn leave_out(self, table: &Table, layout: &Layout, columns: &[usize]) -> String {
        let them = if columns.len() > 1 { "them" } else { "it" };
        if self.has("--drop") {
            let all = [&layout.dropped, columns].concat();
            return format!("--drop {} leaves {them} out", typed_columns(table, &all));
        }
        if !self.has("--columns") {
            return format!("call {them} id in a header to leave {them} out");
        }
        let is_left = |column: &usize| !columns.contains(column);
        let others: Vec<_> = layout.coordinates.iter().copied().filter(is_left).collect();
        format!("--columns {} leaves {them} out", typed_columns(table, &others))
    }

    /// How to take one of the coordinates for the masses, or to leave it out.
    pub(crate) fn weigh(self, table: &Table, layout: &Layout, column: usize) -> String {
        if self.has("--weights") {
            format!("give --weights {}", typed_columns(table, &[column]))
        } else {
            self.leave_out(table, layout, &[column])
        }
    }

    /// How to say that these columns are coordinates, as a clause.
    pub(crate) fn keep(self, columns: &str) -> String {
        if self.has("--columns") {
            format!("; if not, --columns {columns} says so")
        } else {
            String::new()
        }
    }
}

/// Columns as a shell passes them to `--columns` and `--drop`.
pub(crate) fn typed_columns(table: &Table, columns: &[usize]) -> String {
    let numbers = || columns.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    typed(&labels(table, columns)).unwrap_or_else(numbers)
}
