//! The table of divergences by short name: those that compare masses on common cells ([`NAMES`]), and
//! those that depend on the distance between the points ([`DISTANCES`]).

use super::{FDivergence, bhattacharyya, renyi};

/// Short names of the divergences between masses on common cells, in the order of the table.
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

/// Short names of the divergences that depend on the distance between the points, in the order of the
/// table. Transport distances are computed by the solvers.
pub const DISTANCES: [&str; 6] = ["emd", "w2", "sliced", "energy", "mmd", "sinkhorn"];

/// The full name of one of [`NAMES`] or [`DISTANCES`].
///
/// ```
/// use deblais::divergence::named::long_name;
/// assert_eq!(long_name("emd"), Some("earth mover's distance"));
/// assert_eq!(long_name("taxi"), None);
/// ```
#[must_use]
pub fn long_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "kl" => "Kullback–Leibler KL(P‖Q)",
        "kl_reverse" => "Kullback–Leibler KL(Q‖P)",
        "js" => "Jensen–Shannon",
        "tv" => "total variation",
        "hellinger2" => "squared Hellinger",
        "chi2" => "Pearson's χ²",
        "chi2_reverse" => "Neyman's χ²",
        "jeffreys" => "Jeffreys",
        "alpha" => "α-divergence",
        "renyi" => "Rényi",
        "bhattacharyya" => "Bhattacharyya",
        "lsgan" => "LSGAN's χ²",
        "emd" => "earth mover's distance",
        "w2" => "Wasserstein W_2",
        "sliced" => "sliced Wasserstein",
        "energy" => "energy distance",
        "mmd" => "squared MMD",
        "sinkhorn" => "Sinkhorn divergence",
        _ => return None,
    })
}

/// The f-divergence of this name, if it is the name of one; α is the order of `alpha`.
///
/// ```
/// use deblais::divergence::FDivergence;
/// use deblais::divergence::named::f_divergence;
/// assert_eq!(f_divergence("js", 0.5), Some(FDivergence::JensenShannon));
/// assert_eq!(f_divergence("renyi", 0.5), None);
/// ```
#[must_use]
pub fn f_divergence(name: &str, alpha: f64) -> Option<FDivergence> {
    Some(match name {
        "kl" => FDivergence::KullbackLeibler,
        "kl_reverse" => FDivergence::ReverseKullbackLeibler,
        "js" => FDivergence::JensenShannon,
        "tv" => FDivergence::TotalVariation,
        "hellinger2" => FDivergence::SquaredHellinger,
        "chi2" => FDivergence::ChiSquared,
        "chi2_reverse" => FDivergence::ReverseChiSquared,
        "jeffreys" => FDivergence::Jeffreys,
        "alpha" => FDivergence::Alpha(alpha),
        "lsgan" => FDivergence::LeastSquares,
        _ => return None,
    })
}

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
    NAMES.map(|name| match f_divergence(name, alpha) {
        Some(f) => f.between(p, q),
        None if name == "renyi" => renyi(alpha, p, q),
        None => bhattacharyya(p, q),
    })
}

/// The largest value that each of [`NAMES`] has, that of disjoint measures, where it is finite.
#[must_use]
pub fn ceilings(alpha: f64) -> [Option<f64>; NAMES.len()] {
    NAMES.map(|name| {
        f_divergence(name, alpha).map(FDivergence::ceiling).filter(|most| most.is_finite())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_name_has_a_long_one() {
        assert!(NAMES.iter().chain(&DISTANCES).all(|name| long_name(name).is_some()));
    }

    #[test]
    fn disjoint_measures_are_at_every_ceiling() {
        let (found, most) = (values(0.5, &[2.0, 0.0], &[0.0, 3.0]), ceilings(0.5));
        for (k, name) in NAMES.iter().enumerate() {
            assert_eq!(found[k], most[k].unwrap_or(f64::INFINITY), "{name}");
        }
    }
}
