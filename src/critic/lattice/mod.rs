//! Lattices of cones: maxima of minima of distances to learned centers.
//!
//! ```text
//! f(x) = max_g min_{j ∈ g} b_j + σ_j‖x − c_j‖,   σ_j = ±1
//! ```
//!
//! **Idea.** Each piece has slope 1 whatever its center c and its height b, and maxima and minima
//! of 1-Lipschitz functions are 1-Lipschitz, soft ones too, for their weights sum to 1: so is f, by
//! construction, at every step of the training. With one piece a group and σ = −1 it is
//! `−min_j(−b_j + ‖x − c_j‖)`, cones whose centers move ([`TrainLattice::cones`]). With groups it
//! can bend both ways: any 1-Lipschitz function on finitely many points is a maximum of minima of
//! such pieces, and so is every max-min network of unit-slope affine pieces in the limit of
//! centers far away.
//!
//! **References.** McShane 1934, "Extension of range of functions", Bull. Amer. Math. Soc. 40 (the
//! envelope of cones); Sill 1998, "Monotonic networks", NeurIPS (max-min networks); Anil, Lucas,
//! Grosse 2019, "Sorting out Lipschitz function approximation", ICML (why slopes must stay 1, and
//! lattices of functions as the way to universality).

mod exp;
mod soft;
mod train;

pub use train::{LatticeRate, LatticeStart, TrainLattice};

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::{Critic, CriticError, Lipschitz, Save, SavedCritic, SavedFunction};
use crate::cost::{Cost, GroundCost};
use crate::measure::DiscreteMeasure;

/// `f(x) = max_g min_{j ∈ g} b_j + σ_j‖x − c_j‖`, in `f64`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    kind: &'static str,
    /// G; piece j is of group j mod G.
    groups: usize,
    /// c, shape (K, d).
    centers: DiscreteMeasure,
    /// b, shape (K,).
    heights: Array1<f64>,
    /// σ, shape (K,).
    signs: Array1<f64>,
}

impl Lattice {
    /// The lattice of these pieces, of which the j-th is of group j mod `groups`: `centers` (K, d),
    /// heights and signs ±1 (K,).
    ///
    /// # Errors
    /// [`CriticError::Saved`] for numbers that do not make one.
    pub fn new(
        groups: usize,
        centers: Array2<f64>,
        heights: Array1<f64>,
        signs: Array1<f64>,
    ) -> Result<Self, CriticError> {
        let saved = |what: &str| CriticError::Saved { what: what.to_owned() };
        let centers =
            DiscreteMeasure::uniform(centers).map_err(|error| saved(&error.to_string()))?;
        let pieces = centers.len();
        if heights.len() != pieces || !heights.iter().all(|b| b.is_finite()) {
            return Err(saved("its heights are not one finite number a center"));
        }
        if signs.len() != pieces || !signs.iter().all(|sign| sign.abs() == 1.0) {
            return Err(saved("its signs are not 1 or -1 for each center"));
        }
        if !(1..=pieces).contains(&groups) {
            return Err(saved("its groups are not at least 1 and at most as many as centers"));
        }
        Ok(Self { kind: "lattice", groups, centers, heights, signs })
    }

    /// c, shape (K, d).
    pub fn centers(&self) -> ArrayView2<'_, f64> {
        self.centers.support()
    }

    /// b, shape (K,).
    pub fn heights(&self) -> ArrayView1<'_, f64> {
        self.heights.view()
    }

    /// σ, shape (K,).
    pub fn signs(&self) -> ArrayView1<'_, f64> {
        self.signs.view()
    }

    /// G; piece j is of group j mod G.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The distances from points to the centers.
    fn distances(&self, points: ArrayView2<'_, f64>) -> Result<Box<dyn Cost>, CriticError> {
        let (expected, got) = (self.dim(), points.ncols());
        if expected != got {
            return Err(CriticError::Dimensions { expected, got });
        }
        let points = DiscreteMeasure::uniform(points.to_owned()).expect("finite points");
        Ok(GroundCost::Euclidean.table(&points, &self.centers)?)
    }

    /// The piece that attains f at a point with these distances, and its value.
    fn active(&self, distances: &[f64]) -> (usize, f64) {
        let level = |j: usize| (j, self.signs[j].mul_add(distances[j], self.heights[j]));
        let by_value = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
        let lowest = |g: usize| {
            let group = (g..distances.len()).step_by(self.groups);
            group.map(level).min_by(by_value).expect("a group has a piece")
        };
        (0..self.groups).map(lowest).max_by(by_value).expect("a lattice has a group")
    }
}

impl Critic for Lattice {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn dim(&self) -> usize {
        self.centers.dim()
    }

    fn values(&self, points: ArrayView2<'_, f64>) -> Result<Array1<f64>, CriticError> {
        let distances = self.distances(points)?;
        let mut buffer = vec![0.0; self.heights.len()];
        Ok((0..points.nrows()).map(|i| self.active(distances.row(i, &mut buffer)).1).collect())
    }

    fn gradients(&self, points: ArrayView2<'_, f64>) -> Result<Array2<f64>, CriticError> {
        let distances = self.distances(points)?;
        let mut gradients = Array2::zeros(points.dim());
        let mut buffer = vec![0.0; self.heights.len()];
        for (i, (x, mut out)) in points.outer_iter().zip(gradients.outer_iter_mut()).enumerate() {
            let (piece, _) = self.active(distances.row(i, &mut buffer));
            let (x, center) = (x.to_vec(), self.centers.support().row(piece).to_vec());
            GroundCost::Euclidean.gradient(
                &x,
                &center,
                out.as_slice_mut().expect("standard layout"),
            );
            out *= self.signs[piece];
        }
        Ok(gradients)
    }

    fn lipschitz(&self) -> Lipschitz {
        Lipschitz { bound: 1.0, how: "by construction: maxima of minima of distances" }
    }
}

impl Save for Lattice {
    fn saved(&self) -> SavedCritic {
        let function = SavedFunction::Lattice {
            groups: self.groups,
            centers: self.centers().outer_iter().map(|center| center.to_vec()).collect(),
            heights: self.heights.to_vec(),
            signs: self.signs.to_vec(),
        };
        SavedCritic { metric: GroundCost::Euclidean.name(), function }
    }
}
