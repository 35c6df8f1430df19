//! Schedules: the step size as it falls during training.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The step size as a factor of the first one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Always 1.
    Constant,
    /// Straight down to 0.
    Linear,
    /// Down to 0 along half a period of the cosine (Loshchilov, Hutter 2017, "SGDR", ICLR).
    Cosine,
    /// 1 for a share of the steps, then straight down.
    ConstantThenLinear {
        /// The share of the steps at 1.
        share: f64,
        /// The factor at the end.
        end: f64,
    },
}

impl Schedule {
    /// The factor of step `step`, from 0, of `steps`; constant after the last step.
    #[must_use]
    pub fn factor(self, step: u64, steps: u64) -> f64 {
        let done = if step < steps { step as f64 / steps as f64 } else { 1.0 };
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - done,
            Self::Cosine => f64::midpoint(1.0, (PI * done).cos()),
            Self::ConstantThenLinear { share, .. } if done <= share => 1.0,
            Self::ConstantThenLinear { share, end } => {
                1.0 - (1.0 - end) * (done - share) / (1.0 - share)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_at_the_quarters() {
        let quarters = |schedule: Schedule| [0, 1, 2, 3, 4, 9].map(|step| schedule.factor(step, 4));
        assert_eq!(quarters(Schedule::Constant), [1.0; 6]);
        assert_eq!(quarters(Schedule::Linear), [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]);
        let half = Schedule::ConstantThenLinear { share: 0.5, end: 0.5 };
        assert_eq!(quarters(half), [1.0, 1.0, 1.0, 0.75, 0.5, 0.5]);
        let root = f64::sqrt(0.5);
        let cosine = [1.0, 0.5 + root / 2.0, 0.5, 0.5 - root / 2.0, 0.0, 0.0];
        for (found, expected) in quarters(Schedule::Cosine).iter().zip(cosine) {
            assert!((found - expected).abs() < 1e-15, "{found} for {expected}");
        }
    }

    #[test]
    fn a_share_of_everything_or_nothing_divides_by_no_zero() {
        let all = Schedule::ConstantThenLinear { share: 1.0, end: 0.0 };
        let none = Schedule::ConstantThenLinear { share: 0.0, end: 0.0 };
        for step in 0..=5 {
            assert_eq!(all.factor(step, 5), 1.0);
            assert_eq!(none.factor(step, 5), Schedule::Linear.factor(step, 5));
        }
        assert_eq!(Schedule::Constant.factor(0, 0), 1.0);
    }
}
