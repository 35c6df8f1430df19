//! How ε comes down.

/// One value of ε, and how well the marginals must fit before the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stage {
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

/// The ε to start at.
pub(super) fn first(epsilon: f64, typical: f64) -> f64 {
    stages(epsilon, typical, 0.0)[0].epsilon
}

/// The stages down to `epsilon`, geometric, the last of them at `tolerance`.
pub(super) fn stages(epsilon: f64, typical: f64, tolerance: f64) -> Vec<Stage> {
    let fall = (FIRST * typical / epsilon).max(1.0);
    let count = (fall.ln() / FACTOR.ln()).ceil().clamp(0.0, MOST);
    let ratio = (fall.ln() / count.max(1.0)).exp();
    let mut stages = Vec::new();
    let mut left = count;
    while left > 0.0 {
        let tolerance = LOOSE.max(tolerance);
        stages.push(Stage { epsilon: epsilon * ratio.powf(left), tolerance });
        left -= 1.0;
    }
    stages.push(Stage { epsilon, tolerance });
    stages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epsilon_falls_to_the_aim_and_no_further() {
        assert_eq!(stages(0.5, 1.0, 1e-6), [Stage { epsilon: 0.5, tolerance: 1e-6 }]);
        let down = stages(1e-4, 2.0, 1e-6);
        assert!(down.windows(2).all(|pair| pair[0].epsilon > pair[1].epsilon));
        assert!((down[0].epsilon - FIRST * 2.0).abs() < 1e-12);
        assert_eq!(down[down.len() - 1], Stage { epsilon: 1e-4, tolerance: 1e-6 });
        assert!(stages(1e-300, 1e300, 1e-6).iter().all(|stage| stage.epsilon > 0.0));
    }
}
