//! Matrices: square ones with named rows and columns, and plain ones.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use ndarray::ArrayView2;
use ndarray_npy::WriteNpyExt;

use super::atomic::{WriteError, write_atomically};
use super::plan_file::{as_io, is_npy};

/// Writes a matrix: NPY, which has no room for names, if the name ends so, else CSV as
/// [`write_named_matrix_to`] writes it.
///
/// # Errors
/// [`WriteError`]; nothing half-written is left.
pub fn write_named_matrix(
    path: &Path,
    names: &[String],
    matrix: ArrayView2<'_, f64>,
) -> Result<(), WriteError> {
    write_atomically(path, |out| {
        if is_npy(path) {
            matrix.write_npy(out).map_err(as_io)
        } else {
            write_named_matrix_to(out, names, matrix)
        }
    })
}

/// Writes a matrix of any shape: NPY if the name ends so, else CSV without a header, with as many digits as
/// it takes to read the numbers back to the bit.
///
/// # Errors
/// [`WriteError`]; nothing half-written is left.
pub fn write_matrix(path: &Path, matrix: ArrayView2<'_, f64>) -> Result<(), WriteError> {
    write_atomically(path, |out| {
        if is_npy(path) {
            return matrix.write_npy(out).map_err(as_io);
        }
        for row in matrix.outer_iter() {
            let cells: Vec<String> = row.iter().map(|value| format!("{value:?}")).collect();
            writeln!(out, "{}", cells.join(","))?;
        }
        Ok(())
    })
}

/// Writes a matrix as CSV: a header of an empty cell and the names, then a row a name. Numbers have
/// as many digits as it takes to read them back to the bit; infinity is `inf`.
///
/// # Errors
/// Whatever the writer says.
pub fn write_named_matrix_to(
    out: &mut dyn Write,
    names: &[String],
    matrix: ArrayView2<'_, f64>,
) -> io::Result<()> {
    for name in names {
        write!(out, ",{}", quoted(name))?;
    }
    writeln!(out)?;
    for (name, row) in names.iter().zip(matrix.outer_iter()) {
        write!(out, "{}", quoted(name))?;
        for value in row {
            write!(out, ",{value:?}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A cell of text: in double quotes if it could be mistaken for several.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::{InputPath, Table};
    use ndarray::array;

    #[test]
    fn what_is_written_is_read_back_to_the_bit() {
        let names = ["a".to_owned(), "b, \"c\"".to_owned()];
        let matrix = array![[0.0, 0.1 + 0.2], [1e-300, 5e17]];
        let mut bytes = Vec::new();
        write_named_matrix_to(&mut bytes, &names, matrix.view()).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.starts_with(",a,\"b, \"\"c\"\"\"\na,0.0,0.30000000000000004\n"), "{text}");
        let table = Table::from_bytes(&InputPath::from("m.csv"), &bytes).unwrap();
        assert_eq!(table.matrix().unwrap(), matrix);
    }
}
