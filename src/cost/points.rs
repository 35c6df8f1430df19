//! Costs computed from two clouds, row by row.

use std::sync::OnceLock;

use macro_rules_attribute::apply;
use ndarray::{ArcArray2, Array2, ArrayView2, Axis};

use super::Search;
use super::dissimilarity::Dissimilarity;
use super::f32_filter::F32Filter;
use super::gram_product::GramProduct;
use super::kd_search::search;
use super::tiles::{Tile, WIDTH, over_tiles, strips};
use super::{Cost, CostError, Rounding};
use crate::math::simd_targets;
use crate::measure::DiscreteMeasure;
use crate::spatial::{boxes, kd_order};

/// Dimensions beyond which boxes of a few dozen points overlap most others, and up to which a cost
/// computed alone takes no longer than to write it down.
const LOCAL: usize = 3;

/// The ground cost between two clouds, computed on demand: memory linear in n + m.
#[derive(Debug, Clone)]
pub(crate) struct PointTable<G> {
    /// (n, d) and (m, d), row-major.
    source: ArcArray2<f64>,
    target: ArcArray2<f64>,
    /// The points as they were given, where the ground cost prepares them.
    given: Option<[ArcArray2<f64>; 2]>,
    /// The targets as (d, m): coordinate by coordinate, so that a row of costs is computed in SIMD
    /// lanes. Made when a row is first asked for.
    columns: OnceLock<Array2<f64>>,
    /// The targets once more, a few of them at a time, coordinate by coordinate: made when
    /// [rows](Cost::rows) are first asked for together.
    strips: OnceLock<Vec<[f64; WIDTH]>>,
    /// Squared distances to an error, made when they are first asked for.
    gram: OnceLock<GramProduct>,
    ground: G,
}

impl<G: Dissimilarity> PointTable<G> {
    /// The table of costs between the supports of two measures; O((n + m)·d).
    ///
    /// # Errors
    /// [`CostError`] if dimensions differ, a point has no cost, or the cost would overflow.
    pub(super) fn new(
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
        let given = [source, target].map(DiscreteMeasure::shared_support);
        let given = ground.prepares().then_some(given);
        let (source, target) = (prepared(&ground, source)?, prepared(&ground, target)?);
        Ok(Self { given, ..Self::between(source, target, ground) })
    }

    /// The table of costs between prepared points, both row-major.
    fn between(source: ArcArray2<f64>, target: ArcArray2<f64>, ground: G) -> Self {
        let (columns, strips, gram) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { source, target, given: None, columns, strips, gram, ground }
    }
}

/// The points as [`Dissimilarity::prepare`] leaves them, row-major.
fn prepared<G: Dissimilarity>(
    ground: &G,
    cloud: &DiscreteMeasure,
) -> Result<ArcArray2<f64>, CostError> {
    let mut points = cloud.shared_support();
    if ground.prepares() {
        let points = points.as_slice_mut().expect("standard layout");
        points.chunks_exact_mut(cloud.dim()).try_for_each(|point| ground.prepare(point))?;
    }
    Ok(points)
}

/// The largest extent of the two clouds together along any axis.
fn spread(source: ArrayView2<'_, f64>, target: ArrayView2<'_, f64>) -> f64 {
    let (lowest, highest) = bounds(source, target);
    highest.iter().zip(lowest).map(|(high, low)| high - low).fold(0.0, f64::max)
}

/// The least and the largest coordinates of the two clouds together.
fn bounds(source: ArrayView2<'_, f64>, target: ArrayView2<'_, f64>) -> (Vec<f64>, Vec<f64>) {
    let mut lowest = vec![f64::INFINITY; source.ncols()];
    let mut highest = vec![f64::NEG_INFINITY; source.ncols()];
    for cloud in [source, target] {
        let points = cloud.as_standard_layout();
        widen(points.as_slice().expect("standard layout"), &mut lowest, &mut highest);
    }
    (lowest, highest)
}

/// The centroids of runs of `run` consecutive points, weighted by mass.
fn centroids(points: ArrayView2<'_, f64>, run: usize, mass: &[f64]) -> Array2<f64> {
    let mut centroids = Array2::zeros((points.nrows().div_ceil(run), points.ncols()));
    let runs = points.axis_chunks_iter(Axis(0), run).zip(mass.chunks(run));
    for (mut centroid, (points, mass)) in centroids.outer_iter_mut().zip(runs) {
        // From the first point: far from the origin no digit is lost.
        let origin = points.row(0);
        let total: f64 = mass.iter().sum();
        for (point, w) in points.outer_iter().zip(mass) {
            centroid.scaled_add(w / total, &(&point - &origin));
        }
        centroid += &origin;
    }
    centroids
}

/// The bounds of a box made to hold points, one after another, of finite coordinates.
#[apply(simd_targets)]
fn widen(points: &[f64], lowest: &mut [f64], highest: &mut [f64]) {
    for point in points.chunks_exact(lowest.len()) {
        for ((low, high), &x) in lowest.iter_mut().zip(&mut *highest).zip(point) {
            *low = if x < *low { x } else { *low };
            *high = if x > *high { x } else { *high };
        }
    }
}

impl<G: Dissimilarity> Cost for PointTable<G> {
    fn n(&self) -> usize {
        self.source.nrows()
    }

    fn m(&self) -> usize {
        self.target.nrows()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        between(&self.ground, point(&self.source, i), point(&self.target, j))
    }

    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        /// Targets per block: the accumulators stay in the first-level cache over all
        /// coordinates.
        const BLOCK: usize = 512;
        let x = point(&self.source, i);
        for (b, out) in buffer.chunks_mut(BLOCK).enumerate() {
            block_of_row(&self.ground, x, self.targets(), start + b * BLOCK, out);
        }
        buffer
    }

    fn local_orders(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        (self.source.ncols() <= LOCAL)
            .then(|| (kd_order(self.source.view()), kd_order(self.target.view())))
    }

    fn block_bounds(&self, height: usize, width: usize) -> Option<Array2<f64>> {
        if self.source.ncols() > LOCAL {
            return None;
        }
        let rows = boxes(self.source.view(), height);
        let columns = boxes(self.target.view(), width);
        let bounds = rows.iter().flat_map(|a| columns.iter().map(|b| self.between_boxes(a, b)));
        let shape = (rows.len(), columns.len());
        Some(Array2::from_shape_vec(shape, bounds.collect()).expect("one bound a pair"))
    }

    fn rows(&self, first: usize, out: &mut [f64]) {
        let (d, m) = (self.source.ncols(), self.m());
        if self.ground.is_fold() {
            let points = &self.source.as_slice().expect("standard layout")[first * d..];
            let strips = self.strips.get_or_init(|| strips(self.targets(), m));
            block_of_rows(&self.ground, points, strips, m, out);
        } else {
            for (i, row) in (first..).zip(out.chunks_exact_mut(m)) {
                self.part_of_row(i, 0, row);
            }
        }
    }

    fn rows_within(&self, error: f64, first: usize, out: &mut [f64]) {
        if error > 0.0 && self.ground.is_squared_distance() && self.source.ncols() > LOCAL {
            let gram =
                self.gram.get_or_init(|| GramProduct::new(self.source.view(), self.columns()));
            if gram.error() <= error {
                return gram.rows(first, out);
            }
        }
        self.rows(first, out);
    }

    fn rows_together(&self) -> usize {
        /// Cells that stay in the second-level cache beside some of the targets.
        const CELLS: usize = 1 << 16;
        if self.ground.is_fold() && self.source.ncols() > LOCAL {
            (CELLS / self.m()).clamp(1, 16)
        } else {
            1
        }
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        let select = |points: &ArcArray2<f64>, kept| points.select(Axis(0), kept).into_shared();
        let (source, target) = (select(&self.source, rows), select(&self.target, columns));
        let given = self.given.as_ref().map(|[x, y]| [select(x, rows), select(y, columns)]);
        Box::new(Self { given, ..Self::between(source, target, self.ground.clone()) })
    }

    fn is_searchable(&self) -> bool {
        self.source.ncols() <= LOCAL
    }

    fn is_screened(&self) -> bool {
        let ground = &self.ground;
        self.source.ncols() > LOCAL && (ground.is_squared_distance() || ground.is_euclidean())
    }

    fn search_targets(&self) -> Option<Box<dyn Search + '_>> {
        self.search(self.source.view(), self.target.view())
    }

    fn search_sources(&self) -> Option<Box<dyn Search + '_>> {
        self.search(self.target.view(), self.source.view())
    }

    fn between_centroids(
        &self,
        runs: (usize, usize),
        mass: (&[f64], &[f64]),
    ) -> Option<Box<dyn Cost>> {
        let source = centroids(self.source.view(), runs.0, mass.0);
        let target = centroids(self.target.view(), runs.1, mass.1);
        let (source, target) = (source.into_shared(), target.into_shared());
        Some(Box::new(Self::between(source, target, self.ground.clone())))
    }

    fn rounding(&self) -> Rounding {
        let d = self.source.ncols();
        let ground = &self.ground;
        Rounding::of(ground.roundings(d), ground.absolute_error(d), ground.least())
    }

    fn enclosure(&self, i: usize, j: usize) -> (f64, f64) {
        let [x, y] = self.given.as_ref().map_or([&self.source, &self.target], |[x, y]| [x, y]);
        if point(x, i) == point(y, j) {
            return (0.0, 0.0);
        }
        let (rounding, cost) = (self.rounding(), self.at(i, j));
        (rounding.below(cost), rounding.above(cost))
    }

    fn upper_bound(&self) -> Option<f64> {
        let (low, high) = bounds(self.source.view(), self.target.view());
        let extent: Vec<f64> = high.iter().zip(&low).map(|(high, low)| high - low).collect();
        Some(self.ground.between(&extent, &vec![0.0; extent.len()]))
    }

    fn convex_on_line(&self) -> Option<(&[f64], &[f64])> {
        if self.source.ncols() == 1 && self.ground.convex_on_line() {
            Some((self.source.as_slice()?, self.target.as_slice()?))
        } else {
            None
        }
    }

    fn power_on_line(&self) -> Option<u8> {
        self.ground.power_on_line().filter(|_| self.source.ncols() == 1)
    }
}

impl<G: Dissimilarity> PointTable<G> {
    fn search<'a>(
        &'a self,
        queries: ArrayView2<'a, f64>,
        points: ArrayView2<'a, f64>,
    ) -> Option<Box<dyn Search + 'a>> {
        if !self.is_screened() {
            return search(&self.ground, queries, points);
        }
        let screen = F32Filter::new(&self.ground, queries, points, spread(queries, points))?;
        Some(Box::new(screen))
    }

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

impl<G> PointTable<G> {
    /// The targets coordinate by coordinate.
    fn columns(&self) -> ArrayView2<'_, f64> {
        let made = || self.target.t().as_standard_layout().into_owned();
        self.columns.get_or_init(made).view()
    }

    fn targets(&self) -> &[f64] {
        self.columns().to_slice().expect("standard layout")
    }
}

/// A point of a row-major cloud.
fn point(cloud: &ArcArray2<f64>, i: usize) -> &[f64] {
    let d = cloud.ncols();
    &cloud.as_slice().expect("standard layout")[i * d..(i + 1) * d]
}

/// The cost between two points.
#[apply(simd_targets)]
fn between<G: Dissimilarity>(ground: &G, x: &[f64], y: &[f64]) -> f64 {
    ground.between(x, y)
}

/// Costs from x to the targets `start .. start + out.len()` of a (d, m) table.
#[apply(simd_targets)]
fn block_of_row<G: Dissimilarity>(
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

/// Costs from points, one after another, to m targets in [`strips`]: as many rows as `out` has.
#[apply(simd_targets)]
fn block_of_rows<G: Dissimilarity>(
    ground: &G,
    points: &[f64],
    strips: &[[f64; WIDTH]],
    m: usize,
    out: &mut [f64],
) {
    over_tiles(&Differences(ground), points, strips, m, out);
}

/// Tiles of a ground cost that [is a fold](Dissimilarity::is_fold).
struct Differences<'a, G>(&'a G);

impl<G: Dissimilarity> Tile for Differences<'_, G> {
    #[inline(always)]
    fn tile<const R: usize>(
        &self,
        _: usize,
        points: [&[f64]; R],
        _: usize,
        strip: &[[f64; WIDTH]],
    ) -> [[f64; WIDTH]; R] {
        self.0.tile(points, strip)
    }
}

/// As [`block_of_row`] in the plane, where nothing need be allocated.
#[apply(simd_targets)]
fn block_in_plane<G: Dissimilarity>(
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
