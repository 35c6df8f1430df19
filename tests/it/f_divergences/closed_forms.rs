//! Closed forms to 1e-12: Bernoulli, discrete uniform, uniform densities, normal densities, disjoint
//! supports.

use std::f64::consts::{LN_2, TAU};

use deblais::divergence::{FDivergence, bhattacharyya, renyi};

use super::all;

fn close(found: f64, expected: f64, what: &str) {
    let allowed = 1e-12 * expected.abs().max(1.0);
    assert!((found - expected).abs() <= allowed, "{what}: {found} is not {expected}");
}

#[test]
fn bernoulli() {
    for (a, b) in [(0.3_f64, 0.6_f64), (0.01, 0.99), (0.5, 0.500_001)] {
        let (p, q) = ([a, 1.0 - a], [b, 1.0 - b]);
        let sum = |term: fn(f64, f64) -> f64| term(a, b) + term(1.0 - a, 1.0 - b);
        let half = |f: f64, g: f64| 0.5 * (f + g);
        let m = [half(a, b), 1.0 - half(a, b)];
        let kl = |p: &[f64; 2], q: &[f64; 2]| p[0] * (p[0] / q[0]).ln() + p[1] * (p[1] / q[1]).ln();
        for (f, expected) in [
            (FDivergence::KullbackLeibler, kl(&p, &q)),
            (FDivergence::ReverseKullbackLeibler, kl(&q, &p)),
            (FDivergence::JensenShannon, half(kl(&p, &m), kl(&q, &m))),
            (FDivergence::TotalVariation, (a - b).abs()),
            (FDivergence::SquaredHellinger, 1.0 - sum(|p, q| (p * q).sqrt())),
            (FDivergence::ChiSquared, (a - b).powi(2) / (b * (1.0 - b))),
            (FDivergence::ReverseChiSquared, (a - b).powi(2) / (a * (1.0 - a))),
            (FDivergence::Jeffreys, kl(&p, &q) + kl(&q, &p)),
            (FDivergence::Alpha(0.5), 4.0 * (1.0 - sum(|p, q| (p * q).sqrt()))),
            (FDivergence::Alpha(2.0), 0.5 * (a - b).powi(2) / (b * (1.0 - b))),
            (FDivergence::LeastSquares, (a - b).powi(2) * (1.0 / (a + b) + 1.0 / (2.0 - a - b))),
        ] {
            close(f.between(&p, &q), expected, &format!("{f:?} of {a} and {b}"));
        }
        close(renyi(2.0, &p, &q), sum(|p, q| p * p / q).ln(), "Rényi");
        close(bhattacharyya(&p, &q), -sum(|p, q| (p * q).sqrt()).ln(), "Bhattacharyya");
    }
}

#[test]
fn uniform_on_nested_supports() {
    // P uniform on 3 of the 5 cells of Q: t = 5/3 there, 0 elsewhere.
    let (p, q) = ([1.0, 1.0, 1.0, 0.0, 0.0], [1.0; 5]);
    let t = 5.0_f64 / 3.0;
    close(FDivergence::KullbackLeibler.between(&p, &q), t.ln(), "KL");
    close(FDivergence::TotalVariation.between(&p, &q), 0.4, "TV");
    close(FDivergence::SquaredHellinger.between(&p, &q), 1.0 - 0.6_f64.sqrt(), "H²");
    close(FDivergence::ChiSquared.between(&p, &q), t - 1.0, "χ²");
    close(
        FDivergence::LeastSquares.between(&p, &q),
        0.4 + 3.0 * (2.0_f64 / 15.0).powi(2) * 15.0 / 8.0,
        "LSGAN",
    );
    for f in [
        FDivergence::ReverseKullbackLeibler,
        FDivergence::ReverseChiSquared,
        FDivergence::Jeffreys,
        FDivergence::Alpha(-0.5),
    ] {
        assert_eq!(f.between(&p, &q), f64::INFINITY, "{f:?}");
    }
    for order in [0.0, 0.5, 1.0, 2.0, f64::INFINITY] {
        close(renyi(order, &p, &q), t.ln(), "Rényi does not depend on its order");
    }
}

/// N(mean, deviation²) as masses of a fine grid: sums of smooth densities that vanish at both ends
/// are integrals to rounding.
fn normal(mean: f64, deviation: f64) -> Vec<f64> {
    let steps = 12_000;
    (0..=steps)
        .map(|k| {
            let z = (-30.0 + 60.0 * f64::from(k) / f64::from(steps) - mean) / deviation;
            (-0.5 * z * z).exp() / (deviation * TAU.sqrt())
        })
        .collect()
}

#[test]
fn normal_densities() {
    for (m, s, n, t) in [(0.0_f64, 1.0_f64, 1.0_f64, 1.0_f64), (0.3, 1.1, -0.5, 1.3)] {
        let (p, q) = (normal(m, s), normal(n, t));
        let shift = (m - n).powi(2);
        let kl = |s: f64, t: f64| (t / s).ln() + (s * s + shift) / (2.0 * t * t) - 0.5;
        close(FDivergence::KullbackLeibler.between(&p, &q), kl(s, t), "KL");
        close(FDivergence::ReverseKullbackLeibler.between(&p, &q), kl(t, s), "reverse KL");
        close(FDivergence::Jeffreys.between(&p, &q), kl(s, t) + kl(t, s), "Jeffreys");
        let both = s * s + t * t;
        let affinity = (2.0 * s * t / both).sqrt() * (-shift / (4.0 * both)).exp();
        close(FDivergence::SquaredHellinger.between(&p, &q), 1.0 - affinity, "H²");
        close(bhattacharyya(&p, &q), -affinity.ln(), "Bhattacharyya");
        // van Erven, Harremoës 2014, eq. 10.
        for a in [0.3, 2.0] {
            let v = (1.0 - a) * s * s + a * t * t;
            let log = (v.sqrt() / (s.powf(1.0 - a) * t.powf(a))).ln();
            let expected = a * shift / (2.0 * v) + log / (1.0 - a);
            close(renyi(a, &p, &q), expected, "Rényi");
            let alpha = ((a - 1.0) * expected).exp_m1() / (a * (a - 1.0));
            close(FDivergence::Alpha(a).between(&p, &q), alpha, "α");
        }
        let chi2 = renyi(2.0, &p, &q).exp_m1();
        close(FDivergence::ChiSquared.between(&p, &q), chi2, "χ²");
    }
}

#[test]
fn disjoint_histograms_have_the_largest_value_exactly_and_a_dead_gradient() {
    // A block of masses that moves over 40 cells; the other block stays where it is.
    let fixed = |cell: usize| if (4..8).contains(&cell) { 0.1 + cell as f64 } else { 0.0 };
    let q: Vec<f64> = (0..40).map(fixed).collect();
    let moved = |shift: usize| -> Vec<f64> {
        let block = [0.3, 0.1, 0.7];
        (0..40)
            .map(|cell: usize| {
                cell.checked_sub(shift).and_then(|k| block.get(k).copied()).unwrap_or(0.0)
            })
            .collect()
    };
    for f in all() {
        for shift in 8..37 {
            assert_eq!(f.between(&moved(shift), &q), f.ceiling(), "{f:?} at {shift}");
        }
    }
    let js = |shift: usize| FDivergence::JensenShannon.between(&moved(shift), &q);
    assert_eq!(js(20), LN_2);
    assert_eq!((js(21) - js(19)) / 2.0, 0.0, "its derivative");
    assert!(js(6) < LN_2, "until they touch");
    assert_eq!(FDivergence::LeastSquares.ceiling(), 2.0);
    assert_eq!(renyi(0.5, &moved(20), &q), f64::INFINITY);
}
