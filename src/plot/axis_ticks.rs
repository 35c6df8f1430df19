//! One axis: from a value to a place between 0 and 1, and its round marks.

use super::scale::{number, raised, round_marks};

/// Values that differ by less than this part of the largest count as one value.
const RELATIVE_ROUNDING: f64 = 1e-12;

/// Spans below this count as zero: the steps between marks would leave the range of `f64`.
const LEAST_SPAN: f64 = 1e-290;

/// White beyond the outermost values, as a fraction of the axis.
const PADDING_SHARE: f64 = 0.04;

/// The scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum AxisScale {
    Linear,
    /// Equal ratios take equal lengths; values ≤ 0 have no place.
    Logarithmic,
    /// Logarithmic on both sides of 0 and linear within this distance of it.
    Symmetric(f64),
}

impl AxisScale {
    /// A length proportional to the distance from a fixed place, or NaN for a value without one.
    fn length(self, value: f64) -> f64 {
        match self {
            // Halved, so that a span as wide as f64 allows does not overflow.
            Self::Linear => value / 2.0,
            Self::Logarithmic if value > 0.0 => value.log10(),
            Self::Logarithmic => f64::NAN,
            Self::Symmetric(core) => match value.abs() / core {
                near if near <= 1.0 => near.copysign(value),
                far => (1.0 + far.log10()).copysign(value),
            },
        }
    }

    /// The inverse of [`AxisScale::length`].
    fn value(self, length: f64) -> f64 {
        match self {
            Self::Linear => 2.0 * length,
            Self::Logarithmic => 10.0_f64.powf(length),
            Self::Symmetric(core) if length.abs() <= 1.0 => core * length,
            Self::Symmetric(core) => (core * 10.0_f64.powf(length.abs() - 1.0)).copysign(length),
        }
    }

    /// Whether a value has a place on such an axis.
    fn has(self, value: f64) -> bool {
        value.is_finite() && self.length(value).is_finite()
    }
}

/// An axis from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ValueAxis {
    law: AxisScale,
    low: f64,
    high: f64,
}

impl ValueAxis {
    /// An axis between two finite values, `low < high`.
    pub(super) fn between(law: AxisScale, low: f64, high: f64) -> Self {
        Self { law, low, high }
    }

    /// An axis on which all these values have room, as far as they have a place at all.
    pub(super) fn over(law: AxisScale, values: impl Iterator<Item = f64>, padded: bool) -> Self {
        let ends =
            values.filter(|&value| law.has(value)).fold(None, |ends: Option<(f64, f64)>, value| {
                match ends {
                    None => Some((value, value)),
                    Some((low, high)) => Some((low.min(value), high.max(value))),
                }
            });
        let (low, high) = ends.unwrap_or(match law {
            AxisScale::Logarithmic => (0.1, 10.0),
            _ => (0.0, 1.0),
        });
        let size = low.abs().max(high.abs());
        if high / 2.0 - low / 2.0 <= (RELATIVE_ROUNDING * size).max(LEAST_SPAN) {
            return Self::around(law, low);
        }
        if !padded {
            return Self { law, low, high };
        }
        let (from, to) = (law.length(low), law.length(high));
        let padding = PADDING_SHARE * (to - from);
        let (from, to) = (law.value(from - padding), law.value(to + padding));
        // A value at the end of the range of f64 has nothing beyond it.
        let inside = |padded: f64, value: f64| if law.has(padded) { padded } else { value };
        Self { law, low: inside(from, low), high: inside(to, high) }
    }

    /// An axis with one value in its middle.
    fn around(law: AxisScale, value: f64) -> Self {
        let (low, high) = match law {
            AxisScale::Logarithmic => (value / 2.0, value * 2.0),
            _ if value.abs() <= LEAST_SPAN => (-1.0, 1.0),
            _ => (value - 0.1 * value.abs(), value + 0.1 * value.abs()),
        };
        let inside = |end: f64| if law.has(end) { end } else { value };
        Self { law, low: inside(low), high: inside(high) }
    }

    /// The distance from 0 within which an axis is linear, as its own marks would write it.
    pub(super) fn core(self) -> Option<String> {
        let AxisScale::Symmetric(core) = self.law else { return None };
        let power = whole(core.log10().round());
        Some(deviation(power, power))
    }

    /// The place of a value: 0 at the low end, 1 at the high end; NaN if it has none.
    pub(super) fn place(self, value: f64) -> f64 {
        let (low, high) = (self.law.length(self.low), self.law.length(self.high));
        if value.is_finite() { (self.law.length(value) - low) / (high - low) } else { f64::NAN }
    }

    /// The ends: low, high.
    pub(super) fn ends(self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Round marks as places and texts, about `pitch` apart on an axis of this length and never
    /// touching: `need` is what a text takes along the axis.
    pub(super) fn marks(
        self,
        length: f64,
        pitch: f64,
        need: impl Fn(&str) -> f64,
    ) -> Vec<(f64, String)> {
        /// Factor on the number of marks, applied until they fit.
        const COUNT_FACTOR: f64 = 0.7;
        let mut count = (length / pitch).max(1.0);
        loop {
            let values = self.round(count);
            let mut marks: Vec<_> =
                values.into_iter().map(|(value, text)| (self.place(value), text)).collect();
            marks.retain(|(place, _)| (-1e-9..=1.0 + 1e-9).contains(place));
            let fits = marks.windows(2).all(|pair| {
                let room = (pair[1].0 - pair[0].0) * length;
                room >= f64::midpoint(need(&pair[0].1), need(&pair[1].1))
            });
            if fits {
                return marks;
            }
            if count <= 1.0 {
                marks.truncate(1);
                return marks;
            }
            count = (count * COUNT_FACTOR).max(1.0);
        }
    }

    /// About `count` round values and their texts.
    fn round(self, count: f64) -> Vec<(f64, String)> {
        match self.law {
            AxisScale::Linear => round_marks(self.low, self.high, count),
            AxisScale::Logarithmic => self.round_ratios(count),
            AxisScale::Symmetric(core) => self.round_deviations(core, count),
        }
    }

    /// Powers of ten; 1, 2, 5 times those where few are in sight; steps within less than a decade.
    fn round_ratios(self, count: f64) -> Vec<(f64, String)> {
        let (first, last) =
            (whole((self.low.log10() - 1e-9).ceil()), whole(self.high.log10() + 1e-9));
        let last = if self.high < 1.0 { whole((self.high.log10() + 1e-9).floor()) } else { last };
        let decades = f64::from(last - first + 1);
        if decades < 2.0 || 3.0 * decades <= count {
            let steps = (first - 1..=last)
                .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10.0_f64.powi(power)));
            let inside = |value: &f64| (self.low..=self.high).contains(value);
            let marks: Vec<_> = steps.filter(inside).map(|v| (v, number(v))).collect();
            return if marks.len() < 3 { round_marks(self.low, self.high, count) } else { marks };
        }
        let step = whole((decades / count).ceil()).max(1);
        let plain = first >= -3 && last <= 4;
        (first..=last)
            .filter(|power| power.rem_euclid(step) == 0)
            .map(|power| {
                let value = 10.0_f64.powi(power);
                (value, if plain { number(value) } else { format!("10{}", raised(power)) })
            })
            .collect()
    }

    /// 0 and powers of ten on both sides of it, as percentages unless they are tiny.
    fn round_deviations(self, core: f64, count: f64) -> Vec<(f64, String)> {
        let lowest = whole(core.log10().round());
        let most = self.low.abs().max(self.high.abs());
        let highest = whole((most.log10() + 1e-9).floor()).max(lowest);
        let decades = f64::from(highest - lowest + 1);
        // Powers of ten are short: they may stand closer than other numbers.
        let step = whole((decades / count).ceil()).max(1);
        let text = |power: i32| deviation(power, lowest);
        let powers: Vec<i32> =
            (lowest..=highest).filter(|power| (highest - power) % step == 0).collect();
        let side = |sign: f64| {
            let written = if sign < 0.0 { "−" } else { "+" };
            let mark = move |&power: &i32| {
                (sign * 10.0_f64.powi(power), format!("{written}{}", text(power)))
            };
            powers.iter().map(mark).collect::<Vec<_>>()
        };
        let mut marks: Vec<_> = side(-1.0).into_iter().rev().collect();
        marks.push((0.0, "0".to_owned()));
        marks.extend(side(1.0));
        marks
    }
}

/// 10 to a power as a relative deviation: a percentage, unless the least one shown is tiny.
fn deviation(power: i32, least: i32) -> String {
    if least >= -5 {
        format!("{}\u{a0}%", number(10.0_f64.powi(power + 2)))
    } else if power == 0 {
        "1".to_owned()
    } else {
        format!("10{}", raised(power))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "exponents are small")]
fn whole(x: f64) -> i32 {
    x as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: ValueAxis, length: f64) -> Vec<String> {
        let marks = axis.marks(length, 80.0, |text| 8.0 * text.chars().count() as f64);
        for pair in marks.windows(2) {
            let room = 4.0 * (pair[0].1.chars().count() + pair[1].1.chars().count()) as f64;
            assert!((pair[1].0 - pair[0].0) * length >= room, "{marks:?} touch");
        }
        assert!(marks.iter().all(|mark| (-1e-9..=1.0 + 1e-9).contains(&mark.0)), "{marks:?}");
        marks.into_iter().map(|mark| mark.1).collect()
    }

    #[test]
    fn places_and_values_are_inverse_and_grow_together() {
        for law in [AxisScale::Linear, AxisScale::Logarithmic, AxisScale::Symmetric(1e-3)] {
            for value in [1e-5, 1e-3, 0.4, 7.0, 1e6] {
                let there = law.value(law.length(value));
                assert!((there - value).abs() < 1e-12 * value, "{law:?} {value} {there}");
            }
        }
        let axis = ValueAxis::between(AxisScale::Symmetric(0.01), -1.0, 10.0);
        let places = [-1.0, -0.1, -0.01, 0.0, 0.01, 0.1, 1.0, 10.0].map(|v| axis.place(v));
        for (k, place) in places.into_iter().enumerate() {
            assert!((place - k as f64 / 7.0).abs() < 1e-12, "{place}: a decade is a step");
        }
    }

    #[test]
    fn marks_are_round_and_do_not_touch() {
        let log = |low, high| ValueAxis::between(AxisScale::Logarithmic, low, high);
        assert_eq!(texts(log(0.01, 100.0), 400.0), ["0.01", "0.1", "1", "10", "100"]);
        assert_eq!(texts(log(0.5, 30.0), 600.0), ["0.5", "1", "2", "5", "10", "20"]);
        assert_eq!(texts(log(1e-9, 1e-5), 300.0).first().unwrap(), "10⁻⁸");
        assert_eq!(texts(log(1.2, 1.9), 400.0), ["1.2", "1.4", "1.6", "1.8"]);
        let symmetric = ValueAxis::between(AxisScale::Symmetric(1e-3), -0.1, 0.1);
        let expected = ["−10\u{a0}%", "−1\u{a0}%", "−0.1\u{a0}%", "0", "+0.1\u{a0}%"];
        assert_eq!(texts(symmetric, 700.0)[..5], expected);
        let far = ValueAxis::between(AxisScale::Linear, 1e8, 1e8 + 0.1);
        assert!(!texts(far, 200.0).is_empty());
        assert!(texts(far, 10.0).len() <= 1);
    }

    #[test]
    fn axes_hold_what_they_show_and_degenerate_data_have_one() {
        let over = |law, values: &[f64]| ValueAxis::over(law, values.iter().copied(), true);
        let axis = over(AxisScale::Logarithmic, &[1e-3, -2.0, 0.0, 10.0, f64::NAN, f64::INFINITY]);
        let (low, high) = axis.ends();
        assert!(low < 1e-3 && low > 1e-4 && high > 10.0 && high < 100.0);
        assert!(axis.place(-1.0).is_nan() && axis.place(f64::INFINITY).is_nan());
        for law in [AxisScale::Linear, AxisScale::Logarithmic, AxisScale::Symmetric(0.1)] {
            let samples: [&[f64]; 7] = [
                &[],
                &[0.0],
                &[3.0, 3.0],
                &[-1.0],
                &[f64::MAX],
                &[f64::MAX, -f64::MAX],
                &[1.0, 1.0 + 1e-15],
            ];
            for sample in samples {
                let (low, high) = over(law, sample).ends();
                assert!(low < high && low.is_finite() && high.is_finite(), "{law:?} {sample:?}");
                texts(over(law, sample), 500.0);
            }
        }
    }
}
