//! What holds whatever the measures, by random search with fixed seeds.

use std::f64::consts::LN_2;

use deblais::cost::Euclidean;
use deblais::divergence::{FDivergence, bhattacharyya, energy, mmd, renyi};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::solvers::Method;
use deblais::solvers::line::sliced_wasserstein;
use ndarray::{Array2, array};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

use super::all;

/// Rounding of sums of a dozen terms.
const ROUNDING: f64 = 1e-13;

/// Masses of twelve cells, a third of them empty, not all.
fn masses() -> impl Strategy<Value = Vec<f64>> {
    let mass = prop_oneof![1 => Just(0.0), 2 => 1e-3..1.0];
    (prop::collection::vec(mass, 12), 0..12_usize).prop_map(|(mut masses, at_least_one)| {
        masses[at_least_one] += 0.1;
        let total: f64 = masses.iter().sum();
        masses.iter().map(|w| w / total).collect()
    })
}

/// Two histograms and a place in the plane for every cell.
fn histograms() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
    (masses(), masses(), prop::collection::vec(-1.0..1.0, 24))
}

/// Masses of the cells under a map of twelve cells to five.
fn mapped(masses: &[f64], map: &[usize]) -> Vec<f64> {
    let mut image = vec![0.0; 5];
    for (mass, &cell) in masses.iter().zip(map) {
        image[cell] += mass;
    }
    image
}

fn measure(masses: &[f64], places: &[f64]) -> DiscreteMeasure {
    let places = Array2::from_shape_vec((masses.len(), 2), places.to_vec()).unwrap();
    DiscreteMeasure::new(places, masses.to_vec().into()).unwrap()
}

/// The certified bracket of the earth mover's distance.
fn emd(p: &DiscreteMeasure, q: &DiscreteMeasure) -> (f64, f64) {
    let problem = OtProblem::new(p, q, Euclidean).unwrap();
    let solution = Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap();
    let certificate = solution.certify(&problem).certificate;
    (certificate.lower, certificate.upper)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1966),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/it/f_divergences/inequalities.regressions",
        ))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_divergence_is_between_0_and_its_ceiling((p, q, _) in histograms()) {
        for f in all() {
            let value = f.between(&p, &q);
            prop_assert!(0.0 <= value && value <= f.ceiling() * (1.0 + ROUNDING), "{f:?}: {value}");
            let swapped = f.swapped().between(&q, &p);
            prop_assert!(value == swapped || (value - swapped).abs() <= ROUNDING * value.max(1.0), "{f:?}");
            prop_assert_eq!(f.between(&p, &p), 0.0);
        }
        prop_assert!(FDivergence::JensenShannon.between(&p, &q) <= LN_2);
    }

    #[test]
    fn pinsker_hellinger_and_their_like((p, q, _) in histograms()) {
        let of = |f: FDivergence| f.between(&p, &q);
        let tv = of(FDivergence::TotalVariation);
        let (kl, chi2) = (of(FDivergence::KullbackLeibler), of(FDivergence::ChiSquared));
        let (h2, js) = (of(FDivergence::SquaredHellinger), of(FDivergence::JensenShannon));
        // Pinsker; Le Cam; Lin; KL ≤ ln(1 + χ²); Rényi grows with its order.
        prop_assert!(2.0 * tv * tv <= kl + ROUNDING);
        prop_assert!(h2 <= tv + ROUNDING && tv <= (h2 * (2.0 - h2)).sqrt() + ROUNDING);
        prop_assert!(js <= LN_2 * tv + ROUNDING);
        prop_assert!(0.5 * tv * tv <= js + ROUNDING);
        prop_assert!(kl <= chi2.ln_1p() + ROUNDING * chi2.max(1.0));
        let lsgan = of(FDivergence::LeastSquares);
        prop_assert!(2.0 * tv * tv <= lsgan + ROUNDING && lsgan <= 2.0 * tv + ROUNDING);
        let orders = [0.0, 0.3, 0.5, 1.0, 1.7, 4.0, f64::INFINITY].map(|alpha| renyi(alpha, &p, &q));
        prop_assert!(orders.windows(2).all(|o| o[0] <= o[1] + 1e-12 * o[0].max(1.0)), "{orders:?}");
        prop_assert!(bhattacharyya(&p, &q) <= 0.5 * kl + ROUNDING);
    }

    #[test]
    fn no_map_tells_measures_better_apart(
        (p, q, _) in histograms(),
        map in prop::collection::vec(0..5_usize, 12),
    ) {
        for f in all() {
            let (before, after) = (f.between(&p, &q), f.between(&mapped(&p, &map), &mapped(&q, &map)));
            prop_assert!(after <= before + ROUNDING * before.max(1.0), "{f:?}: {after} > {before}");
        }
    }

    #[test]
    fn transport_shrinks_under_1_lipschitz_maps_only((p, q, places) in histograms(), angle in 0.0..3.2) {
        let (source, target) = (measure(&p, &places), measure(&q, &places));
        let (lower, upper) = emd(&source, &target);
        let (cos, sin) = (f64::cos(angle), f64::sin(angle));
        let project = |measure: &DiscreteMeasure| {
            let line = measure.support().dot(&array![[cos], [sin]]);
            DiscreteMeasure::new(line, measure.mass().to_owned()).unwrap()
        };
        let (_, projected) = emd(&project(&source), &project(&target));
        prop_assert!(projected <= upper + ROUNDING, "{projected} > {upper}");
        let doubled = |m: &DiscreteMeasure| DiscreteMeasure::new(m.support().to_owned() * 2.0, m.mass().to_owned()).unwrap();
        let (twice, _) = emd(&doubled(&source), &doubled(&target));
        prop_assert!((twice - 2.0 * lower).abs() <= 1e-12);
    }

    #[test]
    fn transport_is_at_most_the_diameter_times_total_variation((p, q, places) in histograms()) {
        let (source, target) = (measure(&p, &places), measure(&q, &places));
        // Weak duality at its limit: the bracket closes.
        let (lower, upper) = emd(&source, &target);
        prop_assert!(upper - lower <= 1e-12);
        let rows: Vec<_> = places.chunks(2).collect();
        let distance = |a: &[f64], b: &[f64]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let diameter = rows.iter().flat_map(|a| rows.iter().map(move |b| distance(a, b))).fold(0.0, f64::max);
        let tv = FDivergence::TotalVariation.between(&p, &q);
        prop_assert!(lower <= diameter * tv + ROUNDING);
        let axes = array![[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]];
        let sliced = sliced_wasserstein(&source, &target, 1.0, axes.view()).unwrap();
        prop_assert!(sliced <= upper + ROUNDING);
        // ‖φ(x) − φ(y)‖² = 2 − 2 exp(−d²/2) ≤ d² of the kernel's features φ, σ = 1; √ of rounding.
        prop_assert!(mmd(&source, &target, 1.0).unwrap().sqrt() <= upper + 1e-7);
        prop_assert!(energy(&source, &target).unwrap().value <= 2.0 * upper + ROUNDING);
    }
}
