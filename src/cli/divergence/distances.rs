//! The rows that depend on distances: transport by the solvers, energy distance, MMD.

use deblais::cost::{Cost, GroundCost};
use deblais::divergence::{
    Estimate, MMD_ALL_PAIRS_POINTS, energy, median_bandwidth, mmd, mmd_blocks, mmd_unbiased,
};
use deblais::problem::OtProblem;
use deblais::report::ValueReport;
use deblais::report::root;
use deblais::seed::Seed;
use deblais::solvers::line::{directions, sliced_wasserstein};
use deblais::solvers::sinkhorn::{DivergenceError, Epsilon, Sinkhorn, SinkhornError};
use deblais::solvers::w2::{self, Proof, W2};
use deblais::solvers::{Method, SolveOptions};

use super::densities::reason;
use super::inputs::MeasurePair;
use crate::cli::failure::Failure;
use crate::cli::ground::Ground;
use crate::cli::progress_line::RunProgress;

/// Points of a side up to which all pairs of them are looked at.
const MOST_OF_ALL_PAIRS: usize = 20_000;

/// Points of a side up to which exact transport is solved by search, in seconds if mass does not
/// travel far.
const MOST_SEARCHED: usize = 100_000;

/// Points on the line up to which the transport cost gets a certificate, which takes seconds for a
/// million: sorting is exact without it.
const CERTIFIED_ON_THE_LINE: usize = 200_000;

/// ε of the Sinkhorn divergence, as a share of the median cost.
const EPSILON: f64 = 0.05;

/// A row, and what its bootstrap needs.
pub(super) struct Found {
    pub(super) row: ValueReport,
    /// By how much the points move the value; empty if they were not looked at one by one.
    pub(super) influences: Option<Estimate>,
    /// Values of blocks, whose mean is the value.
    pub(super) blocks: Option<Vec<f64>>,
    /// Whether it came to its end.
    pub(super) complete: bool,
}

impl Found {
    fn new(value: f64, estimator: impl Into<String>) -> Self {
        let row = ValueReport::new(value, estimator);
        Self { row, influences: None, blocks: None, complete: true }
    }
}

/// A row, or the reason why it is left out.
pub(super) type DistanceRow = Result<Found, String>;

/// Refuses what takes all pairs of too many points.
fn all_pairs(pair: &MeasurePair) -> Result<(), String> {
    if pair.largest() <= MOST_OF_ALL_PAIRS {
        return Ok(());
    }
    Err(format!("{} points: it looks at all pairs of at most {MOST_OF_ALL_PAIRS}", pair.largest()))
}

/// Refuses what would take too long to solve exactly.
fn solvable(pair: &MeasurePair, cost: &dyn Cost) -> Result<(), String> {
    if on_the_line(pair) {
        Ok(())
    } else if !cost.is_searchable() {
        all_pairs(pair)
    } else if pair.largest() <= MOST_SEARCHED {
        Ok(())
    } else {
        Err(format!("{} points: it is solved here for at most {MOST_SEARCHED}", pair.largest()))
    }
}

fn on_the_line(pair: &MeasurePair) -> bool {
    pair.source.dim() == 1
}

/// The transport cost, exact, with its certificate.
pub(super) fn emd(
    pair: &MeasurePair,
    ground: Ground,
    progress: &mut RunProgress,
) -> Result<DistanceRow, Failure> {
    let (p, q) = (&pair.source, &pair.target);
    let problem = OtProblem::new(&p.mass(), &q.mass(), ground.cost().table(p, q)?)?;
    if let Err(why) = solvable(pair, problem.cost()) {
        return Ok(Err(format!("{why}; deblais emd has no limit")));
    }
    let solver = Method::Auto.solver(&problem);
    let solution = solver.solve(&problem, progress)?;
    let complete = solution.termination.is_complete();
    let power = if ground.p() == 1.0 { String::new() } else { format!("^{}", ground.p()) };
    let name = format!("{}{power}, {}", ground.name(), solver.name());
    let large = solver.name() == "line" && problem.n().max(problem.m()) > CERTIFIED_ON_THE_LINE;
    let (mut found, potentials) = if large && complete {
        let cost = solution.plan.cost(problem.cost());
        (
            Found::new(cost, format!("exact, no certificate of so many points; {name}")),
            solution.potentials,
        )
    } else {
        let certified = solution.certify(&problem);
        let exact = if complete { "exact, certified" } else { "stopped: an upper bound" };
        let mut found = Found::new(certified.certificate.upper, format!("{exact}; {name}"));
        found.row.certificate = Some((&certified.certificate).into());
        (found, certified.potentials)
    };
    found.complete = complete;
    if on_the_line(pair) && ground.p() == 1.0 {
        // The potentials are the influences of W₁.
        found.influences = Some(Estimate {
            value: found.row.value,
            source: potentials.f().to_vec(),
            target: potentials.g().to_vec(),
        });
    }
    Ok(Ok(found))
}

/// `W_2` of the Euclidean distance.
pub(super) fn w2(pair: &MeasurePair, progress: &mut RunProgress) -> Result<DistanceRow, Failure> {
    if let Err(why) =
        solvable(pair, GroundCost::SqEuclidean.table(&pair.source, &pair.target)?.as_ref())
    {
        return Ok(Err(format!("{why}; deblais emd --p 2 has no limit")));
    }
    let W2 { value, proof } = w2::w2(&pair.source, &pair.target, progress)?;
    let Some(Proof { certificate, solver, termination }) = proof else {
        return Ok(Ok(Found::new(value, "exact, sorting")));
    };
    let complete = termination.is_complete();
    let exact = if complete { "exact, certified" } else { "stopped: an upper bound" };
    // The root of an upper bound, rounded up.
    let value = root(certificate.upper, 2.0).1;
    let mut found = Found::new(value, format!("{exact}; certificate of its square, {solver}"));
    found.complete = complete;
    found.row.certificate = Some((&certificate).into());
    Ok(Ok(found))
}

/// The mean of `W_2²` along seeded directions, its root.
pub(super) fn sliced(pair: &MeasurePair, count: usize, seed: Seed) -> Result<DistanceRow, Failure> {
    if on_the_line(pair) {
        return Ok(Err("on the line it is w2".into()));
    }
    let theta = directions(count, pair.source.dim(), &mut seed.stream("directions"));
    let value = sliced_wasserstein(&pair.source, &pair.target, 2.0, theta.view())?;
    Ok(Ok(Found::new(value, format!("W_2 along {count} seeded directions"))))
}

/// The energy distance.
pub(super) fn energy_distance(pair: &MeasurePair) -> Result<DistanceRow, Failure> {
    if let (false, Err(why)) = (on_the_line(pair), all_pairs(pair)) {
        return Ok(Err(why));
    }
    let estimate = energy(&pair.source, &pair.target)?;
    let how = if on_the_line(pair) { "sorting" } else { "all pairs" };
    let of = if pair.histograms.is_some() { "exact" } else { "V-statistic" };
    let mut found = Found::new(estimate.value, format!("{of}, {how}"));
    found.influences = Some(estimate);
    Ok(Ok(found))
}

/// The squared maximum mean discrepancy.
pub(super) fn discrepancy(pair: &MeasurePair, seed: Seed) -> DistanceRow {
    let (p, q) = (&pair.source, &pair.target);
    let sigma = median_bandwidth(p, q).map_err(reason)?;
    let kernel = format!("Gaussian kernel, median heuristic σ = {sigma:.6}");
    if pair.histograms.is_some() {
        all_pairs(pair)?;
        let value = mmd(p, q, sigma).map_err(reason)?;
        return Ok(Found::new(value, format!("exact, all pairs; {kernel}")));
    }
    if p.len() + q.len() <= MMD_ALL_PAIRS_POINTS {
        let estimate = mmd_unbiased(p, q, sigma).map_err(reason)?;
        let mut found = Found::new(estimate.value, format!("unbiased U-statistic; {kernel}"));
        found.influences = Some(estimate);
        return Ok(found);
    }
    let blocks = mmd_blocks(p, q, sigma, seed).map_err(reason)?;
    let (count, size) = (blocks.len(), p.len().min(q.len()).isqrt());
    let value = deblais::math::sum(&blocks) / count as f64;
    let estimator = format!("block estimator (Zaremba 2013), {count} blocks of {size}; {kernel}");
    let mut found = Found::new(value, estimator);
    found.blocks = Some(blocks);
    Ok(found)
}

/// The debiased Sinkhorn divergence.
pub(super) fn sinkhorn(
    pair: &MeasurePair,
    ground: Ground,
    progress: &mut RunProgress,
) -> Result<DistanceRow, Failure> {
    if let Err(why) = all_pairs(pair) {
        return Ok(Err(format!("{why}; deblais sinkhorn has no limit")));
    }
    let solver = Sinkhorn { epsilon: Epsilon::Relative(EPSILON), ..Sinkhorn::default() };
    let options = SolveOptions::new().observer(progress);
    let (source, target) = (&pair.source, &pair.target);
    let found = match solver.divergence_with(source, target, ground.cost(), &options) {
        Err(DivergenceError::Sinkhorn(error @ SinkhornError::Overflow { .. })) => {
            return Ok(Err(error.to_string()));
        }
        found => found?,
    };
    let terms = [&found.cross, &found.source, &found.target];
    let complete = terms.iter().all(|term| term.termination.is_complete());
    let mut row = Found::new(
        found.value,
        format!("debiased, ε = {EPSILON} × the median cost = {:.6}", found.cross.plan.epsilon()),
    );
    row.complete = complete;
    if !complete {
        row.row.estimator.push_str("; stopped at a limit: not to be relied on");
    }
    Ok(Ok(row))
}

/// A range as the report has it.
pub(super) fn ends(range: deblais::divergence::Range) -> [f64; 2] {
    [range.low, range.high]
}
