//! Costs computed from two clouds, row by row.

use multiversion::multiversion;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::{Cost, CostError, GroundCost};
use crate::measure::DiscreteMeasure;

/// The ground cost between two clouds, computed on demand: memory linear in n + m.
#[derive(Debug, Clone)]
pub struct PointCost<G> {
    /// (n, d), row-major.
    source: Array2<f64>,
    /// (d, m): coordinate by coordinate, so that a row of costs is computed in SIMD lanes.
    target: Array2<f64>,
    ground: G,
}

impl<G: GroundCost> PointCost<G> {
    /// The table of costs between the supports of two measures; O((n + m)·d).
    ///
    /// # Errors
    /// [`CostError`] if dimensions differ, a point has no cost, or the cost would overflow.
    pub fn new(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        ground: G,
    ) -> Result<Self, CostError> {
        if source.dim() != target.dim() {
            return Err(CostError::Dimensions {
                source_dim: source.dim(),
                target_dim: target.dim(),
            });
        }
        let spread = spread(source.support(), target.support());
        let safe = 1e300_f64.powf(1.0 / ground.degree()) / (source.dim() as f64);
        if spread > safe || (spread > 0.0 && spread < 1.0 / safe) {
            return Err(CostError::Range { spread, cost: ground.name() });
        }
        let mut source = source.support().to_owned();
        let mut target = target.support().to_owned();
        for mut point in source.rows_mut().into_iter().chain(target.rows_mut()) {
            let mut coordinates = point.to_vec();
            ground.prepare(&mut coordinates)?;
            point.assign(&ArrayView1::from(&coordinates));
        }
        let target = target.t().as_standard_layout().into_owned();
        Ok(Self { source, target, ground })
    }

    /// The ground cost.
    pub fn ground(&self) -> &G {
        &self.ground
    }
}

/// The largest extent of the two clouds together along any axis.
fn spread(source: ArrayView2<'_, f64>, target: ArrayView2<'_, f64>) -> f64 {
    let extent = |k: usize| {
        let both = || source.column(k).into_iter().chain(target.column(k)).copied();
        let low = both().fold(f64::INFINITY, f64::min);
        let high = both().fold(f64::NEG_INFINITY, f64::max);
        high - low
    };
    (0..source.ncols()).map(extent).fold(0.0, f64::max)
}

impl<G: GroundCost> Cost for PointCost<G> {
    fn n(&self) -> usize {
        self.source.nrows()
    }

    fn m(&self) -> usize {
        self.target.ncols()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        let mut out = [0.0];
        block_of_row(&self.ground, self.source_point(i), self.targets(), j, &mut out);
        out[0]
    }

    fn row<'a>(&'a self, i: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        /// Targets per block: the accumulators stay in the first-level cache over all
        /// coordinates.
        const BLOCK: usize = 512;
        let x = self.source_point(i);
        for (b, out) in buffer.chunks_mut(BLOCK).enumerate() {
            block_of_row(&self.ground, x, self.targets(), b * BLOCK, out);
        }
        buffer
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        Box::new(Self {
            source: self.source.select(Axis(0), rows),
            target: self.target.select(Axis(1), columns).as_standard_layout().into_owned(),
            ground: self.ground.clone(),
        })
    }

    fn convex_on_line(&self) -> Option<(&[f64], &[f64])> {
        if self.source.ncols() == 1 && self.ground.convex_on_line() {
            Some((self.source.as_slice()?, self.target.as_slice()?))
        } else {
            None
        }
    }
}

impl<G> PointCost<G> {
    fn source_point(&self, i: usize) -> &[f64] {
        let d = self.source.ncols();
        &self.source.as_slice().expect("standard layout")[i * d..(i + 1) * d]
    }

    fn targets(&self) -> &[f64] {
        self.target.as_slice().expect("standard layout")
    }
}

/// Costs from x to the targets `start .. start + out.len()` of a (d, m) table.
#[multiversion(
    targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"),
    dispatcher = "direct"
)]
fn block_of_row<G: GroundCost>(
    ground: &G,
    x: &[f64],
    targets: &[f64],
    start: usize,
    out: &mut [f64],
) {
    let m = targets.len() / x.len();
    if let [x] = x {
        return ground.block(&[*x], &[&targets[start..start + out.len()]], out);
    }
    let columns: Vec<&[f64]> =
        targets.chunks_exact(m).map(|column| &column[start..start + out.len()]).collect();
    ground.block(x, &columns, out);
}
