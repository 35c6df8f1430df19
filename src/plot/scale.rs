//! From a mass to a shade and a number.

use plotters::style::RGBColor;

use super::palette;

/// Masses spanning more than this factor are shaded by their logarithm.
const LARGEST_LINEAR_RATIO: f64 = 1e3;

/// Masses below this fraction of the largest do not extend the scale: they are rounding.
const ROUNDING_SHARE: f64 = 1e-12;

/// One cell in this many is ignored when the scale is chosen: at the corners of its staircase a plan
/// has cells of any small mass.
const CELLS_PER_IGNORED: usize = 20;

/// The lightest cells that together hold at most this share of the mass are ignored when the scale
/// is chosen: an entropic plan has a little mass everywhere.
const FAINT_MASS_SHARE: f64 = 1e-4;

/// The shading of masses; those below the scale are shaded as its lower end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MassScale {
    /// From 0 to this mass.
    Linear(f64),
    /// Between two powers of ten.
    Logarithmic(i32, i32),
}

impl MassScale {
    /// The scale that fits these masses.
    pub(super) fn fitting(masses: impl Iterator<Item = f64>) -> Self {
        let mut masses: Vec<f64> = masses.filter(|&mass| mass > 0.0).collect();
        masses.sort_unstable_by(f64::total_cmp);
        let most = masses.last().copied().unwrap_or(0.0);
        masses.retain(|&mass| mass >= ROUNDING_SHARE * most);
        let faint = FAINT_MASS_SHARE * masses.iter().sum::<f64>();
        let mut held = 0.0;
        let is_faint = |mass: &&f64| {
            held += **mass;
            held <= faint
        };
        let lighter =
            masses.iter().take_while(is_faint).count().max(masses.len() / CELLS_PER_IGNORED);
        let least = masses.get(lighter).copied().unwrap_or(most);
        if most > 0.0 && most / least > LARGEST_LINEAR_RATIO {
            Self::Logarithmic(whole(least.log10().floor()), whole(most.log10().ceil()))
        } else if most > 0.0 {
            Self::Linear(most)
        } else {
            Self::Linear(1.0)
        }
    }

    /// The place of a mass between the ends of the scale, 0 to 1.
    pub(super) fn place(self, mass: f64) -> f64 {
        let place = match self {
            Self::Linear(most) => mass / most,
            Self::Logarithmic(low, high) => (mass.log10() - f64::from(low)) / f64::from(high - low),
        };
        place.clamp(0.0, 1.0)
    }

    /// The color of a mass; none at all is the page's own white.
    pub(super) fn shade(self, mass: f64) -> RGBColor {
        if mass > 0.0 { palette::sequential(self.place(mass)) } else { palette::PAPER }
    }

    /// Marks for the color bar: place between 0 and 1, and text.
    pub(super) fn ticks(self) -> Vec<(f64, String)> {
        match self {
            Self::Linear(most) => {
                let marks = round_marks(0.0, most, 5.0);
                marks.into_iter().map(|(value, text)| (value / most, text)).collect()
            }
            Self::Logarithmic(low, high) => {
                let step = (high - low + 7) / 8;
                let span = f64::from(high - low);
                (low..=high)
                    .step_by(step.unsigned_abs() as usize)
                    .map(|power| (f64::from(power - low) / span, format!("10{}", raised(power))))
                    .collect()
            }
        }
    }
}

/// Round numbers from `low` to `high`, about `count` of them, with the digits that distinguish them
/// apart; none for a range that is empty or not finite.
pub(super) fn round_marks(low: f64, high: f64, count: f64) -> Vec<(f64, String)> {
    let step = nice_step((high - low) / count);
    if !(step > 0.0 && step.is_finite()) {
        return Vec::new();
    }
    let decimals = decimals_for(step);
    let largest = low.abs().max(high.abs());
    let plain = (1e-3..1e5).contains(&largest) || largest / step >= 1e3;
    let text = |value: f64| if plain { format!("{value:.decimals$}") } else { number(value) };
    let first = (low / step - 1e-9).ceil();
    let inside = (high / step + 1e-9).floor() - first;
    // `+ 0.0` turns −0 into 0.
    let value = |k: i32| (first + f64::from(k)) * step + 0.0;
    (0..=whole(inside)).map(value).map(|value| (value, text(value))).collect()
}

/// The next of 1, 2, 5 times a power of ten at or above `rough` > 0.
pub(super) fn nice_step(rough: f64) -> f64 {
    let power = 10.0_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0].map(|k| k * power).into_iter().find(|s| *s >= rough * (1.0 - 1e-9));
    step.unwrap_or(10.0 * power)
}

/// Number of decimals that distinguish multiples of `step`.
fn decimals_for(step: f64) -> usize {
    whole((-step.log10()).ceil().max(0.0) + 1e-9).unsigned_abs() as usize
}

/// A number with three significant digits: 0.0333, 12.5, 3.2×10⁻⁵.
pub(super) fn number(value: f64) -> String {
    rounded(value, 3)
}

/// A number with at most `digits` significant digits.
pub(super) fn rounded(value: f64, digits: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rounded first, so that 9.996 is 10 and not 10.0.
    let rounded = format!("{value:.*e}", (digits - 1).unsigned_abs() as usize);
    let Some((mantissa, power)) = rounded.split_once('e') else { return rounded };
    let power: i32 = power.parse().unwrap_or(0);
    let trim = |text: &str| {
        let end = if text.contains('.') { text.trim_end_matches('0').len() } else { text.len() };
        text[..end].trim_end_matches('.').to_owned()
    };
    if (-3..5).contains(&power) {
        trim(&format!("{value:.*}", (digits - 1 - power).max(0).unsigned_abs() as usize))
    } else {
        format!("{}×10{}", trim(mantissa), raised(power))
    }
}

/// An exponent in raised digits.
pub(super) fn raised(power: i32) -> String {
    let raise = |letter: char| match letter {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
    };
    power.to_string().chars().map(raise).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "exponents and counts of marks are small")]
fn whole(x: f64) -> i32 {
    x as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (9.996, "10"),
            (0.033_333, "0.0333"),
            (0.25, "0.25"),
            (1234.5, "1234"),
            (100.0, "100"),
            (-0.5, "-0.5"),
            (3.2e-5, "3.2×10⁻⁵"),
            (1.0 / 3.0, "0.333"),
            (6e23, "6×10²³"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn the_scale_is_linear_until_masses_span_three_decades() {
        assert_eq!(MassScale::fitting([0.5, 0.001].into_iter()), MassScale::Linear(0.5));
        assert_eq!(MassScale::fitting([0.5, 0.0001].into_iter()), MassScale::Logarithmic(-4, 0));
        assert_eq!(MassScale::fitting([0.5, 1e-17].into_iter()), MassScale::Linear(0.5));
        let slivers = (1..100).map(|k| if k == 50 { 1e-6 } else { f64::from(k) });
        assert_eq!(MassScale::fitting(slivers), MassScale::Linear(99.0));
        let entropic = (0..100).flat_map(|k| [0.02, 5e-6, 1e-9 * f64::from(k)]);
        assert_eq!(MassScale::fitting(entropic), MassScale::Logarithmic(-6, -1));
        assert_eq!(MassScale::fitting(std::iter::empty()), MassScale::Linear(1.0));
    }

    #[test]
    fn the_least_mass_is_not_white_and_the_most_is_darkest() {
        for scale in [MassScale::Linear(2.0), MassScale::Logarithmic(-9, 1)] {
            assert_eq!(scale.shade(0.0), palette::PAPER);
            assert_ne!(scale.shade(1e-30), palette::PAPER);
        }
        assert_eq!(MassScale::Linear(2.0).shade(2.0), palette::sequential(1.0));
    }

    #[test]
    fn marks_are_round_numbers_inside_the_scale() {
        let text = |scale: MassScale| -> Vec<String> {
            let ticks = scale.ticks();
            assert!(ticks.iter().all(|tick| (0.0..=1.0 + 1e-9).contains(&tick.0)), "{ticks:?}");
            ticks.into_iter().map(|tick| tick.1).collect()
        };
        assert_eq!(text(MassScale::Linear(1.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(text(MassScale::Linear(0.02)).len(), 5);
        assert_eq!(text(MassScale::Linear(3e-7))[1], "1×10⁻⁷");
        let texts = |low, high| round_marks(low, high, 5.0).into_iter().map(|mark| mark.1);
        assert!(texts(-1.0, 1.0).eq(["-1.0", "-0.5", "0.0", "0.5", "1.0"]));
        assert!(texts(1e8, 1e8 + 0.1).eq([
            "100000000.00",
            "100000000.02",
            "100000000.04",
            "100000000.06",
            "100000000.08",
            "100000000.10"
        ]));
        assert!(texts(-2e-9, 2e-9).eq(["-2×10⁻⁹", "-1×10⁻⁹", "0", "1×10⁻⁹", "2×10⁻⁹"]));
        for (low, high) in [(0.0, 0.0), (0.0, f64::INFINITY), (1.0, f64::NAN)] {
            assert!(round_marks(low, high, 5.0).is_empty());
        }
        assert_eq!(text(MassScale::Logarithmic(-2, 1)), ["10⁻²", "10⁻¹", "10⁰", "10¹"]);
        assert!(text(MassScale::Logarithmic(-300, 10)).len() <= 9);
    }
}
