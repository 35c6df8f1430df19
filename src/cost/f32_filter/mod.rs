//! The smallest reduced costs `c(x, y_j) − v_j` in many dimensions: a filter in single precision with a
//! proven error bound excludes nearly all y, and direct differences decide about the rest.
//!
//! **Problem.** That of [`Search`] in many dimensions, where bounds of boxes exclude nothing: every
//! point has to be tested, but single precision is enough for most.
//!
//! **Idea.** Around a center z, scaled by a power of two s and rounded to `f32`, x becomes x̂ and y
//! becomes ŷ. With `κ = γ_{d+16}`, where `γ_k = k·u/(1 − k·u)` and u = 2⁻²⁴,
//!
//! ```text
//! ℓ = (1 − κ)(‖x̂‖² + ‖ŷ‖²) − 2·fl(x̂·ŷ) − 2⁻⁹⁹  ≤  (1 − 4u)·s²‖x − y‖²
//! ```
//!
//! however the product is rounded: its error is at most that share of the squared norms (the proof is
//! in `docs/theory/simplex.md`). A point `y_j` may have a reduced cost below b only if
//!
//! ```text
//! ℓ < s²(b + v_j)            (squared distance)
//! ℓ < s²(b + v_j)²           (Euclidean distance, b + v_j > 0)
//! ```
//!
//! where the right-hand sides are rounded up. No root of an inexact number is taken. For points that
//! pass, the cost is computed as in the table, so the results equal those of the table to the bit.
//!
//! **Complexity.** O(nmd) multiplications in single precision for n queries, in tiles whose sums stay
//! in registers, and O(d) for a point that passes: a few for each query. Memory is linear: points are
//! packed strip by strip as they are used, around the center of the queries at hand.
//!
//! **References.** Higham 2002, "Accuracy and stability of numerical algorithms", §3.1; Goto, van de
//! Geijn 2008, "Anatomy of high-performance matrix multiplication", ACM Trans. Math. Softw. 34.
//!
//! **Failure modes.** Where distances are far below κ times the norms (tight clusters far apart), the
//! filter excludes nothing; strips of which many points pass are computed by direct differences as a
//! whole, as in a row of the table.

mod smallest_found;

use macro_rules_attribute::apply;
use ndarray::ArrayView2;

use self::smallest_found::SmallestFound;
use super::Search;
use super::dissimilarity::Dissimilarity;
use crate::math::simd_targets;

/// Points of a strip, and queries of a tile: a dozen vectors of sums fill the registers.
const STRIP_POINTS: usize = 48;
const TILE_QUERIES: usize = 4;

/// Queries that share a packed strip.
const QUERIES_PER_BLOCK: usize = 256;

/// Passing points of a strip from which on direct differences are computed for all of it.
const DENSE_STRIP_POINTS: u32 = 12;

/// Largest dimension d for which the bound is proved: d + 16 times the rounding unit is far below 1.
const LARGEST_DIMENSION: usize = 1 << 18;

/// Upper bound of the sum of all underflow errors, for coordinates of size 1.
const UNDERFLOW_BOUND: f64 = 1.0 / (1_u128 << 100) as f64;

/// Two clouds with a filter in single precision.
pub(super) struct F32Filter<'a, G> {
    ground: &'a G,
    squared: bool,
    queries: ArrayView2<'a, f64>,
    points: ArrayView2<'a, f64>,
    /// The points that are not ignored, their potentials, and `unit·(v − shift)`, rounded up.
    places: Vec<u32>,
    v: Vec<f64>,
    rounded: Vec<f32>,
    shift: f64,
    /// The largest `|v|`.
    size: f64,
    /// The power of two s by which coordinates relative to a center become at most 1.
    scale: f64,
    /// The factor of costs: s or s².
    unit: f64,
}

/// A block of queries relative to a center.
struct PackedQueries {
    center: Vec<f64>,
    /// `−2x̂`, point after point.
    points: Vec<f32>,
    /// `(1 − κ)‖x̂‖²`, rounded down.
    norms: Vec<f32>,
}

/// A strip of points relative to the same center.
struct PackedStrip {
    start: usize,
    /// ŷ, coordinate by coordinate, and `(1 − κ)‖ŷ‖²`, rounded down.
    points: Vec<[f32; STRIP_POINTS]>,
    norms: [f32; STRIP_POINTS],
    /// The potentials; −∞ beyond the last point.
    v: [f32; STRIP_POINTS],
    /// The points in double precision, once they are needed.
    exact: Vec<[f64; STRIP_POINTS]>,
    row: Vec<f32>,
}

/// Computation of the reduced cost of a point that passes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FoundValues {
    Exact,
    /// From the product in single precision.
    Rough,
}

impl<'a, G: Dissimilarity> F32Filter<'a, G> {
    /// A filter for `points` (m, d) from `queries` (n, d), both row-major, none of which is farther
    /// than `spread` from another along any axis; `None` for costs that are not a function of the
    /// squared distance.
    pub(super) fn new(
        ground: &'a G,
        queries: ArrayView2<'a, f64>,
        points: ArrayView2<'a, f64>,
        spread: f64,
    ) -> Option<Self> {
        let squared = ground.is_squared_distance();
        if !(squared || ground.is_euclidean()) || points.ncols() > LARGEST_DIMENSION {
            return None;
        }
        let scale = if spread > 0.0 { (-spread.log2().ceil()).exp2() } else { 1.0 };
        let unit = if squared { scale * scale } else { scale };
        let (places, v, rounded) = (Vec::new(), Vec::new(), Vec::new());
        let (shift, size) = (0.0, 0.0);
        Some(Self {
            ground,
            squared,
            queries,
            points,
            places,
            v,
            rounded,
            shift,
            size,
            scale,
            unit,
        })
    }

    fn dimension(&self) -> usize {
        self.points.ncols()
    }

    #[inline(always)]
    fn query(&self, i: u32) -> &[f64] {
        let (d, i) = (self.dimension(), i as usize);
        &self.queries.to_slice().expect("standard layout")[i * d..(i + 1) * d]
    }

    /// A point that is not ignored.
    #[inline(always)]
    fn point(&self, place: usize) -> &[f64] {
        let (d, j) = (self.dimension(), self.places[place] as usize);
        &self.points.to_slice().expect("standard layout")[j * d..(j + 1) * d]
    }

    /// A limit of reduced costs in the units of the filter, rounded up.
    #[inline(always)]
    fn bar(&self, limit: f64) -> f32 {
        // Accounts for rounded differences in f64, here and where the limit is applied.
        let slack = 8.0 * f64::EPSILON * (limit.abs() + self.size + self.shift.abs());
        rounded_up(self.unit * (limit + self.shift + slack))
    }

    /// `1 − κ`.
    fn share(&self) -> f64 {
        let k = (self.dimension() + 16) as f64 * f64::from(0.5 * f32::EPSILON);
        1.0 - k / (1.0 - k)
    }
}

fn rounded_up(x: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounded, then mended")]
    let y = x as f32;
    if f64::from(y) < x { y.next_up() } else { y }
}

fn rounded_down(x: f64) -> f32 {
    -rounded_up(-x)
}

impl<G: Dissimilarity> Search for F32Filter<'_, G> {
    fn fit(&mut self, v: &[f64]) {
        let kept = (0..).zip(v).filter(|(_, v)| **v > f64::NEG_INFINITY);
        (self.places, self.v) = kept.map(|(j, v)| (j, *v)).unzip();
        let finite = self.v.iter().copied().filter(|v| v.is_finite());
        let (low, high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (self.shift, self.size) = (0.0, 0.0);
        if low <= high {
            (self.shift, self.size) = (0.5 * low + 0.5 * high, low.abs().max(high.abs()));
        }
        let rounded = |v: &f64| rounded_up(self.unit * (v - self.shift));
        self.rounded = self.v.iter().map(rounded).collect();
    }

    fn smallest(&self, query: usize, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>) {
        #[expect(clippy::cast_possible_truncation, reason = "2³² points would not fit in memory")]
        let query = query as u32;
        self.smallest_of(&[query], keep, &[limit], std::slice::from_mut(found));
    }

    fn smallest_of(
        &self,
        queries: &[u32],
        keep: usize,
        limits: &[f64],
        found: &mut [Vec<(f64, u32)>],
    ) {
        let blocks = queries.chunks(QUERIES_PER_BLOCK).zip(limits.chunks(QUERIES_PER_BLOCK));
        for ((queries, limits), found) in blocks.zip(found.chunks_mut(QUERIES_PER_BLOCK)) {
            scan(self, FoundValues::Exact, queries, keep, limits, found);
        }
    }

    fn roughly_smallest_of(&self, queries: &[u32], keep: usize, found: &mut [Vec<(f64, u32)>]) {
        let limits = vec![f64::INFINITY; QUERIES_PER_BLOCK];
        for (queries, found) in
            queries.chunks(QUERIES_PER_BLOCK).zip(found.chunks_mut(QUERIES_PER_BLOCK))
        {
            scan(self, FoundValues::Rough, queries, keep, &limits, found);
        }
    }

    fn rough_means_of(&self, queries: &[u32]) -> Option<Vec<f64>> {
        Some(queries.chunks(QUERIES_PER_BLOCK).flat_map(|queries| means(self, queries)).collect())
    }
}

/// The mean costs from a block of queries to all points, up to a rounding in single precision.
#[apply(simd_targets)]
fn means<G: Dissimilarity>(filter: &F32Filter<'_, G>, queries: &[u32]) -> Vec<f64> {
    let packed = filter.packed(queries);
    let mut sums = vec![0.0; queries.len()];
    let mut strip = PackedStrip::new(filter.dimension());
    for start in (0..filter.v.len()).step_by(STRIP_POINTS) {
        filter.pack_strip(&packed.center, start, &mut strip);
        let width = STRIP_POINTS.min(filter.v.len() - start);
        let rows = packed.points.chunks_exact(filter.dimension());
        for ((sum, row), norm) in sums.iter_mut().zip(rows).zip(&packed.norms) {
            let [products] = products([row], &strip.points);
            for (product, other) in products[..width].iter().zip(&strip.norms) {
                let square = ((norm + other) + product).max(0.0);
                *sum += f64::from(if filter.squared { square } else { square.sqrt() });
            }
        }
    }
    let share = 1.0 / (filter.unit * filter.v.len() as f64);
    sums.into_iter().map(|sum| sum * share).collect()
}

/// Compares a block of queries with all points.
#[apply(simd_targets)]
fn scan<G: Dissimilarity>(
    filter: &F32Filter<'_, G>,
    values: FoundValues,
    queries: &[u32],
    keep: usize,
    limits: &[f64],
    found: &mut [Vec<(f64, u32)>],
) {
    found.iter_mut().for_each(Vec::clear);
    if keep == 0 || queries.is_empty() {
        return;
    }
    let packed = filter.packed(queries);
    let mut best: Vec<SmallestFound<'_>> = limits
        .iter()
        .zip(found)
        .map(|(&limit, found)| SmallestFound { found, keep, limit, bar: filter.bar(limit) })
        .collect();
    let mut strip = PackedStrip::new(filter.dimension());
    for start in (0..filter.v.len()).step_by(STRIP_POINTS) {
        filter.pack_strip(&packed.center, start, &mut strip);
        let fours = best.len() / TILE_QUERIES * TILE_QUERIES;
        for k in (0..fours).step_by(TILE_QUERIES) {
            filter.tile::<TILE_QUERIES>(values, queries, &packed, k, &mut strip, &mut best);
        }
        for k in fours..best.len() {
            filter.tile::<1>(values, queries, &packed, k, &mut strip, &mut best);
        }
    }
    for best in best {
        best.finish();
    }
}

impl<G: Dissimilarity> F32Filter<'_, G> {
    #[inline(always)]
    fn packed(&self, queries: &[u32]) -> PackedQueries {
        let (d, count) = (self.dimension(), queries.len());
        let mut center = vec![0.0; d];
        // Relative to the first point, so that sums neither overflow nor leave the box of the points.
        let origin = self.query(queries[0]);
        for &i in queries {
            for ((z, x), o) in center.iter_mut().zip(self.query(i)).zip(origin) {
                *z += (x - o) / count as f64;
            }
        }
        center.iter_mut().zip(origin).for_each(|(z, o)| *z += o);
        let (mut points, mut norms) = (vec![0.0; d * count], Vec::with_capacity(count));
        for (row, &i) in points.chunks_exact_mut(d).zip(queries) {
            norms.push(self.place(&center, self.query(i), row));
            for x in row {
                *x *= -2.0;
            }
        }
        PackedQueries { center, points, norms }
    }

    /// Writes a point relative to a center; its squared norm times 1 − κ, rounded down.
    #[inline(always)]
    fn place(&self, center: &[f64], point: &[f64], row: &mut [f32]) -> f32 {
        const LANES: usize = 16;
        for ((x, p), z) in row.iter_mut().zip(point).zip(center) {
            #[expect(clippy::cast_possible_truncation, reason = "the rounding is accounted for")]
            let rounded = (self.scale * (p - z)) as f32;
            *x = rounded;
        }
        let mut squares = [0.0; LANES];
        let (rows, rest) = row.as_chunks::<LANES>();
        for row in rows {
            for (square, &x) in squares.iter_mut().zip(row) {
                *square = f64::from(x).mul_add(f64::from(x), *square);
            }
        }
        for (square, &x) in squares.iter_mut().zip(rest) {
            *square = f64::from(x).mul_add(f64::from(x), *square);
        }
        rounded_down(self.share() * squares.iter().sum::<f64>() - UNDERFLOW_BOUND)
    }

    #[inline(always)]
    fn pack_strip(&self, center: &[f64], start: usize, strip: &mut PackedStrip) {
        strip.start = start;
        strip.exact.clear();
        strip.v = [f32::NEG_INFINITY; STRIP_POINTS];
        let width = STRIP_POINTS.min(self.v.len() - start);
        strip.v[..width].copy_from_slice(&self.rounded[start..start + width]);
        for l in 0..width {
            strip.norms[l] = self.place(center, self.point(start + l), &mut strip.row);
            for (points, &x) in strip.points.iter_mut().zip(&strip.row) {
                points[l] = x;
            }
        }
    }

    /// Compares R queries with a strip.
    #[inline(always)]
    fn tile<const R: usize>(
        &self,
        values: FoundValues,
        queries: &[u32],
        packed: &PackedQueries,
        k: usize,
        strip: &mut PackedStrip,
        best: &mut [SmallestFound<'_>],
    ) {
        let d = self.dimension();
        let rows: [&[f32]; R] =
            std::array::from_fn(|r| &packed.points[(k + r) * d..(k + r + 1) * d]);
        let products = products(rows, &strip.points);
        for r in 0..R {
            let best = &mut best[k + r];
            let norm = packed.norms[k + r];
            let mut least = products[r];
            let mut passed = 0;
            for ((least, other), v) in least.iter_mut().zip(&strip.norms).zip(&strip.v) {
                *least += norm + other;
                passed += u32::from(*least < self.top(best.bar, *v));
            }
            if passed > 0 {
                self.visit(values, queries[k + r], &least, passed, strip, best);
            }
        }
    }

    /// The limit that the lower bound of a point must be below.
    #[inline(always)]
    fn top(&self, bar: f32, v: f32) -> f32 {
        let top = bar + v;
        if self.squared { top } else { top * top.abs() }
    }

    /// Computes the reduced costs of the points of a strip that pass.
    #[inline(always)]
    fn visit(
        &self,
        values: FoundValues,
        query: u32,
        least: &[f32; STRIP_POINTS],
        passed: u32,
        strip: &mut PackedStrip,
        best: &mut SmallestFound<'_>,
    ) {
        let x = self.query(query);
        // No closures: they might not be compiled for the SIMD target of this function.
        let mut costs = None;
        if values == FoundValues::Exact && passed >= DENSE_STRIP_POINTS {
            let [of_strip] = self.ground.tile([x], self.exact(strip));
            costs = Some(of_strip);
        }
        let mut bits = 0_u64;
        for (l, (least, v)) in least.iter().zip(&strip.v).enumerate() {
            bits |= u64::from(*least < self.top(best.bar, *v)) << l;
        }
        while bits != 0 {
            let l = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            let least = least[l];
            if least < self.top(best.bar, strip.v[l]) {
                let j = strip.start + l;
                let cost = match (values, &costs) {
                    (FoundValues::Rough, _) if self.squared => f64::from(least) / self.unit,
                    (FoundValues::Rough, _) => f64::from(least.max(0.0)).sqrt() / self.unit,
                    (FoundValues::Exact, Some(costs)) => costs[l],
                    (FoundValues::Exact, None) => self.ground.between(x, self.point(j)),
                };
                if best.offer(cost - self.v[j], self.places[j]) {
                    best.bar = self.bar(best.limit);
                }
            }
        }
    }

    /// The points of a strip, coordinate by coordinate.
    #[inline(always)]
    fn exact<'s>(&self, strip: &'s mut PackedStrip) -> &'s [[f64; STRIP_POINTS]] {
        if strip.exact.is_empty() {
            strip.exact.resize(self.dimension(), [0.0; STRIP_POINTS]);
            for (l, j) in (strip.start..self.v.len()).take(STRIP_POINTS).enumerate() {
                for (points, &y) in strip.exact.iter_mut().zip(self.point(j)) {
                    points[l] = y;
                }
            }
        }
        &strip.exact
    }
}

impl PackedStrip {
    fn new(d: usize) -> Self {
        Self {
            start: 0,
            points: vec![[0.0; STRIP_POINTS]; d],
            norms: [0.0; STRIP_POINTS],
            v: [f32::NEG_INFINITY; STRIP_POINTS],
            exact: Vec::new(),
            row: vec![0.0; d],
        }
    }
}

/// The products of R rows with the points of a strip, added up in the order of the coordinates.
#[inline(always)]
fn products<const R: usize>(
    rows: [&[f32]; R],
    points: &[[f32; STRIP_POINTS]],
) -> [[f32; STRIP_POINTS]; R] {
    let mut sums = [[0.0; STRIP_POINTS]; R];
    let rows = rows.map(|row| &row[..points.len()]);
    for (k, y) in points.iter().enumerate() {
        for r in 0..R {
            let x = rows[r][k];
            for l in 0..STRIP_POINTS {
                sums[r][l] = x.mul_add(y[l], sums[r][l]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests;
