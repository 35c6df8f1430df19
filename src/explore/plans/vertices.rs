//! The vertices of a transport polytope between a few piles.
//!
//! ```text
//! U(μ, ν) = { γ ≥ 0 : Σ_j γ_ij = μ_i, Σ_i γ_ij = ν_j },   μ and ν in whole shovels
//! ```
//!
//! **Idea.** The support of a vertex has no cycle, that is, it lies in a spanning tree of the complete
//! bipartite graph `K_{n,m}`; and a tree has one flow, found by cutting off leaves. So all trees are
//! gone through, by the bipartite form of Prüfer's code, a word of m − 1 rows and one of n − 1
//! columns, whose decoding cuts off leaves, too: one loop finds the tree and its flow. Trees with a
//! negative flow are no plans; degenerate vertices, found from several trees, are counted once,
//! without rounding, for the masses are whole. Where all masses are equal and n = m, the vertices are
//! the n! permutations (Birkhoff 1946; von Neumann 1953), which are listed in lexicographic order.
//!
//! Larger piles are sampled: the cells of the table in random order, each filled as far as both sides
//! allow (the matrix-minimum rule with random costs). Every vertex can come out, for some leaf of its
//! forest can always be filled next; the north-west corner under random permutations would find only
//! those whose forests are caterpillars. For equal masses all permutations are equally likely.
//!
//! **Complexity.** n^(m−1)·m^(n−1) trees at O((n + m)²), up to five million of them (5 × 6 piles), and
//! n! permutations up to n = 8; O(nm) for a sample.
//!
//! **References.** Klee, Witzgall 1968, "Facets and vertices of transportation polytopes", in
//! Mathematics of the Decision Sciences 1; De Loera, Kim 2014, "Combinatorics and geometry of
//! transportation polytopes: an update", Contemp. Math. 625 (how many there are); Hartsfield, Werth
//! 1990, "Spanning trees of the complete bipartite graph", in Topics in Combinatorics and Graph Theory
//! (the code); Knuth 2011, "The Art of Computer Programming 4A", §7.2.1.2, Algorithm L
//! (permutations); Dantzig 1963, "Linear Programming and Extensions", ch. 14 (trees).
//!
//! **Failure modes.** Masses that are no whole multiples of a common unit, a millionth at least, are
//! refused.

use std::collections::BTreeSet;

use ndarray::ArrayView1;
use rand::seq::SliceRandom as _;

use super::{PlanListing, PolytopeError};
use crate::plan::{PlanArc, TransportPlan};
use crate::problem::OtProblem;
use crate::seed::Stream;

/// Largest number of spanning trees that are enumerated.
const MAX_TREES: u64 = 5_000_000;

/// Largest number of equal piles whose permutations are listed.
const MAX_EQUAL_PILES: usize = 8;

/// The smallest shovel that masses are measured in is a mass of one over this.
pub(super) const MAX_SHOVELS: u32 = 1_000_000;

/// The piles that are not empty, in shovels.
pub(super) struct Piles {
    shape: (usize, usize),
    /// Where they stand among all.
    rows: Vec<usize>,
    columns: Vec<usize>,
    supply: Vec<u64>,
    demand: Vec<u64>,
    /// The mass of a shovel is one over it.
    shovels: f64,
}

impl Piles {
    pub(super) fn of(problem: &OtProblem) -> Result<Self, PolytopeError> {
        let shape = (problem.n(), problem.m());
        for shovels in (1..=MAX_SHOVELS).map(f64::from) {
            let whole = whole(problem.source(), shovels).zip(whole(problem.target(), shovels));
            let Some((supply, demand)) = whole else { continue };
            if supply.iter().sum::<u64>() != demand.iter().sum::<u64>() {
                continue;
            }
            let full = |masses: &[u64]| (0..masses.len()).filter(|&k| masses[k] > 0).collect();
            let (rows, columns): (Vec<usize>, Vec<usize>) = (full(&supply), full(&demand));
            return Ok(Self {
                shape,
                supply: rows.iter().map(|&i| supply[i]).collect(),
                demand: columns.iter().map(|&j| demand[j]).collect(),
                rows,
                columns,
                shovels,
            });
        }
        Err(PolytopeError::NotWhole)
    }

    /// All vertices as tables of shovels, row by row; nothing if there are too many.
    pub(super) fn all(&self) -> Option<(PlanListing, Vec<Vec<u64>>)> {
        let (n, m) = (self.supply.len(), self.demand.len());
        let each = self.supply[0];
        if n == m && self.supply.iter().chain(&self.demand).all(|mass| *mass == each) {
            return (n <= MAX_EQUAL_PILES)
                .then(|| (PlanListing::Permutations, permutations(n, each)));
        }
        let trees = spanning_trees(n, m).filter(|trees| *trees <= MAX_TREES)?;
        let flows = (0..trees).filter_map(|code| self.flow(code));
        let vertices: BTreeSet<Vec<u64>> = flows.collect();
        Some((PlanListing::SpanningTrees, vertices.into_iter().collect()))
    }

    /// The flow of the tree with this code, if it is a plan.
    fn flow(&self, code: u64) -> Option<Vec<u64>> {
        let (n, m) = (self.supply.len(), self.demand.len());
        let mut digits = code;
        let mut digit = |base: usize| {
            let value = digits % base as u64;
            digits /= base as u64;
            usize::try_from(value).expect("below a count of piles")
        };
        let rows: Vec<usize> = (1..m).map(|_| digit(n)).collect();
        let columns: Vec<usize> = (1..n).map(|_| n + digit(m)).collect();
        let mut degree = vec![1_usize; n + m];
        for &node in rows.iter().chain(&columns) {
            degree[node] += 1;
        }
        let mut left = [&self.supply[..], &self.demand].concat();
        let mut table = vec![0; n * m];
        let mut cell = |a: usize, b: usize, mass: u64| table[a.min(b) * m + a.max(b) - n] = mass;
        let (mut rows, mut columns) = (rows.into_iter(), columns.into_iter());
        for _ in 0..n + m - 2 {
            let leaf = leaf(&degree);
            let next = if leaf < n { columns.next() } else { rows.next() };
            let next = next.expect("a word has a letter for each leaf of the other side");
            left[next] = left[next].checked_sub(left[leaf])?;
            cell(leaf, next, left[leaf]);
            degree[leaf] = 0;
            degree[next] -= 1;
        }
        // The last edge: the supply of one end equals the demand of the other, since the totals agree.
        let last = leaf(&degree);
        degree[last] = 0;
        cell(last, leaf(&degree), left[last]);
        Some(table)
    }

    /// A random vertex.
    pub(super) fn random(&self, stream: &mut Stream) -> Vec<u64> {
        let (n, m) = (self.supply.len(), self.demand.len());
        let (mut supply, mut demand) = (self.supply.clone(), self.demand.clone());
        let mut cells: Vec<usize> = (0..n * m).collect();
        cells.shuffle(stream);
        let mut table = vec![0; n * m];
        for cell in cells {
            let (have, want) = (&mut supply[cell / m], &mut demand[cell % m]);
            let mass = (*have).min(*want);
            table[cell] = mass;
            *have -= mass;
            *want -= mass;
        }
        table
    }

    pub(super) fn plan(&self, table: &[u64]) -> TransportPlan {
        let m = self.columns.len();
        let arcs = table.iter().enumerate().map(|(cell, &shovels)| PlanArc {
            source: self.rows[cell / m],
            target: self.columns[cell % m],
            mass: shovels as f64 / self.shovels,
        });
        TransportPlan::from_arcs(self.shape.0, self.shape.1, arcs.collect())
    }
}

/// The first node of degree 1.
fn leaf(degree: &[usize]) -> usize {
    degree.iter().position(|&degree| degree == 1).expect("a tree has leaves")
}

/// Masses in shovels, if they are whole.
fn whole(masses: ArrayView1<'_, f64>, shovels: f64) -> Option<Vec<u64>> {
    /// The most shovels in a pile, and how far off whole ones rounding may have put it.
    const MAX_SHOVELS_PER_PILE: f64 = 1e12;
    const SHOVEL_ROUNDING: f64 = 1e-9;
    let count = |mass: f64| {
        let (exact, whole) = (mass * shovels, (mass * shovels).round());
        let fits = (exact - whole).abs() <= SHOVEL_ROUNDING * whole.min(1.0)
            && whole <= MAX_SHOVELS_PER_PILE;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1e12")]
        fits.then_some(whole as u64)
    };
    masses.iter().map(|&mass| count(mass)).collect()
}

/// n^(m−1)·m^(n−1), if that is a number at all.
fn spanning_trees(n: usize, m: usize) -> Option<u64> {
    let power = |base: usize, exponent: usize| {
        u64::try_from(base).ok()?.checked_pow(u32::try_from(exponent).ok()?)
    };
    power(n, m - 1)?.checked_mul(power(m, n - 1)?)
}

/// All permutation matrices with this mass in their cells, in lexicographic order.
fn permutations(n: usize, mass: u64) -> Vec<Vec<u64>> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut tables = Vec::new();
    loop {
        let mut table = vec![0; n * n];
        for (i, j) in order.iter().enumerate() {
            table[i * n + j] = mass;
        }
        tables.push(table);
        let Some(turn) = (1..n).rev().find(|&k| order[k - 1] < order[k]) else { return tables };
        let above = (turn..n).rev().find(|&k| order[k] > order[turn - 1]);
        order.swap(turn - 1, above.expect("its neighbor at least is above it"));
        order[turn..].reverse();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::tests::line;
    use super::*;
    use crate::seed::Seed;

    fn found(supply: &[f64], demand: &[f64]) -> (PlanListing, Vec<Vec<u64>>) {
        Piles::of(&line(supply, demand)).unwrap().all().unwrap()
    }

    /// All tables of whole numbers with these sums whose support has no cycle: by definition.
    fn oracle(supply: &[u64], demand: &[u64]) -> HashSet<Vec<u64>> {
        fn fill(
            table: &mut Vec<u64>,
            rows: &mut [u64],
            columns: &mut [u64],
            all: &mut Vec<Vec<u64>>,
        ) {
            let (m, cell) = (columns.len(), table.len());
            if cell == rows.len() * m {
                if rows.iter().chain(columns.iter()).all(|left| *left == 0) {
                    all.push(table.clone());
                }
                return;
            }
            let (i, j) = (cell / m, cell % m);
            for mass in 0..=rows[i].min(columns[j]) {
                table.push(mass);
                rows[i] -= mass;
                columns[j] -= mass;
                fill(table, rows, columns, all);
                rows[i] += mass;
                columns[j] += mass;
                table.pop();
            }
        }
        let mut all = Vec::new();
        fill(&mut Vec::new(), &mut supply.to_vec(), &mut demand.to_vec(), &mut all);
        all.retain(|table| is_forest(table, supply.len(), demand.len()));
        all.into_iter().collect()
    }

    /// Whether the cells with mass have no cycle.
    fn is_forest(table: &[u64], n: usize, m: usize) -> bool {
        let mut group: Vec<usize> = (0..n + m).collect();
        (0..n * m).filter(|&cell| table[cell] > 0).all(|cell| {
            let (a, b) = (group[cell / m], group[n + cell % m]);
            group.iter_mut().filter(|g| **g == a).for_each(|g| *g = b);
            a != b
        })
    }

    #[test]
    fn the_vertices_are_those_of_brute_force() {
        let cases: [(&[u64], &[u64]); 8] = [
            (&[3], &[1, 2]),
            (&[2, 3], &[1, 4]),
            (&[3, 4], &[2, 2, 3]),
            (&[2, 2, 3], &[1, 2, 4]),
            (&[1, 2, 3], &[3, 2, 1]),
            (&[4, 2, 1], &[1, 1, 2, 3]),
            (&[1, 1, 2], &[2, 2]),
            (&[2, 2, 2, 1], &[3, 1, 2, 1]),
        ];
        let floats = |masses: &[u64]| masses.iter().map(|&mass| mass as f64).collect::<Vec<_>>();
        for (supply, demand) in cases {
            let (listing, tables) = found(&floats(supply), &floats(demand));
            assert_eq!(listing, PlanListing::SpanningTrees);
            let count = tables.len();
            let tables: HashSet<_> = tables.into_iter().collect();
            assert_eq!(tables.len(), count, "each once");
            assert_eq!(tables, oracle(supply, demand), "{supply:?} {demand:?}");
        }
    }

    /// The middle section of a cube has n·C(n−1, (n−1)/2) corners, n odd; the other two were counted
    /// by another program, which fills the cells in every order (CPython, sets of tables).
    #[test]
    fn the_numbers_of_vertices_are_the_known_ones() {
        let cases: [(&[f64], &[f64], usize); 4] = [
            (&[3.0; 2], &[2.0; 3], 6),
            (&[5.0; 2], &[2.0; 5], 30),
            (&[4.0; 3], &[3.0; 4], 96),
            (&[5.0, 3.0, 4.0], &[4.5, 3.25, 4.25], 18),
        ];
        for (supply, demand, count) in cases {
            assert_eq!(found(supply, demand).1.len(), count, "{supply:?} {demand:?}");
        }
    }

    #[test]
    fn equal_piles_have_the_permutations_and_trees_find_the_same() {
        for (n, count) in [(1, 1), (2, 2), (3, 6), (4, 24), (5, 120), (6, 720)] {
            let masses = vec![2.0; n];
            let (listing, tables) = found(&masses, &masses);
            assert_eq!((listing, tables.len()), (PlanListing::Permutations, count));
            if n <= 4 {
                let piles = Piles::of(&line(&masses, &masses)).unwrap();
                let trees = spanning_trees(n, n).unwrap();
                let flows: BTreeSet<_> = (0..trees).filter_map(|code| piles.flow(code)).collect();
                assert_eq!(flows, tables.into_iter().collect());
            }
        }
    }

    #[test]
    fn there_are_as_many_codes_as_trees() {
        for (n, m) in [(2, 2), (2, 3), (3, 3), (1, 4)] {
            let trees = spanning_trees(n, m).unwrap();
            let all = (0..1_usize << (n * m)).filter(|cells| {
                let table: Vec<u64> = (0..n * m).map(|k| u64::from(cells >> k & 1 == 1)).collect();
                cells.count_ones() as usize == n + m - 1 && is_forest(&table, n, m)
            });
            assert_eq!(trees, all.count() as u64, "{n} {m}");
        }
    }

    #[test]
    fn random_plans_are_vertices_and_every_vertex_comes_up() {
        let problem = line(&[3.0, 4.0, 2.0], &[2.0, 2.0, 5.0]);
        let piles = Piles::of(&problem).unwrap();
        let all: BTreeSet<_> = piles.all().unwrap().1.into_iter().collect();
        let mut stream = Seed(0).stream("test");
        let drawn: BTreeSet<_> = (0..3000).map(|_| piles.random(&mut stream)).collect();
        assert_eq!(drawn, all);
    }

    #[test]
    fn masses_that_are_no_shovels_are_refused() {
        let root = 0.5_f64.sqrt();
        let refused = Piles::of(&line(&[root, 1.0 - root], &[0.5, 0.5]));
        assert!(matches!(refused, Err(PolytopeError::NotWhole)));
        let piles = Piles::of(&line(&[1.0 / 3.0, 2.0 / 3.0], &[0.25, 0.75])).unwrap();
        assert_eq!((piles.supply, piles.demand), (vec![4, 8], vec![3, 9]));
    }
}
