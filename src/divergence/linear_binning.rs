//! Densities of a moving sample, in fixed bins.
//!
//! ```text
//! p_c(s) = Σ_i w_i·(1 − |t_i(s) − c|)₊,   t_i(s) = (⟨u, x_i⟩ + s)/h − ½
//! ```
//!
//! for the cells c = …, −1, 0, 1, … along the direction u of the motion; across it a point counts in
//! the one cell it is in.
//!
//! **Idea.** A point counted in bins jumps from one cell to the next, and any divergence of the counts
//! is a step function of s with derivative 0. *Linear binning* splits the mass of a point between the
//! two nearest cells, by the distances to their middles: masses are continuous in s, and
//! differentiable unless a point is at a middle. Cells without mass from either side stay empty, so
//! measures more than two cells apart are disjoint exactly.
//!
//! The space is reflected so that u is its first axis (Householder 1958), and cells are boxes there.
//!
//! **Complexity.** O(n·d) to set up, O(n log n) a shift.
//!
//! **References.** Jones, Lotwick 1983, "On the errors involved in computing the empirical
//! characteristic function", J. Stat. Comput. Simul. 17; Wand 1994, "Fast computation of multivariate
//! kernel estimators", J. Comput. Graph. Stat. 3.
//!
//! **Failure modes.** Those of a histogram: biased upwards by chance, downwards by averaging within
//! cells, and a little more by splitting.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::{Bins, EstimateError};
use crate::measure::DiscreteMeasure;

/// Two samples and the bins in which they are counted; the source moves.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearBins {
    source: Vec<BinnedPoint>,
    target: Vec<BinnedPoint>,
    /// The width of a cell along the motion.
    width: f64,
}

/// A point: its place along the motion in widths of a cell, its cell across it, its mass.
#[derive(Debug, Clone, PartialEq)]
struct BinnedPoint {
    along: f64,
    across: Vec<i64>,
    mass: f64,
}

impl LinearBins {
    /// Bins for a source that moves along a unit vector, chosen at the positions given:
    /// by Scott's rule, or `bins` along each axis of their common box.
    ///
    /// # Errors
    /// [`EstimateError`]: as [`Bins::scott`], and [`EstimateError::NoScale`] if nothing varies
    /// along the motion.
    ///
    /// # Panics
    /// If the direction has another number of coordinates than the points.
    pub fn new(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        direction: ArrayView1<'_, f64>,
        bins: Option<usize>,
    ) -> Result<Self, EstimateError> {
        let turned = |measure: &DiscreteMeasure| {
            let points = reflected(measure.support(), direction);
            DiscreteMeasure::new(points, measure.mass().to_owned())
                .map_err(|_| EstimateError::Scale)
        };
        let (source, target) = (turned(source)?, turned(target)?);
        let first = source.support()[(0, 0)];
        let still = |law: &DiscreteMeasure| law.support().column(0).iter().all(|x| *x == first);
        if still(&source) && still(&target) {
            return Err(EstimateError::NoScale);
        }
        let bins = match bins {
            Some(cells) => Bins::equal(&source, &target, cells)?,
            None => Bins::scott(&source, &target)?,
        };
        let widths = bins.widths();
        let points = |measure: &DiscreteMeasure| {
            let point = |(x, mass): (ArrayView1<'_, f64>, &f64)| {
                let places: Vec<f64> = x.iter().zip(widths).map(|(x, width)| x / width).collect();
                #[expect(clippy::cast_possible_truncation, reason = "saturates")]
                let across = places[1..].iter().map(|place| place.floor() as i64).collect();
                BinnedPoint { along: places[0] - 0.5, across, mass: *mass }
            };
            measure.support().outer_iter().zip(measure.mass()).map(point).collect()
        };
        Ok(Self { source: points(&source), target: points(&target), width: widths[0] })
    }

    /// The width of a cell along the motion.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.width
    }

    /// The masses of source and target in all cells with mass, for the source moved by `shift`.
    #[must_use]
    pub fn masses(&self, shift: f64) -> (Vec<f64>, Vec<f64>) {
        let mut cells: BTreeMap<(i64, &[i64]), [f64; 2]> = BTreeMap::new();
        for (side, points, shift) in [(0, &self.source, shift / self.width), (1, &self.target, 0.0)]
        {
            for BinnedPoint { along, across, mass } in points {
                let place = along + shift;
                let share = place - place.floor();
                #[expect(clippy::cast_possible_truncation, reason = "saturates")]
                let cell = place.floor() as i64;
                for (cell, share) in [(cell, 1.0 - share), (cell.saturating_add(1), share)] {
                    if share > 0.0 {
                        cells.entry((cell, across)).or_default()[side] += share * mass;
                    }
                }
            }
        }
        cells.into_values().map(|[p, q]| (p, q)).unzip()
    }
}

/// Points mirrored so that `direction`, of length 1, becomes the first axis.
fn reflected(points: ArrayView2<'_, f64>, direction: ArrayView1<'_, f64>) -> Array2<f64> {
    let mut mirror = direction.to_owned();
    mirror[0] -= 1.0;
    let square = mirror.dot(&mirror);
    let mut reflected = points.to_owned();
    if square > 0.0 {
        for mut x in reflected.outer_iter_mut() {
            let along = 2.0 * x.dot(&mirror) / square;
            x.scaled_add(-along, &mirror);
        }
    }
    reflected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::divergence::FDivergence;
    use crate::math;
    use crate::seed::Seed;
    use ndarray::array;

    fn normal(n: usize, name: &str) -> DiscreteMeasure {
        let mut stream = Seed(5).stream(name);
        DiscreteMeasure::uniform(Array2::from_shape_simple_fn((n, 2), || stream.normal())).unwrap()
    }

    #[test]
    fn a_point_is_shared_by_its_nearness() {
        let p = DiscreteMeasure::uniform(array![[0.0], [4.0]]).unwrap();
        let bins = LinearBins::new(&p, &p, array![1.0].view(), Some(4)).unwrap();
        assert_eq!(bins.width(), 1.0);
        // Cells have their middles at ½, 1½, …: 0 and 4 are shared evenly, moved by ¼ a quarter goes.
        let (moved, still) = bins.masses(0.25);
        assert_eq!(still, [0.25; 4]);
        assert_eq!(moved, [0.125, 0.375, 0.125, 0.375]);
        // One axis, mirrored: backwards is forwards.
        let mirrored = LinearBins::new(&p, &p, array![-1.0].view(), Some(4)).unwrap();
        assert_eq!(mirrored.masses(0.25), bins.masses(0.25));
    }

    #[test]
    fn masses_are_kept_and_move_without_jumps() {
        let (p, q) = (normal(300, "p"), normal(200, "q"));
        let direction = array![0.6, 0.8];
        let bins = LinearBins::new(&p, &q, direction.view(), None).unwrap();
        let js = |shift: f64| {
            let (p, q) = bins.masses(shift);
            assert!((math::sum(&p) - 1.0).abs() < 1e-14 && (math::sum(&q) - 1.0).abs() < 1e-14);
            FDivergence::JensenShannon.between(&p, &q)
        };
        for k in -40..40 {
            let at = 0.1 * f64::from(k) * bins.width();
            assert!((js(at) - js(at + 1e-6)).abs() < 1e-5, "{at}");
        }
        assert_eq!(js(100.0), std::f64::consts::LN_2);
        let same = LinearBins::new(&p, &p, direction.view(), None).unwrap();
        let (a, b) = same.masses(0.0);
        assert_eq!(a, b);
    }

    #[test]
    fn what_does_not_vary_along_the_motion_has_no_scale() {
        let upright = DiscreteMeasure::uniform(array![[1.0, 0.0], [1.0, 5.0]]).unwrap();
        let bins = |x, y| LinearBins::new(&upright, &upright, array![x, y].view(), Some(4));
        assert_eq!(bins(1.0, 0.0), Err(EstimateError::NoScale));
        assert!(bins(0.0, 1.0).is_ok());
    }

    #[test]
    fn the_motion_is_along_the_first_axis_of_the_mirrored_space() {
        let direction = array![0.36, 0.48, 0.8];
        let points = array![[1.0, -2.0, 0.5], [0.36, 0.48, 0.8]];
        let turned = reflected(points.view(), direction.view());
        assert!((turned[(0, 0)] - points.row(0).dot(&direction)).abs() < 1e-15);
        assert!((turned.row(0).dot(&turned.row(0)) - 5.25).abs() < 1e-14);
        assert!((&turned.row(1) - &array![1.0, 0.0, 0.0]).iter().all(|x| x.abs() < 1e-15));
    }
}
