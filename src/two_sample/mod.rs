//! A two-sample test: is the difference between two samples more than chance?
//!
//! **Problem.** Points x₁ … `x_n` drawn from a law P and y₁ … `y_m` from a law Q; the hypothesis is
//! P = Q. Under it every division of the N = n + m pooled points into n and m is as likely as the one
//! observed.
//!
//! **Idea.** A statistic T, large where the samples differ, is computed for the samples and for B random
//! divisions of the pooled points (permutations): `p = (1 + #{T_b ≥ T}) / (1 + B)`. Under the
//! hypothesis `P(p ≤ α) ≤ α` for every α, n, m and law. Ties count as ≥, and so does a permutation whose
//! comparison cannot be decided.
//!
//! **Statistics**, all on the same permutations: the exact transport cost for any ground cost
//! (`transport`: comparisons are proved by certificates), the energy distance and the squared MMD
//! (`kernel`: comparisons in integers, without rounding).
//!
//! **Early stopping.** On request the test of a statistic ends with the permutation at which h of them
//! are at least T (Besag, Clifford): `p = h / l` after l permutations, and the formula above if B are done
//! before. Such p-values are valid, too, and large ones are found soon.
//!
//! **Complexity.** B + 1 transport problems of n × m; O(N²·d) for each block of permutations and O(B·n²)
//! additions for the other two.
//!
//! **References.** Phipson, Smyth 2010, "Permutation p-values should never be zero", Stat. Appl. Genet.
//! Mol. Biol. 9; Besag, Clifford 1991, "Sequential Monte Carlo p-values", Biometrika 78; Székely, Rizzo
//! 2004, "Testing for equal distributions in high dimension", `InterStat`; Gretton et al. 2012, "A kernel
//! two-sample test", JMLR 13; Holm 1979, "A simple sequentially rejective multiple test procedure",
//! Scand. J. Stat. 6.

mod error;
mod holm;
mod kernel;
mod options;
mod outcome;
mod split;
mod transport;

use std::borrow::Cow;

use ndarray::{Axis, concatenate};

use self::kernel::KernelStatistic;
use self::options::Watch;
use self::outcome::Permuted;
use self::split::Split;
use self::transport::PermutedTransport;
use crate::cost::{CostError, GroundCost};
use crate::divergence::check_equal_masses;
use crate::measure::{AsMeasure, DiscreteMeasure};
use crate::problem::ProblemError;
use crate::solvers::{SolveError, Termination};

pub use error::TwoSampleError;
pub use holm::holm;
pub use options::TestOptions;
pub use outcome::{Bracket, Statistic, StatisticTest, TwoSampleTest};

/// Permutations of the first and of the largest block; blocks double in between.
const FIRST_BLOCK: usize = 16;
const LARGEST_BLOCK: usize = 256;

/// Tests whether two samples come from one law, by the transport cost, the energy distance and the
/// squared MMD, with 999 permutations of seed 0.
///
/// ```
/// use deblais::ndarray::Array2;
/// use deblais::seed::Seed;
/// use deblais::{Euclidean, two_sample_test};
///
/// let mut stream = Seed(1).stream("example");
/// let x = Array2::from_shape_simple_fn((12, 2), || stream.normal());
/// let y = Array2::from_shape_simple_fn((15, 2), || stream.normal() + 3.0);
/// let test = two_sample_test(&x, &y, Euclidean)?;
/// assert!(test.statistics.iter().all(|statistic| statistic.p_value() == 0.001));
/// # Ok::<(), deblais::two_sample::TwoSampleError>(())
/// ```
///
/// # Errors
/// [`TwoSampleError`]: no points, different dimensions, unequal masses, all points the same.
pub fn two_sample_test(
    x: &impl AsMeasure,
    y: &impl AsMeasure,
    ground: impl Into<GroundCost>,
) -> Result<TwoSampleTest, TwoSampleError> {
    two_sample_test_with(x, y, ground, &TestOptions::new())
}

/// [`two_sample_test`] as `options` say. The result has the same bits for any number of threads.
///
/// # Errors
/// As [`two_sample_test`].
pub fn two_sample_test_with(
    x: &impl AsMeasure,
    y: &impl AsMeasure,
    ground: impl Into<GroundCost>,
    options: &TestOptions<'_>,
) -> Result<TwoSampleTest, TwoSampleError> {
    let samples = Samples::new(x, y)?;
    let ground = ground.into();
    let watch = options.watch();
    let compute = |&statistic: &Statistic| {
        let computed: Box<dyn PermutedStatistic> = match statistic {
            Statistic::Emd => {
                Box::new(PermutedTransport::new(&samples, ground, options.full_null, &watch)?)
            }
            Statistic::Energy => Box::new(KernelStatistic::energy(&samples)?),
            Statistic::Mmd => Box::new(KernelStatistic::mmd(&samples, options.bandwidth)?),
        };
        let test = StatisticTest::new(statistic, computed.observed(), options.stop_after);
        Ok((computed, test))
    };
    let mut tests =
        options.statistics.iter().map(compute).collect::<Result<Vec<_>, TwoSampleError>>()?;
    let mut first = 0;
    while first < options.permutations && watch.stopped().is_none() {
        let last = (first + first.clamp(FIRST_BLOCK, LARGEST_BLOCK)).min(options.permutations);
        let splits: Vec<_> =
            (first..last).map(|b| Split::drawn(samples.sizes, options.seed, b)).collect();
        for (computed, test) in tests.iter_mut().filter(|(_, test)| !test.stopped_early()) {
            test.extend(computed.permuted(&splits, &watch)?);
        }
        first = last;
    }
    Ok(TwoSampleTest {
        statistics: tests.into_iter().map(|(_, test)| test).collect(),
        termination: watch.stopped().map_or(Termination::Optimal, Termination::from),
    })
}

/// A statistic of two samples, and of the pooled points divided anew.
trait PermutedStatistic {
    /// T.
    fn observed(&self) -> Bracket;

    /// Those of the given divisions, in order; fewer if the observer stops the run.
    fn permuted(&self, splits: &[Split], watch: &Watch<'_>) -> Result<Vec<Permuted>, SolveError>;
}

/// Both samples, pooled: the points of the first come first.
struct Samples {
    pooled: DiscreteMeasure,
    /// Points of the first and of the second sample.
    sizes: (usize, usize),
}

impl Samples {
    fn new(x: &impl AsMeasure, y: &impl AsMeasure) -> Result<Self, TwoSampleError> {
        let (x, y) = (sample(x, "source")?, sample(y, "target")?);
        let (source_dim, target_dim) = (x.dim(), y.dim());
        if source_dim != target_dim {
            let error = CostError::Dimensions { source_dim, target_dim };
            return Err(ProblemError::from(error).into());
        }
        let points = concatenate![Axis(0), x.support(), y.support()];
        let pooled = DiscreteMeasure::uniform(points).expect("points of two measures");
        Ok(Self { pooled, sizes: (x.len(), y.len()) })
    }

    /// The division that was observed.
    fn observed(&self) -> Split {
        Split::observed(self.sizes)
    }
}

/// One side as a sample: its points have equal masses.
fn sample<'m>(
    side: &'m impl AsMeasure,
    name: &'static str,
) -> Result<Cow<'m, DiscreteMeasure>, TwoSampleError> {
    let measure = side.as_measure().map_err(|error| ProblemError::Mass { side: name, error })?;
    check_equal_masses(&measure).map_err(|_| TwoSampleError::Weighted { side: name })?;
    Ok(measure)
}
