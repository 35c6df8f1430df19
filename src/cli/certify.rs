//! `deblais certify`: judges anyone's answer.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use deblais::certificate::{Certificate, certify};
use deblais::report::{CERTIFY_SCHEMA, CertifyReport, Report, number};
use deblais::tolerance;
use serde::Serialize;

use super::args::{DetailArgs, OutputOptions, ProblemArgs};
use super::emd::parse_gap;
use super::failure::{Exit, Failure};
use super::inputs::{ProblemJob, input_names, one_stdin};
use super::output::print_report;
use super::range::check_range;
use super::remarks::Remarks;
use super::saved;
use super::text::small;
use super::{tell, use_threads};

/// `deblais certify SOURCE TARGET --plan FILE`
#[derive(Debug, Args, Serialize)]
#[command(override_usage = "deblais certify [OPTIONS] <SOURCE> <TARGET> <ANSWER>
       deblais certify [OPTIONS] --cost-matrix <FILE> <ANSWER>
  where <ANSWER> is --plan <FILE>, --potentials <FILE>, or both")]
#[command(after_help = "A plan with wrong marginals and potentials that are not feasible are \
    repaired first; with --verbose the residuals say how far off they were.\n\n\
    Potentials are n source values, then m target values; from ot.emd of POT: \
    np.save(\"potentials.npy\", np.r_[log[\"u\"], log[\"v\"]]); from ot.sinkhorn, where u and v are \
    exp(potential / reg): reg * np.log(np.r_[log[\"u\"], log[\"v\"]]).")]
pub(crate) struct CertifyArgs {
    #[command(flatten)]
    #[serde(skip)]
    problem: ProblemArgs,
    #[command(flatten)]
    #[serde(skip)]
    answer: AnswerArgs,
    /// Exit with code 3 if the relative gap is wider than this; without it, the exit code is 0
    /// even where nothing is proved to be optimal
    #[arg(long, value_name = "GAP", value_parser = parse_gap, allow_negative_numbers = true, help_heading = "Answer")]
    #[serde(with = "number")]
    gap_tolerance: Option<f64>,
    #[command(flatten)]
    #[serde(skip)]
    output: OutputOptions,
    #[command(flatten)]
    #[serde(skip)]
    detail: DetailArgs,
}

/// A request to judge a plan, potentials, or both.
#[derive(Debug, Args)]
#[command(next_help_heading = "Answer")]
#[group(required = true, multiple = true)]
struct AnswerArgs {
    /// Plan: triplets i, j, mass (indices from 0) as CSV or NPY, or an n×m matrix as NPY
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Potentials of all source and target points, as `emd --potentials` writes them
    #[arg(long, value_name = "FILE")]
    potentials: Option<PathBuf>,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: CertifyArgs) -> Result<Exit, Failure> {
    let job = ProblemJob::new(&args.problem)?;
    let settings = job.settings().with(&args);
    let CertifyArgs { problem, answer: given, gap_tolerance, output, detail } = args;
    let mut all = input_names(&problem);
    all.extend([&given.plan, &given.potentials].into_iter().filter_map(Option::as_deref));
    one_stdin(&all)?;
    use_threads(output.threads)?;

    let loaded = job.load_sides()?.into_problem()?;
    loaded.remarks.tell(output.quiet);
    let (mut inputs, mut remarks) = (loaded.inputs, loaded.remarks);
    let start = Instant::now();
    let (n, m) = (loaded.problem.n(), loaded.problem.m());
    let plan = given
        .plan
        .as_deref()
        .map(|path| saved::read_plan(path, "plan", &loaded.problem, &mut inputs, output.quiet));
    let plan = plan.transpose()?;
    let potentials = given.potentials.as_deref();
    let potentials =
        potentials.map(|path| saved::read_potentials(path, "potentials", n, m, &mut inputs));
    let potentials = potentials.transpose()?;
    let read_seconds = loaded.seconds + start.elapsed().as_secs_f64();
    let start = Instant::now();
    let certificate = certify(&loaded.problem, plan.as_ref(), potentials.as_ref())?.certificate;
    let certify_seconds = start.elapsed().as_secs_f64();

    if plan.is_some() {
        check_range(&loaded.problem, &certificate)?;
    }
    let judged = remarks_on(&certificate, loaded.report.total_mass, potentials.is_some());
    judged.tell(output.quiet);
    remarks.extend(judged);

    let report = Report {
        inputs: Some(inputs),
        settings: Some(settings),
        warnings: Some(remarks.warnings),
        timings: [("read", read_seconds), ("certify", certify_seconds)].into(),
        ..Report::new(CERTIFY_SCHEMA, CertifyReport::new(loaded.report, &certificate))
    };
    print_report(&output, &report, |lines| {
        lines.headline(&report.problem, &certificate);
        let claim = gap_tolerance.unwrap_or(tolerance::OPTIMAL);
        lines.certificate(&certificate, Some(claim), detail.verbose);
        lines.problem(&report.problem, report.inputs.as_ref());
        lines.timings(&report.timings);
    })?;
    match gap_tolerance {
        Some(gap) if !certificate.is_within(gap) => {
            if !output.quiet {
                let found = certificate.relative_gap();
                tell(format_args!("warning: the relative gap {found:.1e} is wider than {gap:e}\n"));
            }
            Ok(Exit::ClaimBroken)
        }
        _ => Ok(Exit::Fine),
    }
}

/// Remarks where the judged plan or potentials are not those that were given.
fn remarks_on(certificate: &Certificate, mass: f64, has_potentials: bool) -> Remarks {
    /// L1 error of the marginals, as a share of the mass, that is no rounding.
    const REPAIRED: f64 = 1e-6;
    let mut remarks = Remarks::default();
    for (side, residual) in
        [("source", certificate.source_residual), ("target", certificate.target_residual)]
    {
        let share = residual / mass;
        if share > REPAIRED {
            remarks.warn(format!(
                "the {side} marginal of the plan differs from the {side} masses by {}, {} of the \
                 mass: the plan was repaired, and the bounds are those of the repaired plan",
                small(residual),
                small(share)
            ));
        }
    }
    if !has_potentials {
        remarks.note(
            "no --potentials: the lower bound comes from c-transforms of zero (potentials of \
             ot.emd: np.r_[log[\"u\"], log[\"v\"]])"
                .to_owned(),
        );
    }
    remarks
}
