//! The uncertainty of the values: intervals where the bootstrap is valid, spreads elsewhere.

use deblais::divergence::named::{NAMES, values};
use deblais::divergence::{Bootstrap, Estimate, Range};
use deblais::report::ValueReport;
use deblais::seed::Seed;
use deblais::solvers::Method;
use deblais::solvers::line::{directions, sliced_wasserstein};
use deblais::solvers::w2;
use deblais::{OtProblem, SqEuclidean};

use super::densities::Densities;
use super::distances::{Found, ends};
use super::inputs::MeasurePair;
use crate::cli::failure::Failure;
use crate::cli::ground::Ground;

/// Intervals, or spreads, of everything that compares densities.
pub(super) fn of_densities(
    rows: &mut [(&'static str, ValueReport)],
    (densities, pair): (&Densities, &MeasurePair),
    alpha: f64,
    bootstrap: Bootstrap,
) {
    let Some(observations) = densities.observations(pair) else { return };
    let replicates = bootstrap.replicate(observations, |p, q| {
        let (p, q) = densities.resampled(pair, (p, q))?;
        Some(values(alpha, &p, &q))
    });
    let replicates: Vec<[f64; NAMES.len()]> = replicates.into_iter().flatten().collect();
    if replicates.is_empty() {
        return;
    }
    for (k, (_, row)) in rows.iter_mut().enumerate() {
        let own: Vec<f64> = replicates.iter().map(|values| values[k]).collect();
        if densities.has_intervals() {
            settle(row, own);
        } else {
            row.spread = Some(ends(Range::spread(own)));
        }
    }
}

/// An interval if it is valid, else a spread.
fn settle(row: &mut ValueReport, replicates: Vec<f64>) {
    match Range::interval(row.value, replicates.clone()) {
        Some(interval) => row.interval = Some(ends(interval)),
        None => row.spread = Some(ends(Range::spread(replicates))),
    }
}

/// The interval, or the spread, of a value whose first-order term is known, or that is a mean of
/// blocks.
pub(super) fn of_distance(found: &mut Found, pair: &MeasurePair, bootstrap: Bootstrap) {
    let value = found.row.value;
    if let Some(blocks) = found.blocks.take() {
        let ones = vec![1.0; blocks.len()];
        let mean = Estimate { value, source: blocks, target: vec![0.0] };
        let shifts = bootstrap.shifts(&mean, (&ones, &[1.0]));
        settle(&mut found.row, shifts.into_iter().map(|shift| value + shift).collect());
    } else if let Some(estimate) = found.influences.take().filter(|_| pair.histograms.is_none()) {
        let (p, q) = (pair.source.mass().to_vec(), pair.target.mass().to_vec());
        let shifts = bootstrap.shifts(&estimate, (&p, &q));
        settle(&mut found.row, shifts.into_iter().map(|shift| value + shift).collect());
    }
}

/// Which transport distance to solve again and again.
#[derive(Debug, Clone, Copy)]
pub(super) enum ResampledTransport {
    /// With this ground cost.
    Emd(Ground),
    /// Of the Euclidean distance.
    W2,
    /// Along so many directions.
    Sliced(usize, Seed),
}

/// The spread of a transport distance that is solved anew for every replicate.
pub(super) fn of_transport(
    found: &mut Found,
    pair: &MeasurePair,
    bootstrap: Bootstrap,
    which: ResampledTransport,
) -> Result<(), Failure> {
    if pair.histograms.is_some() || found.row.interval.is_some() {
        return Ok(());
    }
    let sizes = (pair.source.len(), pair.target.len());
    let replicates = bootstrap.replicate(sizes, |p, q| -> Result<f64, Failure> {
        let (p, q) = pair.resampled((p, q))?;
        let solve = |problem: OtProblem| -> Result<f64, Failure> {
            let solution = Method::Auto.solver(&problem).solve(&problem, &mut ())?;
            Ok(solution.plan.cost(problem.cost()))
        };
        match which {
            ResampledTransport::Emd(ground) => {
                solve(OtProblem::new(&p.mass(), &q.mass(), ground.cost().table(&p, &q)?)?)
            }
            ResampledTransport::W2 if p.dim() == 1 => Ok(w2::on_the_line(&p, &q)?),
            ResampledTransport::W2 => {
                Ok(solve(OtProblem::new(&p, &q, SqEuclidean)?)?.max(0.0).sqrt())
            }
            ResampledTransport::Sliced(count, seed) => {
                let theta = directions(count, p.dim(), &mut seed.stream("directions"));
                Ok(sliced_wasserstein(&p, &q, 2.0, theta.view())?)
            }
        }
    });
    let replicates: Vec<f64> = replicates.into_iter().collect::<Result<_, _>>()?;
    found.row.spread = Some(ends(Range::spread(replicates)));
    Ok(())
}
