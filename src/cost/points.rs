//! Costs computed from two clouds, row by row.

use multiversion::multiversion;
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

use super::{Cost, CostError, GroundCost};
use crate::measure::DiscreteMeasure;
use crate::spatial::{boxes, kd_order};

/// Dimensions beyond which boxes of a few dozen points overlap most others, and up to which a cost
/// computed alone takes no longer than to write it down.
const LOCAL: usize = 3;

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
    let mut lowest = vec![f64::INFINITY; source.ncols()];
    let mut highest = vec![f64::NEG_INFINITY; source.ncols()];
    for cloud in [source, target] {
        let points = cloud.as_standard_layout();
        widen(points.as_slice().expect("standard layout"), &mut lowest, &mut highest);
    }
    highest.iter().zip(lowest).map(|(high, low)| high - low).fold(0.0, f64::max)
}

/// The bounds of a box made to hold points, one after another, of finite coordinates.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"))]
fn widen(points: &[f64], lowest: &mut [f64], highest: &mut [f64]) {
    for point in points.chunks_exact(lowest.len()) {
        for ((low, high), &x) in lowest.iter_mut().zip(&mut *highest).zip(point) {
            *low = if x < *low { x } else { *low };
            *high = if x > *high { x } else { *high };
        }
    }
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

    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        /// Targets per block: the accumulators stay in the first-level cache over all
        /// coordinates.
        const BLOCK: usize = 512;
        let x = self.source_point(i);
        for (b, out) in buffer.chunks_mut(BLOCK).enumerate() {
            block_of_row(&self.ground, x, self.targets(), start + b * BLOCK, out);
        }
        buffer
    }

    fn local_orders(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        (self.source.ncols() <= LOCAL)
            .then(|| (kd_order(self.source.view()), kd_order(self.target.t())))
    }

    fn block_bounds(&self, height: usize, width: usize) -> Option<Array2<f64>> {
        if self.source.ncols() > LOCAL {
            return None;
        }
        let rows = boxes(self.source.view(), height);
        let columns = boxes(self.target.t(), width);
        let bounds = rows.iter().flat_map(|a| columns.iter().map(|b| self.between_boxes(a, b)));
        let shape = (rows.len(), columns.len());
        Some(Array2::from_shape_vec(shape, bounds.collect()).expect("one bound a pair"))
    }

    fn rows(&self, first: usize, out: &mut [f64]) {
        let (d, m) = (self.source.ncols(), self.m());
        if self.ground.is_fold() {
            let points = &self.source.as_slice().expect("standard layout")[first * d..];
            block_of_rows(&self.ground, points, d, self.targets(), out);
        } else {
            for (i, row) in (first..).zip(out.chunks_exact_mut(m)) {
                self.part_of_row(i, 0, row);
            }
        }
    }

    fn rows_together(&self) -> usize {
        /// Cells that stay in the second-level cache.
        const CELLS: usize = 1 << 16;
        if self.ground.is_fold() && self.source.ncols() > LOCAL {
            (CELLS / self.m()).clamp(1, 64)
        } else {
            1
        }
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

impl<G: GroundCost> PointCost<G> {
    /// The least cost between two boxes: that of the differences which cannot be avoided.
    fn between_boxes(&self, a: &[(f64, f64)], b: &[(f64, f64)]) -> f64 {
        let apart = |(a, b): (&(f64, f64), &(f64, f64))| (b.0 - a.1).max(a.0 - b.1).max(0.0);
        let differences: Vec<f64> = a.iter().zip(b).map(apart).collect();
        let origin = vec![&[0.0][..]; differences.len()];
        let mut least = [0.0];
        self.ground.block(&differences, &origin, &mut least);
        least[0]
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
    if let [x0, x1] = x {
        return block_in_plane(ground, [*x0, *x1], targets, start, out);
    }
    let columns: Vec<&[f64]> =
        targets.chunks_exact(m).map(|column| &column[start..start + out.len()]).collect();
    ground.block(x, &columns, out);
}

/// Costs from points of d coordinates, one after another, to the targets of a (d, m) table: as many
/// rows as `out` has.
#[multiversion(
    targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"),
    dispatcher = "direct"
)]
fn block_of_rows<G: GroundCost>(
    ground: &G,
    points: &[f64],
    d: usize,
    targets: &[f64],
    out: &mut [f64],
) {
    /// With as many targets and points at a time, a dozen vectors of sums fill the registers.
    const WIDTH: usize = 24;
    const HEIGHT: usize = 4;
    let m = targets.len() / d;
    let mut strip = vec![[0.0; WIDTH]; d];
    for start in (0..m).step_by(WIDTH) {
        let width = WIDTH.min(m - start);
        for (strip, column) in strip.iter_mut().zip(targets.chunks_exact(m)) {
            let column = &column[start..start + width];
            match column.first_chunk() {
                Some(column) => *strip = *column,
                None => strip[..width].copy_from_slice(column),
            }
        }
        let fours = points.chunks_exact(HEIGHT * d).zip(out.chunks_exact_mut(HEIGHT * m));
        for (points, rows) in fours {
            let point = |r: usize| &points[r * d..(r + 1) * d];
            let costs = ground.tile([point(0), point(1), point(2), point(3)], &strip);
            for (row, costs) in rows.chunks_exact_mut(m).zip(costs) {
                let row = &mut row[start..start + width];
                match row.first_chunk_mut() {
                    Some(row) => *row = costs,
                    None => row.copy_from_slice(&costs[..width]),
                }
            }
        }
        let done = out.len() / m / HEIGHT * HEIGHT;
        for (i, row) in out.chunks_exact_mut(m).enumerate().skip(done) {
            let [costs] = ground.tile([&points[i * d..(i + 1) * d]], &strip);
            row[start..start + width].copy_from_slice(&costs[..width]);
        }
    }
}

/// As [`block_of_row`] in the plane, where nothing need be allocated.
#[multiversion(
    targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"),
    dispatcher = "direct"
)]
fn block_in_plane<G: GroundCost>(
    ground: &G,
    x: [f64; 2],
    targets: &[f64],
    start: usize,
    out: &mut [f64],
) {
    let (first, second) = targets.split_at(targets.len() / 2);
    let part = start..start + out.len();
    ground.block(&x, &[&first[part.clone()], &second[part]], out);
}
