//! The one kernel behind candidate search and pricing: minima of `row_j − potential_j` over
//! groups of columns.
//!
//! The k-th smallest group minimum is at least the k-th smallest entry, so it is a threshold
//! that only few groups pass; only those are looked at one entry at a time. A group takes every
//! [`LANES`]-th column of its block, so that the minima are taken lane by lane.

use macro_rules_attribute::apply;

use crate::math::simd_targets;

/// Groups in a block, and the distance of neighboring columns of one group.
const LANES: usize = 16;
/// Columns in a block: 16 for each of its groups.
const BLOCK: usize = 16 * LANES;

/// Number of groups that m columns fall into.
pub(super) fn count(m: usize) -> usize {
    m.div_ceil(BLOCK) * LANES
}

/// The columns of a group, ascending.
pub(super) fn columns(group: usize, m: usize) -> impl Iterator<Item = usize> {
    let (block, lane) = (group / LANES, group % LANES);
    (block * BLOCK + lane..((block + 1) * BLOCK).min(m)).step_by(LANES)
}

/// `minima[group] ← min over the group's columns of row_j − potential_j`; +∞ for groups without
/// columns.
#[apply(simd_targets)]
pub(super) fn minima(row: &[f64], potential: &[f64], minima: &mut [f64]) {
    let (minima, _) = minima.as_chunks_mut::<LANES>();
    for ((row, potential), minima) in row.chunks(BLOCK).zip(potential.chunks(BLOCK)).zip(minima) {
        let (rows, row_rest) = row.as_chunks::<LANES>();
        let (potentials, potential_rest) = potential.as_chunks::<LANES>();
        let mut smallest = [f64::INFINITY; LANES];
        for (row, potential) in rows.iter().zip(potentials) {
            for k in 0..LANES {
                let d = row[k] - potential[k];
                smallest[k] = if d < smallest[k] { d } else { smallest[k] };
            }
        }
        for (k, (c, p)) in row_rest.iter().zip(potential_rest).enumerate() {
            smallest[k] = smallest[k].min(c - p);
        }
        *minima = smallest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_partition_the_columns_and_hold_their_minima() {
        for m in [1, 15, 16, 17, 255, 256, 257, 300, 700] {
            let row: Vec<f64> = (0..m).map(|j| ((j * 7919) % 1009) as f64).collect();
            let potential: Vec<f64> = (0..m).map(|j| ((j * 104_729) % 503) as f64).collect();
            let mut found = vec![f64::NAN; count(m)];
            minima(&row, &potential, &mut found);
            let mut seen = vec![false; m];
            for (group, &found) in found.iter().enumerate() {
                let mut smallest = f64::INFINITY;
                for j in columns(group, m) {
                    assert!(!std::mem::replace(&mut seen[j], true), "column {j} is in two groups");
                    smallest = smallest.min(row[j] - potential[j]);
                }
                assert_eq!(found, smallest);
            }
            assert!(seen.into_iter().all(|seen| seen));
        }
    }
}
