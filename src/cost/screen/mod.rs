//! The smallest reduced costs `c(x, y_j) − v_j` in many dimensions: products in single precision rule
//! out nearly all y, direct differences decide about the rest.
//!
//! **Problem.** That of [`Search`], where boxes tell nothing apart: every point has to be looked at,
//! but not with all digits.
//!
//! **Idea.** Around a centre z, scaled by a power of two s and rounded to `f32`, x becomes x̂ and y
//! becomes ŷ. With `κ = γ_{d+16}`, where `γ_k = k·u/(1 − k·u)` and u = 2⁻²⁴,
//!
//! ```text
//! ℓ = (1 − κ)(‖x̂‖² + ‖ŷ‖²) − 2·fl(x̂·ŷ) − 2⁻⁹⁹  ≤  (1 − 4u)·s²‖x − y‖²
//! ```
//!
//! however the product is rounded: what it may be wrong by is at most that share of the squared norms
//! (the proof is in `docs/theory/simplex.md`). A point `y_j` may have a reduced cost below b only if
//!
//! ```text
//! ℓ < s²(b + v_j)            (squared distance)
//! ℓ < s²(b + v_j)²           (Euclidean distance, b + v_j > 0)
//! ```
//!
//! where the right-hand sides are rounded up. No root is taken of a number that is off. For those that
//! pass, the cost is computed as the table computes it, so the answers are the table's to the bit.
//!
//! **Complexity.** O(nmd) multiplications in single precision for n queries, in tiles whose sums stay
//! in registers, and O(d) for a point that passes: a few for each query. Memory is linear: points are
//! packed strip by strip as they are used, around the centre of the queries at hand.
//!
//! **References.** Higham 2002, "Accuracy and stability of numerical algorithms", §3.1; Goto, van de
//! Geijn 2008, "Anatomy of high-performance matrix multiplication", ACM Trans. Math. Softw. 34.
//!
//! **Failure modes.** Where distances are far below κ times the norms (tight clusters far apart), the
//! products rule nothing out; strips of which many points pass are computed by direct differences as a
//! whole, as a row of the table is.

use multiversion::multiversion;
use ndarray::ArrayView2;

use super::GroundCost;
use super::search::Search;

/// Points of a strip, and queries held against it at a time: a dozen vectors of sums.
const WIDTH: usize = 48;
const HEIGHT: usize = 4;

/// Queries that share a packed strip.
const QUERIES: usize = 256;

/// Points of a strip that pass from which on direct differences are taken for all of it.
const MANY: u32 = 12;

/// Dimensions up to which the bound is proved: d + 16 times the rounding unit is far below 1.
const DIMENSIONS: usize = 1 << 18;

/// What underflow can add up to, and more, for coordinates of size 1.
const TINY: f64 = 1.0 / (1_u128 << 100) as f64;

/// Clouds to be screened in single precision.
pub(super) struct Screen<'a, G> {
    ground: &'a G,
    squared: bool,
    queries: ArrayView2<'a, f64>,
    points: ArrayView2<'a, f64>,
    /// The points that are not ignored, their potentials, and `unit·(v − shift)` of these, rounded up.
    places: Vec<u32>,
    v: Vec<f64>,
    rounded: Vec<f32>,
    shift: f64,
    /// The largest `|v|`.
    size: f64,
    /// The power of two s that brings coordinates, less those of a centre, to at most 1.
    scale: f64,
    /// What costs are multiplied by: s or s².
    unit: f64,
}

/// A block of queries about a centre.
struct Packed {
    centre: Vec<f64>,
    /// `−2x̂`, point after point.
    points: Vec<f32>,
    /// `(1 − κ)‖x̂‖²`, rounded down.
    norms: Vec<f32>,
}

/// A strip of points about the same centre.
struct Strip {
    start: usize,
    /// ŷ, coordinate by coordinate, and `(1 − κ)‖ŷ‖²`, rounded down.
    points: Vec<[f32; WIDTH]>,
    norms: [f32; WIDTH],
    /// The potentials; −∞ beyond the last point.
    v: [f32; WIDTH],
    /// The points themselves, if they are asked for.
    exact: Vec<[f64; WIDTH]>,
    row: Vec<f32>,
}

/// What is found for a query, and what it takes to be found.
struct Best<'f> {
    found: &'f mut Vec<(f64, u32)>,
    keep: usize,
    limit: f64,
    /// The limit as screened values are compared with it.
    bar: f32,
}

/// How the reduced cost of a point that passes is computed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    Exact,
    /// From the product.
    Rough,
}

impl<'a, G: GroundCost> Screen<'a, G> {
    /// A screen for `points` (m, d) from `queries` (n, d), both row-major, none of which is farther
    /// than `spread` from another along any axis; `None` for costs that are not a function of the
    /// squared distance.
    pub(super) fn new(
        ground: &'a G,
        queries: ArrayView2<'a, f64>,
        points: ArrayView2<'a, f64>,
        spread: f64,
    ) -> Option<Self> {
        let squared = ground.is_squared_distance();
        if !(squared || ground.is_euclidean()) || points.ncols() > DIMENSIONS {
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

    /// A limit of reduced costs, rounded up to what the screen compares with.
    #[inline(always)]
    fn bar(&self, limit: f64) -> f32 {
        // Differences of f64 are rounded where the limit is compared with, and here.
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

impl<G: GroundCost> Search for Screen<'_, G> {
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
        let blocks = queries.chunks(QUERIES).zip(limits.chunks(QUERIES));
        for ((queries, limits), found) in blocks.zip(found.chunks_mut(QUERIES)) {
            scan(self, Values::Exact, queries, keep, limits, found);
        }
    }

    fn roughly_smallest_of(&self, queries: &[u32], keep: usize, found: &mut [Vec<(f64, u32)>]) {
        let limits = vec![f64::INFINITY; QUERIES];
        for (queries, found) in queries.chunks(QUERIES).zip(found.chunks_mut(QUERIES)) {
            scan(self, Values::Rough, queries, keep, &limits, found);
        }
    }

    fn rough_means_of(&self, queries: &[u32]) -> Option<Vec<f64>> {
        Some(queries.chunks(QUERIES).flat_map(|queries| means(self, queries)).collect())
    }
}

/// The mean costs from a block of queries to all points, up to a rounding in single precision.
#[multiversion(
    targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"),
    dispatcher = "direct"
)]
fn means<G: GroundCost>(screen: &Screen<'_, G>, queries: &[u32]) -> Vec<f64> {
    let packed = screen.packed(queries);
    let mut sums = vec![0.0; queries.len()];
    let mut strip = Strip::new(screen.dimension());
    for start in (0..screen.v.len()).step_by(WIDTH) {
        screen.pack_strip(&packed.centre, start, &mut strip);
        let width = WIDTH.min(screen.v.len() - start);
        let rows = packed.points.chunks_exact(screen.dimension());
        for ((sum, row), norm) in sums.iter_mut().zip(rows).zip(&packed.norms) {
            let [products] = products([row], &strip.points);
            for (product, other) in products[..width].iter().zip(&strip.norms) {
                let square = ((norm + other) + product).max(0.0);
                *sum += f64::from(if screen.squared { square } else { square.sqrt() });
            }
        }
    }
    let share = 1.0 / (screen.unit * screen.v.len() as f64);
    sums.into_iter().map(|sum| sum * share).collect()
}

/// Holds a block of queries against all points.
#[multiversion(
    targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2+fma"),
    dispatcher = "direct"
)]
fn scan<G: GroundCost>(
    screen: &Screen<'_, G>,
    values: Values,
    queries: &[u32],
    keep: usize,
    limits: &[f64],
    found: &mut [Vec<(f64, u32)>],
) {
    found.iter_mut().for_each(Vec::clear);
    if keep == 0 || queries.is_empty() {
        return;
    }
    let packed = screen.packed(queries);
    let mut best: Vec<Best<'_>> = limits
        .iter()
        .zip(found)
        .map(|(&limit, found)| Best { found, keep, limit, bar: screen.bar(limit) })
        .collect();
    let mut strip = Strip::new(screen.dimension());
    for start in (0..screen.v.len()).step_by(WIDTH) {
        screen.pack_strip(&packed.centre, start, &mut strip);
        let fours = best.len() / HEIGHT * HEIGHT;
        for k in (0..fours).step_by(HEIGHT) {
            screen.tile::<HEIGHT>(values, queries, &packed, k, &mut strip, &mut best);
        }
        for k in fours..best.len() {
            screen.tile::<1>(values, queries, &packed, k, &mut strip, &mut best);
        }
    }
    for best in best {
        best.finish();
    }
}

impl<G: GroundCost> Screen<'_, G> {
    #[inline(always)]
    fn packed(&self, queries: &[u32]) -> Packed {
        let (d, count) = (self.dimension(), queries.len());
        let mut centre = vec![0.0; d];
        // From the first point: no sum may overflow or leave the box of the points by much.
        let origin = self.query(queries[0]);
        for &i in queries {
            for ((z, x), o) in centre.iter_mut().zip(self.query(i)).zip(origin) {
                *z += (x - o) / count as f64;
            }
        }
        centre.iter_mut().zip(origin).for_each(|(z, o)| *z += o);
        let (mut points, mut norms) = (vec![0.0; d * count], Vec::with_capacity(count));
        for (row, &i) in points.chunks_exact_mut(d).zip(queries) {
            norms.push(self.place(&centre, self.query(i), row));
            for x in row {
                *x *= -2.0;
            }
        }
        Packed { centre, points, norms }
    }

    /// A point about a centre; its squared norm, shrunk.
    #[inline(always)]
    fn place(&self, centre: &[f64], point: &[f64], row: &mut [f32]) -> f32 {
        const LANES: usize = 16;
        for ((x, p), z) in row.iter_mut().zip(point).zip(centre) {
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
        rounded_down(self.share() * squares.iter().sum::<f64>() - TINY)
    }

    #[inline(always)]
    fn pack_strip(&self, centre: &[f64], start: usize, strip: &mut Strip) {
        strip.start = start;
        strip.exact.clear();
        strip.v = [f32::NEG_INFINITY; WIDTH];
        let width = WIDTH.min(self.v.len() - start);
        strip.v[..width].copy_from_slice(&self.rounded[start..start + width]);
        for l in 0..width {
            strip.norms[l] = self.place(centre, self.point(start + l), &mut strip.row);
            for (points, &x) in strip.points.iter_mut().zip(&strip.row) {
                points[l] = x;
            }
        }
    }

    /// Holds R queries against a strip.
    #[inline(always)]
    fn tile<const R: usize>(
        &self,
        values: Values,
        queries: &[u32],
        packed: &Packed,
        k: usize,
        strip: &mut Strip,
        best: &mut [Best<'_>],
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

    /// What a screened value must lie below.
    #[inline(always)]
    fn top(&self, bar: f32, v: f32) -> f32 {
        let top = bar + v;
        if self.squared { top } else { top * top.abs() }
    }

    /// Looks at the points of a strip that pass.
    #[inline(always)]
    fn visit(
        &self,
        values: Values,
        query: u32,
        least: &[f32; WIDTH],
        passed: u32,
        strip: &mut Strip,
        best: &mut Best<'_>,
    ) {
        let x = self.query(query);
        // No closures: what is in one may not be compiled for these lanes.
        let mut costs = None;
        if values == Values::Exact && passed >= MANY {
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
                    (Values::Rough, _) if self.squared => f64::from(least) / self.unit,
                    (Values::Rough, _) => f64::from(least.max(0.0)).sqrt() / self.unit,
                    (Values::Exact, Some(costs)) => costs[l],
                    (Values::Exact, None) => self.ground.between(x, self.point(j)),
                };
                if best.offer(cost - self.v[j], self.places[j]) {
                    best.bar = self.bar(best.limit);
                }
            }
        }
    }

    /// The points of a strip, coordinate by coordinate.
    #[inline(always)]
    fn exact<'s>(&self, strip: &'s mut Strip) -> &'s [[f64; WIDTH]] {
        if strip.exact.is_empty() {
            strip.exact.resize(self.dimension(), [0.0; WIDTH]);
            for (l, j) in (strip.start..self.v.len()).take(WIDTH).enumerate() {
                for (points, &y) in strip.exact.iter_mut().zip(self.point(j)) {
                    points[l] = y;
                }
            }
        }
        &strip.exact
    }
}

impl Strip {
    fn new(d: usize) -> Self {
        Self {
            start: 0,
            points: vec![[0.0; WIDTH]; d],
            norms: [0.0; WIDTH],
            v: [f32::NEG_INFINITY; WIDTH],
            exact: Vec::new(),
            row: vec![0.0; d],
        }
    }
}

impl Best<'_> {
    /// Takes a point whose value is below the limit; whether that lowers the limit.
    #[inline(always)]
    fn offer(&mut self, value: f64, j: u32) -> bool {
        if value >= self.limit || value.is_nan() {
            return false;
        }
        self.found.push((value, j));
        if self.found.len() < 2 * self.keep {
            return false;
        }
        self.found.select_nth_unstable_by(self.keep - 1, by_value_then_place);
        self.found.truncate(self.keep);
        self.limit = self.found[self.keep - 1].0;
        true
    }

    fn finish(self) {
        self.found.sort_unstable_by(by_value_then_place);
        self.found.truncate(self.keep);
    }
}

#[inline(always)]
fn by_value_then_place(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// The products of R rows with the points of a strip, added up in the order of the coordinates.
#[inline(always)]
fn products<const R: usize>(rows: [&[f32]; R], points: &[[f32; WIDTH]]) -> [[f32; WIDTH]; R] {
    let mut sums = [[0.0; WIDTH]; R];
    let rows = rows.map(|row| &row[..points.len()]);
    for (k, y) in points.iter().enumerate() {
        for r in 0..R {
            let x = rows[r][k];
            for l in 0..WIDTH {
                sums[r][l] = x.mul_add(y[l], sums[r][l]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests;
