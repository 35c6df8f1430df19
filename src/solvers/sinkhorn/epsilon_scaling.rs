//! ε-scaling: the stages in which ε decreases and the resolution increases.

/// One value of ε at one resolution, and the marginal error at which the stage ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EpsilonStage {
    /// 0 is the problem itself.
    pub(super) level: usize,
    pub(super) epsilon: f64,
    pub(super) tolerance: f64,
}

/// ε of the first stage, as a share of the typical cost, if the aim is below it: a few steps from
/// zero potentials solve it.
const FIRST_EPSILON_SHARE: f64 = 0.1;

/// ε decreases by about this factor from stage to stage.
const EPSILON_DIVISOR: f64 = 4.0;

/// A remaining fraction of a stage below this gets no stage of its own.
const LEAST_STAGE_FRACTION: f64 = 0.2;

/// Marginal error of a stage at a coarse level, whose discretization error is larger.
const COARSE_TOLERANCE: f64 = 1e-2;

/// Marginal error of a stage at the finest level that is not the last. The smaller ε, the closer to
/// its solution a stage must start: with 0.03, ε = 1e-6 of the typical cost took a hundred times
/// as long.
const INTERMEDIATE_TOLERANCE: f64 = 1e-4;

/// ε as a share of the typical cost, times the points of a side, below which a level is too coarse for
/// the plan.
const LEAST_EPSILON_TIMES_POINTS: f64 = 1.0;

/// ε as a share of the typical cost below which exponents are dominated by rounding. From there one
/// stage leads to the aim.
const ROUNDING_EPSILON_SHARE: f64 = 1e-12;

/// The number of times that ε decreases.
pub(super) fn falls(epsilon: f64, typical: f64) -> usize {
    let fall =
        (FIRST_EPSILON_SHARE * typical / epsilon.max(ROUNDING_EPSILON_SHARE * typical)).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 19")]
    let falls = (fall.ln() / EPSILON_DIVISOR.ln() - LEAST_STAGE_FRACTION).ceil().max(0.0) as usize;
    falls
}

/// The stages: ε decreases geometrically to `epsilon`, levels become finer, and the last stage ends at
/// `tolerance`. `sizes` contains the points of each level, the finest first.
pub(super) fn stages(
    epsilon: f64,
    typical: f64,
    tolerance: f64,
    sizes: &[usize],
) -> Vec<EpsilonStage> {
    if epsilon < ROUNDING_EPSILON_SHARE * typical {
        let mut stages = stages(
            ROUNDING_EPSILON_SHARE * typical,
            typical,
            INTERMEDIATE_TOLERANCE.max(tolerance),
            sizes,
        );
        stages.push(EpsilonStage { level: 0, epsilon, tolerance });
        return stages;
    }
    let falls = falls(epsilon, typical);
    let fall = (FIRST_EPSILON_SHARE * typical / epsilon).max(1.0);
    let ratio = (fall.ln() / falls.max(1) as f64).exp();
    let coarsest = |epsilon: f64| {
        let smooth = |&size: &usize| epsilon / typical * size as f64 >= LEAST_EPSILON_TIMES_POINTS;
        sizes.iter().skip(1).take_while(|size| smooth(size)).count()
    };
    let most = coarsest(epsilon * ratio.powi(falls.try_into().expect("at most 19")));
    (0..=falls.max(most))
        .rev()
        .map(|left| {
            let epsilon = epsilon * ratio.powi(left.min(falls).try_into().expect("at most 19"));
            let level = left.min(coarsest(epsilon));
            let loose = if level > 0 { COARSE_TOLERANCE } else { INTERMEDIATE_TOLERANCE };
            let tolerance = if left == 0 { tolerance } else { loose.max(tolerance) };
            EpsilonStage { level, epsilon, tolerance }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aim(epsilon: f64) -> EpsilonStage {
        EpsilonStage { level: 0, epsilon, tolerance: 1e-6 }
    }

    #[test]
    fn resolution_rises_as_epsilon_falls() {
        let levels = |epsilon, sizes: [usize; 3]| -> Vec<usize> {
            stages(epsilon, 1.0, 1e-6, &sizes).iter().map(|stage| stage.level).collect()
        };
        assert_eq!(levels(0.5, [1600, 400, 100]), [2, 1, 0]);
        let small = 0.1 / 4.0_f64.powi(4);
        assert_eq!(levels(small, [160_000, 40_000, 10_000]), [2, 2, 2, 1, 0]);
        assert_eq!(levels(small, [1600, 400, 100]), [2, 2, 1, 0, 0], "few points are too coarse");
    }

    #[test]
    fn epsilon_falls_to_the_aim_and_no_further() {
        assert_eq!(stages(0.5, 1.0, 1e-6, &[7]), [aim(0.5)]);
        let down = stages(1e-4, 2.0, 1e-6, &[7]);
        assert!(down.windows(2).all(|pair| pair[0].epsilon > pair[1].epsilon));
        assert!((down[0].epsilon - FIRST_EPSILON_SHARE * 2.0).abs() < 1e-12);
        assert_eq!(down[down.len() - 1], aim(1e-4));
        assert!(stages(1e-300, 1e300, 1e-6, &[7]).iter().all(|stage| stage.epsilon > 0.0));
    }
}
