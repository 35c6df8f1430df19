//! Plans as files.
//!
//! As text: a header `i,j,mass`, then a line per non-zero cell; i and j count from 0. As NPY: an
//! array of shape (k, 3) with the same three columns. A dense n×m matrix is read, too.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use ndarray::Array2;
use ndarray_npy::{WriteNpyError, WriteNpyExt};
use thiserror::Error;

use super::atomic::{WriteError, write_atomically};
use super::{InputPath, Location, ReadError, Table};
use crate::plan::{PlanArc, TransportPlan};
use crate::shown::Shown;

/// A fault in a plan file.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PlanProblem {
    /// Neither triplets nor a dense matrix.
    #[error("a table of {rows}×{columns}, neither triplets i, j, mass nor a plan of {n}×{m}")]
    Shape {
        /// Rows of the table.
        rows: usize,
        /// Columns of the table.
        columns: usize,
        /// Rows of the plan: source points.
        n: usize,
        /// Columns of the plan: target points.
        m: usize,
    },
    /// A header whose names do not say which column is i, j and the mass.
    #[error("the columns are called {found}, which does not say what is i, j and the mass")]
    Header {
        /// The names, with commas between them.
        found: String,
    },
    /// A cell outside the plan.
    #[error("{location}: {axis} is {found}, not a whole number from 0 to {}", .size - 1)]
    Index {
        /// The row of the file.
        location: Location,
        /// `"i"` (source) or `"j"` (target).
        axis: &'static str,
        /// The number given.
        found: f64,
        /// The number of points on that side.
        size: usize,
    },
    /// A mass below zero.
    #[error("{location}: the mass {found} is negative")]
    Negative {
        /// The row of the file.
        location: Location,
        /// The mass.
        found: f64,
    },
}

impl PlanProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Shape { .. } => {
                "give CSV with the header i,j,mass and no other columns, NPY of shape (k, 3), or the \
                 dense matrix with a row per source and a column per target; without row names and \
                 header (pandas: to_csv(index=False, header=False))"
            }
            Self::Header { .. } => {
                "call the columns i (the source row), j (the target row) and mass, in any order; \
                 source, target and flow are known, too"
            }
            Self::Index { .. } => {
                "points count from 0; rows of a dense plan are source points, its columns \
                 target points, and it has no row names"
            }
            Self::Negative { .. } => "a plan moves masses ≥ 0: set rounding dust to zero",
        }
    }
}

/// Writes the non-zero cells: NPY if the name ends so, else CSV. Numbers are printed with as
/// many digits as it takes to read them back to the bit.
///
/// # Errors
/// [`WriteError`]; nothing half-written is left.
pub fn write_plan(path: &Path, plan: &TransportPlan) -> Result<(), WriteError> {
    write_atomically(path, |out| {
        if is_npy(path) {
            let arcs = plan.arcs();
            let triplets = Array2::from_shape_fn((arcs.len(), 3), |(k, column)| match column {
                0 => arcs[k].source as f64,
                1 => arcs[k].target as f64,
                _ => arcs[k].mass,
            });
            return triplets.write_npy(out).map_err(as_io);
        }
        writeln!(out, "i,j,mass")?;
        for arc in plan.arcs() {
            writeln!(out, "{},{},{:?}", arc.source, arc.target, arc.mass)?;
        }
        Ok(())
    })
}

/// Reads an n×m plan: triplets, with or without header, or a dense matrix, as text or NPY.
///
/// An n×3 table for m = 3 could be either. It counts as triplets if it has their header, or if
/// all i and j are whole numbers in range, no cell occurs twice and no mass is zero. A header names
/// the columns of triplets, which may stand in any order. The numbers 0, 1, … that pandas writes
/// above columns and before rows without names are passed over where the plan is dense without them.
///
/// # Errors
/// [`ReadError`], with [`PlanProblem`] for what concerns plans.
pub fn read_plan(origin: &InputPath, n: usize, m: usize) -> Result<TransportPlan, ReadError> {
    plan_from(&Table::read(origin)?, n, m)
}

/// As [`read_plan`], from a table that was read already.
///
/// # Errors
/// As [`read_plan`].
pub fn plan_from(table: &Table, n: usize, m: usize) -> Result<TransportPlan, ReadError> {
    let all_rows = table.with_all_rows();
    if (table.n_rows(), plan_columns(table).len()) == (n, m) {
        return plan_in(table, n, m);
    }
    if (all_rows.n_rows(), plan_columns(&all_rows).len()) == (n + 1, m)
        && all_rows.may_have_numbers()
        && !(m == 3 && look_like_triplets(&all_rows, [0, 1, 2], n, m)?)
    {
        return plan_in(&all_rows.into_owned().with_numbers_as_names(), n, m);
    }
    plan_in(&all_rows, n, m)
}

/// As [`plan_from`], for a plan of this total mass: a first row 0, 1, 2 above triplets is a header
/// where the mass below it is closer to that. Tells whether it is.
///
/// # Errors
/// As [`read_plan`].
pub fn plan_of_mass(
    table: &Table,
    n: usize,
    m: usize,
    mass: f64,
) -> Result<(TransportPlan, bool), ReadError> {
    let plan = plan_from(table, n, m);
    let all_rows = table.with_all_rows();
    if all_rows.n_columns() != 3 || !all_rows.may_have_numbers() {
        return plan.map(|plan| (plan, false));
    }
    let Ok(below) = plan_in(&all_rows.into_owned().with_numbers_as_names(), n, m) else {
        return plan.map(|plan| (plan, false));
    };
    let error =
        |plan: &TransportPlan| (plan.arcs().iter().map(|arc| arc.mass).sum::<f64>() - mass).abs();
    match plan {
        Ok(plan) if error(&plan) <= error(&below) => Ok((plan, false)),
        _ => Ok((below, true)),
    }
}

/// The columns of a plan, without the numbers of the rows that pandas writes before them.
fn plan_columns(table: &Table) -> Vec<usize> {
    let names = table.name_columns();
    let are_numbers = names.iter().all(|&column| table.counts_rows(column));
    if are_numbers { table.data_columns() } else { (0..table.n_columns()).collect() }
}

/// The plan in a table whose first row was judged.
fn plan_in(table: &Table, n: usize, m: usize) -> Result<TransportPlan, ReadError> {
    let bad = |problem| ReadError::Plan { origin: table.origin().clone(), problem };
    let (rows, data) = (table.n_rows(), plan_columns(table));
    let columns = data.len();
    let dense = (rows, columns) == (n, m);
    let header = table.header().filter(|_| !table.numbers_its_columns());
    let mut triplets = named_triplets(table, &["mass", "flow", "weight", "value"]);
    if triplets.is_none()
        && let &[i, j, mass] = data.as_slice()
        && (!dense || look_like_triplets(table, [i, j, mass], n, m)?)
    {
        if let Some(header) = header {
            let found = Shown(&header.join(", ")).to_string();
            return Err(bad(PlanProblem::Header { found }));
        }
        triplets = Some([i, j, mass]);
    }
    if triplets.is_none() && !dense {
        let columns = table.n_columns();
        return Err(bad(PlanProblem::Shape { rows, columns, n, m }));
    }
    let mut arcs = Vec::new();
    for row in 0..rows {
        let mut add = |source, target, mass| {
            if mass < 0.0 {
                return Err(bad(PlanProblem::Negative {
                    location: table.location(row),
                    found: mass,
                }));
            }
            if mass > 0.0 {
                arcs.push(PlanArc { source, target, mass });
            }
            Ok(())
        };
        if let Some([i, j, mass]) = triplets {
            let index = |column, axis, size| {
                let found = table.finite(row, column)?;
                let location = table.location(row);
                whole(found, size)
                    .ok_or_else(|| bad(PlanProblem::Index { location, axis, found, size }))
            };
            add(index(i, "i", n)?, index(j, "j", m)?, table.finite(row, mass)?)?;
        } else {
            for (target, &column) in data.iter().enumerate() {
                add(row, target, table.finite(row, column)?)?;
            }
        }
    }
    Ok(TransportPlan::from_arcs(n, m, arcs))
}

/// The columns of i, j and a number by their names, where there are no others but row names.
pub(super) fn named_triplets(table: &Table, numbers: &[&str]) -> Option<[usize; 3]> {
    let names: [&[&str]; 3] =
        [&["i", "source", "row", "from"], &["j", "target", "column", "col", "to"], numbers];
    let (header, row_names) = (table.header()?, table.name_columns());
    let is_data = |(column, _): &(usize, _)| !row_names.contains(column);
    let mut columns = [None; 3];
    for (column, name) in header.iter().enumerate().filter(is_data) {
        let name = name.trim().to_lowercase();
        let role = names.iter().position(|known| known.contains(&name.as_str()))?;
        if columns[role].replace(column).is_some() {
            return None;
        }
    }
    let [Some(i), Some(j), Some(mass)] = columns else { return None };
    Some([i, j, mass])
}

fn look_like_triplets(
    table: &Table,
    [i, j, mass]: [usize; 3],
    n: usize,
    m: usize,
) -> Result<bool, ReadError> {
    let mut seen = HashSet::new();
    for row in 0..table.n_rows() {
        let (i, j) = (whole(table.finite(row, i)?, n), whole(table.finite(row, j)?, m));
        let new = i.is_some() && j.is_some() && seen.insert((i, j));
        if !new || table.finite(row, mass)? == 0.0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The index that a number stands for.
pub(super) fn whole(value: f64, size: usize) -> Option<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked here")]
    let index = value as usize;
    (value >= 0.0 && index as f64 == value && index < size).then_some(index)
}

/// The format that a name asks for.
pub(super) fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"))
}

/// Writing an array of numbers can only fail in the system.
pub(super) fn as_io(error: WriteNpyError) -> io::Error {
    match error {
        WriteNpyError::Io(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use ndarray::array;
    use proptest::prelude::*;
    use tempfile::tempdir;

    fn read(text: &str, n: usize, m: usize) -> Result<TransportPlan, ReadError> {
        plan_from(&Table::from_bytes(&InputPath::from("p.csv"), text.as_bytes())?, n, m)
    }

    fn dense(text: &str, n: usize, m: usize) -> Array2<f64> {
        read(text, n, m).unwrap().to_dense()
    }

    #[test]
    fn the_text_is_what_the_documentation_says() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("plan.csv");
        let arc = |source, target, mass| PlanArc { source, target, mass };
        let plan = TransportPlan::new(2, 2, vec![arc(0, 1, 0.5), arc(1, 0, 1e-300)]).unwrap();
        write_plan(&path, &plan).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "i,j,mass\n0,1,0.5\n1,0,1e-300\n");
    }

    #[test]
    fn triplets_and_dense_matrices_are_told_apart() {
        let wanted = array![[0.0, 0.5], [0.5, 0.0]];
        assert_eq!(dense("i,j,mass\n0,1,0.5\n1,0,0.5\n", 2, 2), wanted);
        assert_eq!(dense("0,1,0.5\n1,0,0.25\n1,0,0.25\n", 2, 2), wanted);
        assert_eq!(dense("0 0.5\n0.5 0\n", 2, 2), wanted);
        let identity = array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert_eq!(dense("1,0,0\n0,1,0\n0,0,1\n", 3, 3), identity);
        assert_eq!(dense("i,j,mass\n0,0,1\n1,1,1\n2,2,1\n", 3, 3), identity);
        assert_eq!(dense("0,0,1\n1,1,1\n2,2,1\n", 3, 3), identity);
        assert_eq!(
            dense("0.5,0,0\n0,0.25,0.25\n", 2, 3),
            array![[0.5, 0.0, 0.0], [0.0, 0.25, 0.25]]
        );
    }

    #[test]
    fn columns_of_triplets_are_known_by_their_names() {
        let wanted = array![[0.0, 0.5], [0.25, 0.25]];
        for text in [
            "j,i,mass\n1,0,0.5\n0,1,0.25\n1,1,0.25\n",
            "mass,Source,Target\n0.5,0,1\n0.25,1,0\n0.25,1,1\n",
            ",to,from,flow\n0,1,0,0.5\n1,0,1,0.25\n2,1,1,0.25\n",
        ] {
            assert_eq!(dense(text, 2, 2), wanted, "{text}");
        }
        assert_eq!(dense("a,b,c\n0,0.5,0\n0.5,0,0\n", 2, 3).sum(), 1.0, "a matrix");
        for header in ["b,a,mass", "i,i,mass", "j,i,amount"] {
            let error = read(&format!("{header}\n0,1,0.5\n"), 2, 2).unwrap_err().to_string();
            assert!(error.contains("which does not say what is i, j"), "{error}");
        }
    }

    #[test]
    fn bad_plans_are_refused_with_their_line() {
        let message = |text| read(text, 2, 2).unwrap_err().to_string();
        assert_eq!(
            message("i,j,mass\n0,2,1\n"),
            "p.csv: line 2: j is 2, not a whole number from 0 to 1"
        );
        assert_eq!(
            message("i,j,mass\n0.5,1,1\n"),
            "p.csv: line 2: i is 0.5, not a whole number from 0 to 1"
        );
        assert_eq!(message("i,j,mass\n0,1,-1\n"), "p.csv: line 2: the mass -1 is negative");
        assert!(message("1,2,3,4\n").contains("a table of 1×4"));
        assert!(message("i,j,mass\n0,1,nan\n").contains("line 2, column \"mass\""));
    }

    proptest! {
        #[test]
        fn plans_round_trip_to_the_bit(
            n in 1..6_usize,
            m in 1..6_usize,
            cells in prop::collection::vec((0..6_usize, 0..6_usize, 1e-20..1e20_f64), 1..20),
            extension in prop::sample::select(vec!["csv", "npy", "txt"]),
        ) {
            let mut seen = HashSet::new();
            let arcs = cells
                .into_iter()
                .map(|(i, j, mass)| PlanArc { source: i % n, target: j % m, mass })
                .filter(|arc| seen.insert((arc.source, arc.target)))
                .collect();
            let plan = TransportPlan::new(n, m, arcs).unwrap();
            let folder = tempdir().unwrap();
            let path = folder.path().join("plan").with_extension(extension);
            write_plan(&path, &plan).unwrap();
            prop_assert_eq!(read_plan(&path.as_path().into(), n, m).unwrap(), plan);
        }
    }
}
