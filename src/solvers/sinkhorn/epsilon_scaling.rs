//! How ε comes down.

/// One value of ε at one resolution, and how well the marginals must fit before the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EpsilonStage {
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

/// The share of a stage that is not worth one of its own.
const SPARE: f64 = 0.2;

/// Marginal error of a stage at a coarse level, which is wrong by more than that.
const COARSE: f64 = 1e-2;

/// Marginal error of a stage at the finest level that is not the last. The smaller ε, the closer to
/// the next answer the start has to be: with 0.03, ε = 1e-6 of the typical cost took a hundred times
/// as long.
const LOOSE: f64 = 1e-4;

/// ε as a share of the typical cost, times the points of a side, below which a plan is too sharp
/// to be told from so few points.
const SMOOTH: f64 = 1.0;

/// ε as a share of the typical cost below which exponents are rounding: there, at one leap.
const ROUNDED: f64 = 1e-12;

/// How often ε falls on its way down.
pub(super) fn falls(epsilon: f64, typical: f64) -> usize {
    let fall = (FIRST * typical / epsilon.max(ROUNDED * typical)).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 19")]
    let falls = (fall.ln() / FACTOR.ln() - SPARE).ceil().max(0.0) as usize;
    falls
}

/// The stages down to `epsilon`, geometric, the last of them at `tolerance`, and with them from
/// coarse levels to the finest; `sizes` has the points of each level, the finest first.
pub(super) fn stages(
    epsilon: f64,
    typical: f64,
    tolerance: f64,
    sizes: &[usize],
) -> Vec<EpsilonStage> {
    if epsilon < ROUNDED * typical {
        let mut stages = stages(ROUNDED * typical, typical, LOOSE.max(tolerance), sizes);
        stages.push(EpsilonStage { level: 0, epsilon, tolerance });
        return stages;
    }
    let falls = falls(epsilon, typical);
    let fall = (FIRST * typical / epsilon).max(1.0);
    let ratio = (fall.ln() / falls.max(1) as f64).exp();
    let coarsest = |epsilon: f64| {
        let smooth = |&size: &usize| epsilon / typical * size as f64 >= SMOOTH;
        sizes.iter().skip(1).take_while(|size| smooth(size)).count()
    };
    let most = coarsest(epsilon * ratio.powi(falls.try_into().expect("at most 19")));
    (0..=falls.max(most))
        .rev()
        .map(|left| {
            let epsilon = epsilon * ratio.powi(left.min(falls).try_into().expect("at most 19"));
            let level = left.min(coarsest(epsilon));
            let loose = if level > 0 { COARSE } else { LOOSE };
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
        assert!((down[0].epsilon - FIRST * 2.0).abs() < 1e-12);
        assert_eq!(down[down.len() - 1], aim(1e-4));
        assert!(stages(1e-300, 1e300, 1e-6, &[7]).iter().all(|stage| stage.epsilon > 0.0));
    }
}
