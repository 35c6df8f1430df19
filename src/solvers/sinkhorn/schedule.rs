//! How ε comes down.

/// One value of ε at one resolution, and how well the marginals must fit before the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stage {
    /// 0 is the problem itself.
    pub(super) level: usize,
    pub(super) epsilon: f64,
    pub(super) tolerance: f64,
}

/// ε of the first stage, as a share of the typical cost, if the aim is below it: there,
/// a few steps are enough from zero potentials.
const FIRST: f64 = 0.1;

/// From stage to stage ε falls by about this factor.
const FACTOR: f64 = 4.0;

/// Marginal error of a stage that is not the last.
const LOOSE: f64 = 0.03;

/// Stages at most, however small the aim is.
const MOST: f64 = 60.0;

/// The stages down to `epsilon`, geometric, the last of them at `tolerance`, and with them from
/// the coarsest of the `levels` to the finest.
pub(super) fn stages(epsilon: f64, typical: f64, tolerance: f64, levels: usize) -> Vec<Stage> {
    let fall = (FIRST * typical / epsilon).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let falls = (fall.ln() / FACTOR.ln()).ceil().clamp(0.0, MOST) as usize;
    let ratio = (fall.ln() / falls.max(1) as f64).exp();
    (0..=falls.max(levels - 1))
        .rev()
        .map(|left| Stage {
            level: left.min(levels - 1),
            epsilon: epsilon * ratio.powi(left.min(falls).try_into().expect("at most 60")),
            tolerance: if left == 0 { tolerance } else { LOOSE.max(tolerance) },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aim(epsilon: f64) -> Stage {
        Stage { level: 0, epsilon, tolerance: 1e-6 }
    }

    #[test]
    fn resolution_rises_as_epsilon_falls() {
        let levels = |epsilon| -> Vec<usize> {
            stages(epsilon, 1.0, 1e-6, 3).iter().map(|stage| stage.level).collect()
        };
        assert_eq!(levels(0.5), [2, 1, 0]);
        assert_eq!(levels(0.1 / 4.0_f64.powi(4)), [2, 2, 2, 1, 0]);
    }

    #[test]
    fn epsilon_falls_to_the_aim_and_no_further() {
        assert_eq!(stages(0.5, 1.0, 1e-6, 1), [aim(0.5)]);
        let down = stages(1e-4, 2.0, 1e-6, 1);
        assert!(down.windows(2).all(|pair| pair[0].epsilon > pair[1].epsilon));
        assert!((down[0].epsilon - FIRST * 2.0).abs() < 1e-12);
        assert_eq!(down[down.len() - 1], aim(1e-4));
        assert!(stages(1e-300, 1e300, 1e-6, 1).iter().all(|stage| stage.epsilon > 0.0));
    }
}
