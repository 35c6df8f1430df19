//! The problem at lower resolutions.
//!
//! At large ε the plan is smooth, and a quarter of the points gives nearly the same potentials. ε
//! decreases while the resolution increases, so that only the last steps use all points (Schmitzer
//! 2019, "Stabilized sparse scaling algorithms for entropy regularized transport problems", SIAM
//! J. Sci. Comput. 41, §3.4).

use ndarray::{Array1, ArrayView1};

use crate::cost::Cost;
use crate::gibbs::GibbsTable;
use crate::problem::OtProblem;

/// Points of a level that one point of the next coarser level stands for.
const POINTS_PER_GROUP: usize = 4;

/// Points of a side that are not coarsened further.
const COARSEST_POINTS: usize = 256;

/// The problem at one resolution.
pub(super) struct SinkhornLevel<'a> {
    cost: Box<dyn Cost + 'a>,
    source: Array1<f64>,
    target: Array1<f64>,
    /// Indices of its source points in the next finer level, or in the problem.
    pub(super) rows: Vec<usize>,
    /// Indices of its target points there.
    pub(super) columns: Vec<usize>,
}

impl<'a> SinkhornLevel<'a> {
    /// All levels, the finest first. Only a problem with local orders has coarser ones.
    pub(super) fn all(
        problem: &'a OtProblem<'a>,
        orders: Option<(Vec<usize>, Vec<usize>)>,
    ) -> Vec<Self> {
        let (source, target) = (problem.source().to_owned(), problem.target().to_owned());
        let Some((rows, columns)) = orders else {
            let (rows, columns) = ((0..problem.n()).collect(), (0..problem.m()).collect());
            return vec![Self { cost: Box::new(problem.cost()), source, target, rows, columns }];
        };
        let ordered = |mass: Array1<f64>, order: &[usize]| order.iter().map(|&i| mass[i]).collect();
        let mut levels = vec![Self {
            cost: problem.cost().select(&rows, &columns),
            source: ordered(source, &rows),
            target: ordered(target, &columns),
            rows,
            columns,
        }];
        while let Some(coarser) = levels[levels.len() - 1].coarser() {
            levels.push(coarser);
        }
        levels
    }

    /// Points of the smaller side.
    pub(super) fn size(&self) -> usize {
        self.source.len().min(self.target.len())
    }

    /// The next coarser level: the middle point of consecutive ones, with the mass of all of them.
    fn coarser(&self) -> Option<Self> {
        if self.size() <= COARSEST_POINTS {
            return None;
        }
        let middles = |count: usize| -> Vec<usize> {
            (0..count)
                .step_by(POINTS_PER_GROUP)
                .map(|i| (i + POINTS_PER_GROUP / 2).min(count - 1))
                .collect()
        };
        let gathered = |mass: ArrayView1<'_, f64>| -> Array1<f64> {
            mass.axis_chunks_iter(ndarray::Axis(0), POINTS_PER_GROUP)
                .map(|group| group.sum())
                .collect()
        };
        let (rows, columns) = (middles(self.source.len()), middles(self.target.len()));
        Some(Self {
            cost: self.cost.select(&rows, &columns),
            source: gathered(self.source.view()),
            target: gathered(self.target.view()),
            rows,
            columns,
        })
    }

    /// The table of the level.
    pub(super) fn table(&self) -> GibbsTable<'_> {
        GibbsTable::new(&*self.cost, self.source.view(), self.target.view()).in_blocks()
    }

    /// Potentials f, g for this level from those of the next coarser one: g the soft c-transform
    /// of the coarse f, f a hint.
    pub(super) fn refine(
        &self,
        coarse: &SinkhornLevel<'_>,
        epsilon: f64,
        f: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let every: Vec<usize> = (0..self.target.len()).collect();
        let cost = self.cost.select(&coarse.rows, &every);
        let table = GibbsTable::new(&*cost, coarse.source.view(), self.target.view());
        let g = table.soft_to_target(epsilon, &mut f.to_vec());
        let f = (0..self.source.len()).map(|i| f[i / POINTS_PER_GROUP]).collect();
        (f, g)
    }
}
