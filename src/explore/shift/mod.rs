//! A source that moves along a straight line, onto the target and past it: every divergence along the
//! path, and its derivative, which is the gradient of a generator.
//!
//! ```text
//! P_s = law of X + s·u, X ~ P, ‖u‖ = 1:    D(P_s, Q) and ∂D(P_s, Q)/∂s
//! ```
//!
//! s is the *offset*: 0 where the means of `P_s` and Q are nearest, negative before.
//!
//! **What there is to see.** While the supports are disjoint, an f-divergence is at its ceiling
//! `f(0) + f'(∞)`, wherever `P_s` is: JS is ln 2, and its derivative 0, until they touch. EMD sees the way
//! itself: |s| between copies of one law, and `|EMD(s) − EMD(s')| ≤ |s − s'|` always, for the plan may
//! follow the source. On the line EMD is convex in s, since quantiles stay matched; in the plane the
//! plan may change and a slope may decrease again ([an example](Shift)).
//!
//! **Derivatives.** Of f-divergences the centered difference quotient over a step of the path, or half
//! a cell where a histogram has longer ones: 0 exactly as long as both ends are at the ceiling. Of EMD
//! the exact one where the optimal plan γ is unique, along its rays (the envelope theorem),
//!
//! ```text
//! ∂EMD/∂s = Σ_ij γ_ij ⟨u, x_i + s·u − y_j⟩/‖x_i + s·u − y_j‖
//! ```
//!
//! where atoms that lie on each other have none, and beside it the difference quotient of its values two
//! steps apart; likewise of the other distances. A quotient with an infinite value is none.
//!
//! **Densities** come from closed forms ([`pairs`](super::pairs)) or
//! [`LinearBins`](crate::divergence::LinearBins), chosen once for the whole path at offset 0, and so are
//! MMD's bandwidth and Sinkhorn's ε: what changes on the way is the offset alone.
//!
//! **Complexity.** For each step the exact plans for EMD and `W_2`, an entropic one, and sums over all
//! pairs of atoms.
//!
//! **References.** Arjovsky, Bottou 2017, "Towards principled methods for training generative
//! adversarial networks", ICLR, §2; Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial
//! networks", ICML, example 1 and theorem 1; Milgrom, Segal 2002, "Envelope theorems for arbitrary choice
//! sets", Econometrica 70.

mod error;
mod path;
#[cfg(test)]
mod tests;

use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;

pub use self::error::ShiftError;
pub use self::path::{MotionPath, moved};
use super::pairs::Overlap;
use crate::certificate::Certificate;
use crate::cost::Euclidean;
use crate::divergence::named::{DISTANCES, NAMES, ceilings};
use crate::divergence::{EstimateError, energy, median_bandwidth, mmd};
use crate::math;
use crate::measure::DiscreteMeasure;
use crate::plan::TransportPlan;
use crate::problem::OtProblem;
use crate::progress::{Event, Observer, Stop};
use crate::seed::Seed;
use crate::solvers::Method;
use crate::solvers::line::{directions, sliced_wasserstein};
use crate::solvers::sinkhorn::{Epsilon, Sinkhorn, typical_cost};
use crate::solvers::w2::w2;

/// ε of the Sinkhorn divergence, as a share of the median cost at offset 0.
const RELATIVE_EPSILON: f64 = 0.05;

/// Two measures of total 1, and the path of the first.
pub struct Shift<'a> {
    /// The source at offset 0.
    pub source: &'a DiscreteMeasure,
    /// The target.
    pub target: &'a DiscreteMeasure,
    /// Where the source moves, of length 1.
    pub direction: ArrayView1<'a, f64>,
    /// The densities, or why there are none.
    pub overlap: Result<&'a dyn Overlap, String>,
    /// The first offset, negative, and about the last one, positive.
    pub path: (f64, f64),
    /// Approximate number of steps.
    pub steps: usize,
    /// Order of the α- and the Rényi divergence.
    pub alpha: f64,
    /// Directions of the sliced Wasserstein distance.
    pub slices: usize,
    /// Where they are drawn from.
    pub seed: Seed,
}

/// One divergence along the path.
#[derive(Debug, Clone, PartialEq)]
pub struct DivergenceCurve {
    /// Its short name.
    pub name: &'static str,
    /// How it was found.
    pub estimator: String,
    /// The largest value there is, where it is finite.
    pub ceiling: Option<f64>,
    /// One an offset.
    pub values: Vec<f64>,
    /// The derivatives by the offset, where there is one.
    pub slopes: Vec<Option<f64>>,
}

/// The result of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct ShiftStudy {
    /// From before the target to behind it, 0 among them; fewer after a stop.
    pub offsets: Vec<f64>,
    /// The place of offset 0; of the last one, if it was stopped before.
    pub meeting: usize,
    /// The first offset at which the densities overlap, if they did not before.
    pub contact: Option<usize>,
    /// The divergences in the order of the table.
    pub tracks: Vec<DivergenceCurve>,
    /// The difference quotients of EMD, beside its derivative along the rays.
    pub emd_quotients: Vec<Option<f64>>,
    /// The optimal plans.
    pub plans: Vec<TransportPlan>,
    /// The certificate of EMD whose gap is the widest.
    pub widest: Certificate,
    /// Divergences that were not computed, with the reasons.
    pub left_out: Vec<(&'static str, String)>,
    /// The reason of an early stop.
    pub stopped: Option<Stop>,
}

impl ShiftStudy {
    /// The divergence of this name, if it was found.
    #[must_use]
    pub fn track(&self, name: &str) -> Option<&DivergenceCurve> {
        self.tracks.iter().find(|track| track.name == name)
    }
}

/// Constants of the whole path.
struct PathConstants {
    slices: Array2<f64>,
    bandwidth: Result<f64, EstimateError>,
    sinkhorn: Sinkhorn,
    /// Half the entropic cost of either measure from itself, added up.
    blur: f64,
}

/// Distances at one offset.
struct OffsetDistances {
    values: [f64; DISTANCES.len()],
    plan: TransportPlan,
    certificate: Certificate,
    /// EMD's derivative along the rays.
    slope: f64,
}

impl Shift<'_> {
    /// Moves the source along the path.
    ///
    /// ```
    /// use deblais::explore::pairs::pair;
    /// use deblais::explore::shift::Shift;
    /// use deblais::seed::Seed;
    ///
    /// let pair = pair("segments", 10).expect("a pair");
    /// let study = Shift {
    ///     source: &pair.source,
    ///     target: &pair.target,
    ///     direction: pair.direction.view(),
    ///     overlap: Ok(pair.overlap.as_ref()),
    ///     path: pair.path,
    ///     steps: 10,
    ///     alpha: 0.5,
    ///     slices: 10,
    ///     seed: Seed(0),
    /// }
    /// .run(&mut ())?;
    /// let (js, emd) = (study.track("js").unwrap(), study.track("emd").unwrap());
    /// assert_eq!((js.values[0], js.slopes[0]), (std::f64::consts::LN_2, Some(0.0)));
    /// assert!((emd.values[0] - 1.5).abs() < 1e-14 && emd.slopes[0] == Some(-1.0));
    /// # Ok::<(), deblais::explore::shift::ShiftError>(())
    /// ```
    ///
    /// EMD is not always convex in the offset: of a source at (0, 0) and (0, 1) and a target at
    /// (−5, 1) and (5, 1), which move along the first axis, either atom is nearer to one end.
    ///
    /// # Errors
    /// [`ShiftError`]: measures of different dimensions or totals, coordinates out of range.
    pub fn run(&self, observer: &mut dyn Observer) -> Result<ShiftStudy, ShiftError> {
        let (mut offsets, meeting) = self.offsets();
        let step = offsets[1] - offsets[0];
        let fixed = self.fixed(offsets[0])?;
        let (distances, stopped) = self.along(&offsets, &fixed, observer)?;
        offsets.truncate(distances.len());
        let meeting = meeting.min(offsets.len() - 1);
        let (mut tracks, mut left_out, mut contact) = (Vec::new(), Vec::new(), None);
        match &self.overlap {
            Err(why) => left_out.extend(NAMES.map(|name| (name, why.clone()))),
            Ok(overlap) => {
                tracks = self.densities(*overlap, &offsets, step);
                let touches = |track: &DivergenceCurve| {
                    let apart = |value: &f64| Some(*value) == track.ceiling;
                    let first = track.values.iter().position(|value| !apart(value));
                    first.filter(|&k| k > 0)
                };
                contact = tracks.iter().find(|track| track.name == "js").and_then(touches);
            }
        }
        let mut widest = distances[0].certificate;
        let (mut plans, mut slopes) = (Vec::new(), Vec::new());
        let mut values = vec![Vec::new(); DISTANCES.len()];
        for OffsetDistances { values: found, plan, certificate, slope } in distances {
            plans.push(plan);
            if certificate.gap > widest.gap {
                widest = certificate;
            }
            slopes.push(Some(slope));
            values.iter_mut().zip(found).for_each(|(values, value)| values.push(value));
        }
        let emd_quotients = quotients(&values[0], step);
        for (name, values) in DISTANCES.into_iter().zip(values) {
            match self.estimator(name, &fixed) {
                Err(why) => left_out.push((name, why)),
                Ok(estimator) => {
                    let slopes =
                        if name == "emd" { slopes.clone() } else { quotients(&values, step) };
                    tracks.push(DivergenceCurve { name, estimator, ceiling: None, values, slopes });
                }
            }
        }
        Ok(ShiftStudy {
            offsets,
            meeting,
            contact,
            tracks,
            emd_quotients,
            plans,
            widest,
            left_out,
            stopped,
        })
    }

    /// Equal steps with 0 among them, and its place.
    fn offsets(&self) -> (Vec<f64>, usize) {
        let (start, end) = self.path;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundreds"
        )]
        let before = (self.steps as f64 * start / (start - end)).round().max(1.0) as usize;
        let step = -start / before as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundreds"
        )]
        let after = (end / step).round().max(1.0) as usize;
        let offset = |k: usize| (k as f64 - before as f64) * step;
        ((0..=before + after).map(offset).collect(), before)
    }

    fn fixed(&self, start: f64) -> Result<PathConstants, ShiftError> {
        let (p, q) = (self.source, self.target);
        let bandwidth = median_bandwidth(p, q).or_else(|error| {
            // All atoms in one place: the way there is the only scale.
            let before = moved(p, self.direction, start).map_err(|_| error)?;
            median_bandwidth(&before, q)
        });
        let problem = OtProblem::new(p, q, Euclidean)?;
        let epsilon = Epsilon::Absolute(RELATIVE_EPSILON * typical_cost(&problem));
        let sinkhorn = Sinkhorn { epsilon, ..Sinkhorn::default() };
        let own = |law| -> Result<f64, ShiftError> {
            let problem = OtProblem::new(law, law, Euclidean)?;
            Ok(0.5 * sinkhorn.solve(&problem)?.entropic_cost)
        };
        let blur = own(p)? + own(q)?;
        let slices = directions(self.slices, p.dim(), &mut self.seed.stream("directions"));
        Ok(PathConstants { slices, bandwidth, sinkhorn, blur })
    }

    /// The distances along the path, up to where the observer stops it; the first offset's in any case.
    fn along(
        &self,
        offsets: &[f64],
        fixed: &PathConstants,
        observer: &mut dyn Observer,
    ) -> Result<(Vec<OffsetDistances>, Option<Stop>), ShiftError> {
        let mut stopped = None;
        // Offsets are handed out one by one, so that what is done at a stop is the path up to there.
        let begun = offsets.iter().enumerate().take_while(|&(k, _)| {
            let event = Event::new("moving", k as u64);
            if k > 0 {
                stopped = observer.observe(&event).break_value();
            }
            stopped.is_none()
        });
        let found = begun.par_bridge().map(|(k, &s)| Ok((k, self.distances(s, fixed)?)));
        let mut found = found.collect::<Result<Vec<_>, ShiftError>>()?;
        found.sort_by_key(|(k, _)| *k);
        Ok((found.into_iter().map(|(_, distances)| distances).collect(), stopped))
    }

    fn distances(&self, offset: f64, fixed: &PathConstants) -> Result<OffsetDistances, ShiftError> {
        let (p, q) = (&moved(self.source, self.direction, offset)?, self.target);
        let problem = OtProblem::new(p, q, Euclidean)?;
        let solution = Method::Auto.solver(&problem).solve(&problem, &mut ())?;
        let certified = solution.certify(&problem);
        let (plan, certificate) = (certified.plan.unwrap_or(solution.plan), certified.certificate);
        let slope = along_rays((p, q), &plan, self.direction);
        let mmd = match fixed.bandwidth {
            Ok(sigma) => mmd(p, q, sigma)?,
            Err(_) => f64::NAN,
        };
        let values = [
            certificate.upper,
            w2(p, q, &mut ())?.value,
            sliced_wasserstein(p, q, 2.0, fixed.slices.view())?,
            energy(p, q)?.value,
            mmd,
            fixed.sinkhorn.solve(&problem)?.entropic_cost - fixed.blur,
        ];
        Ok(OffsetDistances { values, plan, certificate, slope })
    }

    /// How a distance was found, or why it is left out.
    fn estimator(&self, name: &str, fixed: &PathConstants) -> Result<String, String> {
        Ok(match name {
            "emd" => "exact, certified".to_owned(),
            "sliced" if self.source.dim() == 1 => return Err("on the line it is w2".to_owned()),
            "sliced" => format!("W_2 along {} seeded directions", self.slices),
            "energy" => "of the atoms, all pairs".to_owned(),
            "mmd" => match &fixed.bandwidth {
                Ok(sigma) => format!("of the atoms, Gaussian kernel, σ = {sigma:.6}"),
                Err(error) => return Err(error.to_string()),
            },
            "sinkhorn" => {
                let epsilon = fixed.sinkhorn.epsilon.resolve(1.0);
                format!(
                    "debiased, ε = {RELATIVE_EPSILON} × the median cost at offset 0 = {epsilon:.6}"
                )
            }
            _ => "exact".to_owned(),
        })
    }

    /// The divergences between densities.
    fn densities(&self, overlap: &dyn Overlap, offsets: &[f64], step: f64) -> Vec<DivergenceCurve> {
        let at = |s: f64| overlap.divergences(self.alpha, s);
        let values: Vec<_> = offsets.par_iter().map(|&s| at(s)).collect();
        let path = step.max(overlap.resolution());
        let ends = |s: &f64| [at(s - 0.5 * path), at(s + 0.5 * path)];
        let ends: Vec<_> = offsets.par_iter().map(ends).collect();
        let track = |(k, ceiling): (usize, Option<f64>)| {
            let slope = |(j, &s): (usize, &f64)| {
                let slope = (ends[j][1][k] - ends[j][0][k]) / path;
                (slope.is_finite() && values[j][k].is_finite() && !overlap.jumps(s))
                    .then_some(slope)
            };
            DivergenceCurve {
                name: NAMES[k],
                estimator: overlap.estimator(NAMES[k]),
                ceiling,
                values: values.iter().map(|values| values[k]).collect(),
                slopes: offsets.iter().enumerate().map(slope).collect(),
            }
        };
        ceilings(self.alpha).into_iter().enumerate().map(track).collect()
    }
}

/// `Σ γ_ij ⟨u, x_i − y_j⟩/‖x_i − y_j‖`.
fn along_rays(
    (p, q): (&DiscreteMeasure, &DiscreteMeasure),
    plan: &TransportPlan,
    direction: ArrayView1<'_, f64>,
) -> f64 {
    let (x, y) = (p.support(), q.support());
    let terms = plan.arcs().iter().map(|arc| {
        let ray = &x.row(arc.source) - &y.row(arc.target);
        let length = ray.iter().fold(0.0_f64, |length, part| length.hypot(*part));
        if length > 0.0 { arc.mass * (ray.dot(&direction) / length) } else { 0.0 }
    });
    math::sum(&terms.collect::<Vec<_>>())
}

/// Centered difference quotients; none at either end.
fn quotients(values: &[f64], step: f64) -> Vec<Option<f64>> {
    let last = values.len() - 1;
    let quotient = |k: usize| {
        let inside = k > 0 && k < last;
        let slope = inside.then(|| (values[k + 1] - values[k - 1]) / (2.0 * step))?;
        slope.is_finite().then_some(slope)
    };
    (0..values.len()).map(quotient).collect()
}
