//! `--cost-arcs`: a list of arcs with their costs.

use deblais::cost::{Cost, CostMatrix, SparseCost};
use deblais::io::{ArcList, InputDigest, InputPath, ReadError, Table, read_arcs};

use super::columns::{labels, listed};
use super::failure::Failure;
use super::read_measure::not_a_cost;

/// The arcs of a file.
pub(super) struct ArcFile<'a> {
    origin: &'a InputPath,
    pub(super) digest: InputDigest,
    pub(super) list: ArcList,
}

impl<'a> ArcFile<'a> {
    pub(super) fn read(origin: &'a InputPath) -> Result<Self, Failure> {
        let (list, digest) = read_arcs(origin).map_err(not_an_arc)?;
        Ok(Self { origin, digest, list })
    }

    /// The numbers of sources and targets: the shape of a sparse matrix, which the masses must have; for a
    /// list those of the masses that are given, else the largest index and one. Without masses every point
    /// has some, and needs an arc.
    pub(super) fn sizes(&self, masses: [Option<usize>; 2]) -> Result<[usize; 2], Failure> {
        let Self { origin, list: ArcList { arcs, shape }, .. } = self;
        if let &Some((rows, columns)) = shape {
            let [n, m] = [masses[0].unwrap_or(rows), masses[1].unwrap_or(columns)];
            if (n, m) != (rows, columns) {
                return Err(Failure::new(format!(
                    "{origin}: a matrix of shape ({rows}, {columns}), but there are {n} source and {m} \
                     target masses"
                ))
                .hint("give a mass for every row and every column"));
            }
            // Without masses every point has some, and needs an arc.
            for (size, masses, points) in [(n, masses[0], "rows"), (m, masses[1], "columns")] {
                if size > arcs.len() && masses.is_none() {
                    let text = format!("{origin}: {size} {points}, but {} entries", arcs.len());
                    return Err(Failure::new(text).hint("store an entry in every row and column"));
                }
            }
            return Ok([n, m]);
        }
        let of_list = [
            arcs.iter().map(|arc| arc.0.saturating_add(1)).max().unwrap_or_default(),
            arcs.iter().map(|arc| arc.1.saturating_add(1)).max().unwrap_or_default(),
        ];
        let counts_from_1 = arcs.iter().all(|arc| arc.0 > 0 && arc.1 > 0);
        let hint = if counts_from_1 {
            "indices count from 0; these look like they count from 1: subtract 1 from each i and j"
        } else {
            "number sources and targets from 0, without gaps"
        };
        let sizes = [0, 1].map(|k| masses[k].unwrap_or(of_list[k]));
        for (k, axis) in [(0, "i"), (1, "j")] {
            let those_there = if of_list[k] > sizes[k] {
                format!("{} masses", sizes[k])
            } else if sizes[k] > arcs.len() && masses[k].is_none() {
                format!("{} arcs", arcs.len())
            } else {
                continue;
            };
            let largest = of_list[k] - 1;
            let text = format!("{origin}: {axis} is {largest}, but there are {those_there}");
            return Err(Failure::new(text).hint(hint));
        }
        if counts_from_1 && masses.contains(&None) {
            let text = format!("{origin}: no arc has i = 0 or j = 0, but these points have mass");
            return Err(Failure::new(text).hint(format!(
                "{hint}; or give all masses by --source-weights and --target-weights"
            )));
        }
        Ok(sizes)
    }

    /// The costs: a matrix where every arc is listed.
    pub(super) fn costs(self, [n, m]: [usize; 2]) -> Result<Box<dyn Cost>, Failure> {
        let at_file = |error| Failure::from(error).at(self.origin);
        let listed = SparseCost::new((n, m), self.list.arcs).map_err(at_file)?;
        if listed.arcs() < n.saturating_mul(m) {
            return Ok(Box::new(listed));
        }
        let all = CostMatrix::from_fn((n, m), |i, j| listed.at(i, j)).map_err(at_file)?;
        Ok(Box::new(all))
    }
}

/// Text in a list of arcs.
fn not_an_arc(error: ReadError) -> Failure {
    match &error {
        ReadError::NotANumber { found, .. } if !found.is_empty() && error.respelled().is_none() => {
            Failure::new(error).hint(
                "the columns i and j hold numbers of sources and targets, from 0, not their names; \
                 cost is a number",
            )
        }
        _ => not_a_cost(error),
    }
}

/// A list of arcs where a matrix of costs is wanted.
pub(super) fn arcs_for_costs(table: &Table) -> Failure {
    let (origin, names) = (table.origin(), listed(&labels(table, &table.data_columns())));
    Failure::new(format!("{origin}: the columns are called {names}: a list of arcs, not a matrix"))
        .hint(format!("give it as --cost-arcs {origin}"))
}
