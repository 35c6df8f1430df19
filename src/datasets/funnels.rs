//! `MinFunnels`: pairs of laws in any dimension whose distance W₁ and optimal critic are known.
//!
//! ```text
//! u(x) = min_n b_n + ‖x − a_n‖,   a_n uniform in the box [−2.5, 2.5]^D,  b_n = 0.1·N(0, 1)
//! ```
//!
//! y, drawn uniformly in the box, lies in the funnel n* that attains the minimum; with
//! `base = ‖y − a_n*‖` and `v = (y − a_n*)/base`, the ray from `a_n*` through y leaves this funnel
//! where another one takes over,
//!
//! ```text
//! r_m = ½(‖y − a_m‖² − Δ_m²)/(Δ_m − ⟨y − a_m, v⟩) beyond y,   Δ_m = u(y) − b_m,
//! ```
//!
//! for an m with `r_m > 0` and `r_m > −Δ_m`, or where it leaves the box. Let `full` be the length of
//! the ray up to the first of these, `t = base/full`, and `x = a_n* + t⁸·full·v`.
//!
//! **Idea.** x lies between `a_n*` and y, so `u(y) − u(x) = ‖y − x‖` on every pair: −u is an optimal
//! critic between P, the law of x, and Q, the law of y, and
//! `W₁(P, Q) = E‖x − y‖ = E[base − t⁸·full]`. The pairs of a *sample* are optimal too, for the same
//! reason: the exact distance between samples of paired points is their mean distance, whatever
//! their number and dimension.
//!
//! **Complexity.** A matrix product of N·D operations a point.
//!
//! **Reference.** Korotin, Kolesov, Burnaev 2022, "Kantorovich strikes back! Wasserstein GANs are
//! not optimal transport?", NeurIPS.

use macro_rules_attribute::apply;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use crate::cost::{Cost, GroundCost};
use crate::math::simd_targets;
use crate::math::vectors::fast_dot;
use crate::measure::DiscreteMeasure;
use crate::potentials;
use crate::seed::Stream;

/// Half the side of the box.
const HALF_SIDE: f64 = 2.5;

/// The standard deviation of the heights b.
const HEIGHT_DEVIATION: f64 = 0.1;

/// Number of points whose rays are computed at a time.
const BLOCK_POINTS: usize = 256;

/// The funnels (a, b); see the head of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Funnels {
    /// a, shape (N, D).
    centers: DiscreteMeasure,
    /// b, shape (N,).
    heights: Array1<f64>,
    /// `⟨a_m, a_n⟩`, shape (N, N).
    gram: Array2<f64>,
    /// `‖a_m‖²`, shape (N,).
    squares: Vec<f64>,
}

impl Funnels {
    /// The side of the box in which P and Q live is `[-BOX, BOX]`.
    pub const BOX: f64 = HALF_SIDE;

    /// `count` funnels in `dim` dimensions.
    ///
    /// # Panics
    /// If there is none, or no dimension.
    #[must_use]
    pub fn new(dim: usize, count: usize, stream: &mut Stream) -> Self {
        assert!(dim > 0 && count > 0, "{count} funnels in {dim} dimensions");
        let centers = in_box(count, dim, stream);
        let heights = Array1::from_shape_simple_fn(count, || HEIGHT_DEVIATION * stream.normal());
        let gram = products(centers.view(), centers.view());
        let centers = DiscreteMeasure::uniform(centers).expect("finite points");
        let squares = gram.diag().to_vec();
        Self { centers, heights, gram, squares }
    }

    /// D.
    pub fn dim(&self) -> usize {
        self.centers.dim()
    }

    /// a, shape (N, D).
    pub fn centers(&self) -> ArrayView2<'_, f64> {
        self.centers.support()
    }

    /// b, shape (N,).
    pub fn heights(&self) -> ArrayView1<'_, f64> {
        self.heights.view()
    }

    /// n points of Q, shape (n, D).
    #[must_use]
    pub fn target(&self, n: usize, stream: &mut Stream) -> Array2<f64> {
        in_box(n, self.dim(), stream)
    }

    /// n points of P and the points of Q that the optimal plan pairs them with, both (n, D); each
    /// side is an independent sample of its law.
    ///
    /// # Panics
    /// Never: coordinates stand in rows.
    #[must_use]
    pub fn pairs(&self, n: usize, stream: &mut Stream) -> (Array2<f64>, Array2<f64>) {
        let y = self.target(n, stream);
        let mut x = y.clone();
        let blocks: Vec<_> = x.axis_chunks_iter_mut(Axis(0), BLOCK_POINTS).collect();
        blocks.into_par_iter().for_each(|mut block| {
            let products = products(block.view(), self.centers());
            let mut room = vec![0.0; self.squares.len()];
            let points = block.as_slice_mut().expect("standard layout");
            let products = products.as_slice().expect("standard layout");
            let products = products.chunks_exact(self.squares.len());
            for (point, products) in points.chunks_exact_mut(self.dim()).zip(products) {
                self.pull_in(point, products, &mut room);
            }
        });
        (x, y)
    }

    /// Replaces y by x; `products` are the `⟨y, a_m⟩`, `room` is a buffer with a number per funnel.
    fn pull_in(&self, y: &mut [f64], products: &[f64], room: &mut [f64]) {
        let square = fast_dot(y, y);
        let heights = self.heights.as_slice().expect("standard layout");
        levels(square, products, &self.squares, heights, room);
        let near = (0..room.len()).min_by(|&m, &n| room[m].total_cmp(&room[n]));
        let near = near.expect("there is a funnel");
        let low = self.centers.support();
        let low = low.row(near).to_slice().expect("standard layout");
        let mut v: Vec<f64> = y.iter().zip(low).map(|(y, low)| y - low).collect();
        let base = fast_dot(&v, &v).sqrt();
        if base == 0.0 {
            return;
        }
        for v in &mut v {
            *v /= base;
        }
        let ray = Ray { square, along: square - products[near], base, top: room[near] };
        let gram = self.gram.row(near);
        let gram = gram.to_slice().expect("standard layout");
        lengths(&ray, products, &self.squares, heights, gram, room);
        room[near] = f64::INFINITY;
        let end = room.iter().copied().fold(leaves_box(y, &v), f64::min);
        let full = base + end;
        let t = base / full;
        let t8 = (t * t) * (t * t) * ((t * t) * (t * t));
        for ((y, low), v) in y.iter_mut().zip(low).zip(v) {
            *y = low + v * (t8 * full);
        }
    }

    /// The optimal critic −u at points (k, D): shape (k,).
    ///
    /// # Panics
    /// If the points have another dimension or are not finite.
    #[must_use]
    pub fn critic(&self, points: ArrayView2<'_, f64>) -> Array1<f64> {
        -potentials::to_source(self.distances(points).as_ref(), (-&self.heights).view())
    }

    /// The gradients of the optimal critic, shape (k, D): of length 1, toward the bottom of the funnel.
    ///
    /// # Panics
    /// If the points have another dimension or are not finite.
    #[must_use]
    pub fn critic_gradients(&self, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let distances = self.distances(points);
        let mut gradients = Array2::zeros(points.dim());
        let mut buffer = vec![0.0; self.heights.len()];
        for (i, (x, mut out)) in points.outer_iter().zip(gradients.outer_iter_mut()).enumerate() {
            let row = distances.row(i, &mut buffer);
            let level = |m: usize| row[m] + self.heights[m];
            let near = (0..row.len()).min_by(|&m, &n| level(m).total_cmp(&level(n)));
            let low = self.centers.support().row(near.expect("there is a funnel")).to_vec();
            GroundCost::Euclidean.gradient(
                &low,
                &x.to_vec(),
                out.as_slice_mut().expect("standard layout"),
            );
        }
        gradients
    }

    fn distances(&self, points: ArrayView2<'_, f64>) -> Box<dyn Cost> {
        let points = DiscreteMeasure::uniform(points.to_owned()).expect("finite points");
        GroundCost::Euclidean.table(&points, &self.centers).expect("points of the same dimension")
    }
}

/// n points uniform in the box.
fn in_box(n: usize, dim: usize, stream: &mut Stream) -> Array2<f64> {
    let coordinates = (0..n * dim).map(|_| HALF_SIDE * (2.0 * stream.uniform() - 1.0)).collect();
    Array2::from_shape_vec((n, dim), coordinates).expect("n·dim coordinates")
}

/// `A Bᵀ`, row after row, which `dot` does not promise.
fn products(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut products = Array2::zeros((a.nrows(), b.nrows()));
    general_mat_mul(1.0, &a, &b.t(), 0.0, &mut products);
    products
}

/// How far the ray from y along v stays in the box.
fn leaves_box(y: &[f64], v: &[f64]) -> f64 {
    let walls = y.iter().zip(v).filter(|(_, v)| **v != 0.0);
    walls.map(|(y, v)| (HALF_SIDE.copysign(*v) - y) / v).fold(f64::INFINITY, f64::min)
}

/// `‖y − a_m‖ + b_m` for every m, from ‖y‖², the `⟨y, a_m⟩` and the `‖a_m‖²`.
#[apply(simd_targets)]
fn levels(square: f64, products: &[f64], squares: &[f64], heights: &[f64], out: &mut [f64]) {
    for ((out, product), (aa, b)) in out.iter_mut().zip(products).zip(squares.iter().zip(heights)) {
        *out = (square + aa - 2.0 * product).max(0.0).sqrt() + b;
    }
}

/// The ray from `a_n*` through y, at y.
struct Ray {
    /// ‖y‖².
    square: f64,
    /// `⟨y, y − a_n*⟩`.
    along: f64,
    /// `‖y − a_n*‖`.
    base: f64,
    /// u(y).
    top: f64,
}

/// The `r_m`; infinite where funnel m never takes over.
#[apply(simd_targets)]
fn lengths(
    ray: &Ray,
    products: &[f64],
    squares: &[f64],
    heights: &[f64],
    gram: &[f64],
    out: &mut [f64],
) {
    let others = products.iter().zip(squares).zip(heights.iter().zip(gram));
    for (out, ((product, aa), (b, near))) in out.iter_mut().zip(others) {
        let delta = ray.top - b;
        let inner = (ray.along - (product - near)) / ray.base;
        let apart = ray.square + aa - 2.0 * product;
        let r = 0.5 * (apart - delta * delta) / (delta - inner);
        *out = if r > 0.0 && r > -delta { r } else { f64::INFINITY };
    }
}
