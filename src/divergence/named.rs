//! Everything that compares masses on common cells, by its short name: the upper half of the table
//! of `deblais divergence`.

use super::{FDivergence, bhattacharyya, renyi};

/// Short names, in the order of the table.
pub const NAMES: [&str; 12] = [
    "kl",
    "kl_reverse",
    "js",
    "tv",
    "hellinger2",
    "chi2",
    "chi2_reverse",
    "jeffreys",
    "alpha",
    "renyi",
    "bhattacharyya",
    "lsgan",
];

/// All of [`NAMES`] between masses on the same cells, in this order; α is the order of `alpha` and
/// `renyi`.
///
/// ```
/// use deblais::divergence::named::{NAMES, values};
/// let js = NAMES.iter().position(|name| *name == "js").unwrap();
/// assert_eq!(values(0.5, &[1.0, 0.0], &[0.0, 1.0])[js], std::f64::consts::LN_2);
/// ```
///
/// # Panics
/// As [`FDivergence::between`].
#[must_use]
pub fn values(alpha: f64, p: &[f64], q: &[f64]) -> [f64; NAMES.len()] {
    let f = f_divergences(alpha).map(|f| f.map(|f| f.between(p, q)));
    std::array::from_fn(|k| {
        f[k].unwrap_or_else(|| {
            if NAMES[k] == "renyi" { renyi(alpha, p, q) } else { bhattacharyya(p, q) }
        })
    })
}

/// The largest value that each of [`NAMES`] has, that of disjoint measures, where it is finite.
#[must_use]
pub fn ceilings(alpha: f64) -> [Option<f64>; NAMES.len()] {
    f_divergences(alpha).map(|f| f.map(FDivergence::ceiling).filter(|most| most.is_finite()))
}

/// The f-divergences among [`NAMES`].
fn f_divergences(alpha: f64) -> [Option<FDivergence>; NAMES.len()] {
    [
        Some(FDivergence::KullbackLeibler),
        Some(FDivergence::ReverseKullbackLeibler),
        Some(FDivergence::JensenShannon),
        Some(FDivergence::TotalVariation),
        Some(FDivergence::SquaredHellinger),
        Some(FDivergence::ChiSquared),
        Some(FDivergence::ReverseChiSquared),
        Some(FDivergence::Jeffreys),
        Some(FDivergence::Alpha(alpha)),
        None,
        None,
        Some(FDivergence::LeastSquares),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disjoint_measures_are_at_every_ceiling() {
        let (found, most) = (values(0.5, &[2.0, 0.0], &[0.0, 3.0]), ceilings(0.5));
        for (k, name) in NAMES.iter().enumerate() {
            assert_eq!(found[k], most[k].unwrap_or(f64::INFINITY), "{name}");
        }
    }
}
