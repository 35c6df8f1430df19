//! Potentials as files.
//!
//! As text: a header `side,index,potential`, then a line per point, `source` or `target`, its
//! index from 0 and its potential. As NPY: a vector of length n + m, f (source) before g
//! (target); such a column is read as text, too.

use std::path::Path;

use ndarray::{Array1, Axis, concatenate, s};
use ndarray_npy::WriteNpyExt;
use thiserror::Error;

use super::atomic::{WriteError, write_atomically};
use super::plan_file::{as_io, is_npy, whole};
use super::{InputPath, Location, ReadError, Table};
use crate::potentials::Potentials;
use crate::shown::Quoted;

/// A fault in a file of potentials.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PotentialsProblem {
    /// Neither a labeled table nor n + m numbers.
    #[error(
        "a table of {rows}×{columns}, neither side, index, potential nor {n} + {m} numbers in a \
         column"
    )]
    Shape {
        /// Rows of the table.
        rows: usize,
        /// Columns of the table.
        columns: usize,
        /// Source points.
        n: usize,
        /// Target points.
        m: usize,
    },
    /// A side that is neither source nor target.
    #[error("{location}: the side is {}, neither source nor target", Quoted(.found))]
    Side {
        /// The row of the file.
        location: Location,
        /// The cell.
        found: String,
    },
    /// An index that no point has.
    #[error("{location}: the index is {found}, not a whole number from 0 to {}", .size - 1)]
    Index {
        /// The row of the file.
        location: Location,
        /// The number given.
        found: f64,
        /// The number of points on that side.
        size: usize,
    },
    /// A point that occurs twice.
    #[error("{location}: the {side} point {index} occurs a second time")]
    Repeated {
        /// The row of the file.
        location: Location,
        /// `"source"` or `"target"`.
        side: &'static str,
        /// The point.
        index: usize,
    },
    /// A point that does not occur.
    #[error("there is no potential for the {side} point {index}")]
    Missing {
        /// `"source"` or `"target"`.
        side: &'static str,
        /// The point.
        index: usize,
    },
}

impl PotentialsProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Shape { .. } => {
                "give CSV with the header side,index,potential, or NPY of shape (n + m,) with the \
                 source before the target"
            }
            Self::Side { .. } => "write source or target",
            Self::Index { .. } => "points count from 0 on each side",
            Self::Repeated { .. } | Self::Missing { .. } => {
                "give every point of both sides exactly one potential"
            }
        }
    }
}

const HEADER: [&str; 3] = ["side", "index", "potential"];
const SIDES: [&str; 2] = ["source", "target"];

/// Writes potentials: NPY if the name ends so, else CSV, to the bit.
///
/// # Errors
/// [`WriteError`]; nothing half-written is left.
pub fn write_potentials(path: &Path, potentials: &Potentials) -> Result<(), WriteError> {
    write_atomically(path, |out| {
        if is_npy(path) {
            let both = concatenate![Axis(0), potentials.f(), potentials.g()];
            return both.write_npy(out).map_err(as_io);
        }
        writeln!(out, "{}", HEADER.join(","))?;
        for (side, values) in SIDES.into_iter().zip([potentials.f(), potentials.g()]) {
            for (index, value) in values.iter().enumerate() {
                writeln!(out, "{side},{index},{value:?}")?;
            }
        }
        Ok(())
    })
}

/// Reads the potentials of n source and m target points.
///
/// # Errors
/// [`ReadError`], with [`PotentialsProblem`] for what concerns potentials.
pub fn read_potentials(origin: &InputPath, n: usize, m: usize) -> Result<Potentials, ReadError> {
    potentials_from(&Table::read(origin)?, n, m)
}

/// As [`read_potentials`], from a table that was read already.
///
/// # Errors
/// As [`read_potentials`].
pub fn potentials_from(table: &Table, n: usize, m: usize) -> Result<Potentials, ReadError> {
    let bad = |problem| ReadError::Potentials { origin: table.origin().clone(), problem };
    let (rows, columns) = (table.n_rows(), table.n_columns());
    if columns == 1 && rows == n + m {
        let both = table.vector()?;
        let (f, g) = (both.slice(s![..n]).to_owned(), both.slice(s![n..]).to_owned());
        return Ok(Potentials::from_finite(f, g));
    }
    if table.header().is_none_or(|header| header != HEADER) {
        return Err(bad(PotentialsProblem::Shape { rows, columns, n, m }));
    }
    let mut sides = [vec![None; n], vec![None; m]];
    for row in 0..rows {
        let location = table.location(row);
        let name = table.text(row, 0);
        let Some(side) = SIDES.iter().position(|side| *side == name) else {
            return Err(bad(PotentialsProblem::Side { location, found: name.into_owned() }));
        };
        let (values, side) = (&mut sides[side], SIDES[side]);
        let (found, size) = (table.finite(row, 1)?, values.len());
        let Some(index) = whole(found, size) else {
            return Err(bad(PotentialsProblem::Index { location, found, size }));
        };
        if values[index].replace(table.finite(row, 2)?).is_some() {
            return Err(bad(PotentialsProblem::Repeated { location, side, index }));
        }
    }
    let [f, g] = sides;
    let complete = |side, values: Vec<Option<f64>>| {
        let value = |(index, value): (usize, Option<f64>)| {
            value.ok_or_else(|| bad(PotentialsProblem::Missing { side, index }))
        };
        values.into_iter().enumerate().map(value).collect::<Result<Array1<f64>, _>>()
    };
    Ok(Potentials::from_finite(complete("source", f)?, complete("target", g)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use ndarray::array;
    use proptest::prelude::*;
    use tempfile::tempdir;

    fn read(text: &str) -> Result<Potentials, ReadError> {
        potentials_from(&Table::from_bytes(&InputPath::from("p.csv"), text.as_bytes())?, 1, 2)
    }

    #[test]
    fn the_text_is_what_the_documentation_says() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("potentials.csv");
        let potentials = Potentials::new(array![0.5], array![-1.0, 1e-7]).unwrap();
        write_potentials(&path, &potentials).unwrap();
        let text = "side,index,potential\nsource,0,0.5\ntarget,0,-1.0\ntarget,1,1e-7\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn rows_may_come_in_any_order_or_as_one_column() {
        let wanted = Potentials::new(array![1.0], array![2.0, 3.0]).unwrap();
        assert_eq!(
            read("side,index,potential\ntarget,1,3\nsource,0,1\ntarget,0,2\n").unwrap(),
            wanted
        );
        assert_eq!(read("1\n2\n3\n").unwrap(), wanted);
        assert_eq!(read("potential\n1\n2\n3\n").unwrap(), wanted);
    }

    #[test]
    fn bad_potentials_are_refused_with_their_line() {
        let message =
            |rows: &str| read(&format!("side,index,potential\n{rows}")).unwrap_err().to_string();
        assert_eq!(
            message("sink,0,1\n"),
            "p.csv: line 2: the side is \"sink\", neither source nor target"
        );
        assert_eq!(
            message("source,1,1\n"),
            "p.csv: line 2: the index is 1, not a whole number from 0 to 0"
        );
        assert_eq!(
            message("source,0,1\nsource,0,1\n"),
            "p.csv: line 3: the source point 0 occurs a second time"
        );
        assert_eq!(
            message("source,0,1\ntarget,0,1\n"),
            "p.csv: there is no potential for the target point 1"
        );
        assert!(message("source,0,inf\n").contains("line 2, column \"potential\""));
        assert!(read("1\n2\n").unwrap_err().to_string().contains("a table of 2×1"));
    }

    proptest! {
        #[test]
        fn potentials_round_trip_to_the_bit(
            f in prop::collection::vec(-1e20..1e20_f64, 1..6),
            g in prop::collection::vec(-1e-20..1e-20_f64, 1..6),
            extension in prop::sample::select(vec!["csv", "npy"]),
        ) {
            let (n, m) = (f.len(), g.len());
            let potentials = Potentials::new(f.into(), g.into()).unwrap();
            let folder = tempdir().unwrap();
            let path = folder.path().join("potentials").with_extension(extension);
            write_potentials(&path, &potentials).unwrap();
            prop_assert_eq!(read_potentials(&path.as_path().into(), n, m).unwrap(), potentials);
        }
    }
}
