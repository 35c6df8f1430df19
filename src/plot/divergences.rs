//! The look of each divergence: one name, color and kind of line in every picture.
//!
//! Three families share the colors of the [`palette`]: those with a ceiling, those without, and
//! distances. Dashes distinguish divergences of one family; marks distinguish related families.

use plotters::style::RGBColor;

use super::Curve;
use super::palette::{BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY_BLUE, VERMILLION};

/// The kind of line of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CurveStyle {
    Solid,
    Dashed,
    Marked,
}

use CurveStyle::{Dashed, Marked, Solid};

/// Short name, name in pictures, look.
const LOOKS: [(&str, &str, RGBColor, CurveStyle); 18] = [
    ("js", "JS", ORANGE, Solid),
    ("tv", "total variation", SKY_BLUE, Solid),
    ("hellinger2", "squared Hellinger", PURPLE, Solid),
    ("lsgan", "LSGAN's χ²", ORANGE, Dashed),
    ("kl", "KL(P‖Q)", VERMILLION, Solid),
    ("kl_reverse", "KL(Q‖P)", VERMILLION, Dashed),
    ("jeffreys", "Jeffreys", VERMILLION, Marked),
    ("chi2", "Pearson's χ²", SKY_BLUE, Dashed),
    ("chi2_reverse", "Neyman's χ²", SKY_BLUE, Marked),
    ("alpha", "α-divergence", PURPLE, Dashed),
    ("renyi", "Rényi", PURPLE, Marked),
    ("bhattacharyya", "Bhattacharyya", ORANGE, Marked),
    ("emd", "EMD", GREEN, Solid),
    ("w2", "W₂", GREEN, Dashed),
    ("sliced", "sliced W₂", GREEN, Marked),
    ("sinkhorn", "Sinkhorn divergence", BLUE, Solid),
    ("energy", "energy distance", BLUE, Dashed),
    ("mmd", "squared MMD", BLACK, Solid),
];

impl Curve {
    /// The divergence with this short name (`js`, `emd`, …), in its own look. Other names get the
    /// next color in turn.
    #[must_use]
    pub fn divergence(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let Some(&(_, title, color, line)) = LOOKS.iter().find(|look| look.0 == name) else {
            return Self::new(name, points);
        };
        let curve = Self::new(title, points).colored(color);
        match line {
            Solid => curve,
            Dashed => curve.dashed(),
            Marked => curve.marked(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_look_the_same() {
        for (k, a) in LOOKS.iter().enumerate() {
            assert!(LOOKS[..k].iter().all(|b| a.0 != b.0 && (a.2, a.3) != (b.2, b.3)), "{a:?}");
        }
    }
}
