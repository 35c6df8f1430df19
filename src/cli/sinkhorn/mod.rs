//! `deblais sinkhorn`: entropic transport and its bracket on the exact cost.

mod cells;
mod divergence;
pub(super) mod entropy;

use std::time::{Duration, Instant};

use clap::Args;
use deblais::certificate::{Certificate, Certified};
use deblais::problem::OtProblem;
use deblais::report::{
    EntropicReport, EpsilonReport, PlanReport, Report, SINKHORN_SCHEMA, Settings, SinkhornReport,
    Timings,
};
use deblais::solvers::SolveOptions;
use deblais::solvers::sinkhorn::{Entropic, Sinkhorn, SinkhornError, typical_cost};

use self::cells::{CellArgs, Cells};
use self::entropy::{EntropyArgs, check_unit};
use super::args::{DetailArgs, DrawArgs, FileArgs, OutputOptions, ProblemArgs};
use super::failure::{Exit, Failure};
use super::inputs::{LoadedProblem, ProblemJob, input_names};
use super::output::print_report;
use super::pictures::PlanScene;
use super::plan_files::PlanFiles;
use super::progress_line::RunProgress;
use super::range::check_range;
use super::text::{Lines, exact, small, stopped, supported};
use super::{use_threads, warn};

/// `deblais sinkhorn SOURCE TARGET`
#[derive(Debug, Args)]
#[command(
    override_usage = "deblais sinkhorn [OPTIONS] <SOURCE> <TARGET>\n       deblais sinkhorn [OPTIONS] --cost-matrix <FILE>"
)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SinkhornArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    entropy: EntropyArgs,
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    cells: CellArgs,
    #[command(flatten)]
    draw: DrawArgs,
    #[command(flatten)]
    output: OutputOptions,
    #[command(flatten)]
    detail: DetailArgs,
}

const EXAMPLES: &str = "The plan is γ(i,j) = μ(i)·ν(j)/T · exp((f(i) + g(j) − c(i,j))/ε), T the \
    total mass; --potentials writes this f and g.

Examples:
  deblais sinkhorn a.csv b.csv
  deblais sinkhorn a.csv b.csv --cost sqeuclidean --epsilon 0.001rel --tolerance 1e-9
  deblais sinkhorn a.csv b.csv --epsilon 0.05 --plan plan.csv --plan-threshold 1e-6
  deblais sinkhorn a.csv b.csv --exact-gap 0.01
  deblais sinkhorn a.csv b.csv --divergence --epsilon 0.05rel";

/// A validated request.
struct SinkhornJob {
    problem: ProblemJob,
    solver: Sinkhorn,
    limit: Option<Duration>,
    exact_gap: Option<f64>,
    files: PlanFiles,
    cells: Cells,
    json_plan: bool,
    output: OutputOptions,
    detail: DetailArgs,
    settings: Settings,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: SinkhornArgs) -> Result<Exit, Failure> {
    let problem = ProblemJob::new(&args.problem)?;
    if args.entropy.divergence {
        divergence::SinkhornDivergenceJob::new(problem, &args.entropy, args.output)?.run()
    } else {
        SinkhornJob::new(problem, args)?.run()
    }
}

impl SinkhornJob {
    fn new(problem: ProblemJob, args: SinkhornArgs) -> Result<Self, Failure> {
        let SinkhornArgs { problem: problem_args, entropy, files, cells, draw, output, detail } =
            args;
        let files = PlanFiles::new(files, None, draw, &problem, &input_names(&problem_args))?;
        let settings = problem.settings().with(&entropy).with(&cells);
        let json_plan = cells.json_plan;
        let cells = Cells::new(&cells, files.needs_cells())?;
        use_threads(output.threads)?;
        Ok(Self {
            problem,
            solver: entropy.solver(),
            limit: entropy.limit(),
            exact_gap: entropy.exact_gap,
            files,
            cells,
            json_plan,
            output,
            detail,
            settings,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let mut loaded = self.problem.load()?;
        self.files.check(&loaded)?;
        self.cells.check(&loaded.problem)?;
        if !self.problem.has_points() {
            check_unit(self.solver.epsilon, &loaded.problem, &mut loaded.remarks);
        }
        loaded.remarks.tell(self.output.quiet);
        let LoadedProblem { problem, report, inputs, remarks, clouds, axes, seconds, .. } = loaded;
        let clouds = clouds.filter(|_| self.files.draws());

        let ((solved, judged), solve_seconds) =
            RunProgress::watch(self.limit, self.output.quiet, |progress| {
                self.solve(&problem, progress)
            })?;
        let mut timings = Timings::from([("read", seconds), ("solve", solve_seconds)]);
        let certified = judged.unwrap_or_else(|| {
            let start = Instant::now();
            let certified = solved.certify(&problem);
            timings.insert("certify", start.elapsed().as_secs_f64());
            certified
        });

        let certificate = &certified.certificate;
        check_range(&problem, certificate)?;
        let used = solved.plan.epsilon();
        let epsilon = EpsilonReport::new(self.solver.epsilon, used, typical_cost(&problem));
        let cells = self.cells.of(&solved, &problem);
        let plan = cells.as_ref().map(|(plan, _)| plan);
        let mut findings = SinkhornReport::new(report, epsilon, &solved, certificate);
        findings.plan_dropped_mass = cells.as_ref().map(|(_, dropped)| *dropped);
        let report = Report {
            inputs: Some(inputs),
            settings: Some(self.settings.clone()),
            warnings: Some(remarks.warnings),
            plan: plan.filter(|_| self.json_plan).map(PlanReport::from),
            timings,
            ..Report::new(SINKHORN_SCHEMA, findings)
        };

        // A file that fails now must not cost the user the answer: it is printed all the same.
        let scene = plan.map(|plan| PlanScene {
            plan,
            clouds: clouds.as_ref(),
            axes: axes.as_ref(),
            diagonal: false,
            problem: &report.problem,
            cost: (certificate.upper, 0.0),
            epsilon: Some(used),
            unbalanced: None,
        });
        let saved = scene
            .map_or(Ok(()), |scene| self.files.save_plan(&scene))
            .and_then(|()| self.files.save_potentials(solved.plan.potentials()));
        print_report(&self.output, &report, |lines| {
            text(lines, &report, certificate, self.detail.verbose);
        })?;
        saved?;
        Ok(self.exit(&solved, certificate))
    }

    /// The answer, and its certificate where it takes certificates to find it.
    fn solve(
        &self,
        problem: &OtProblem,
        progress: &mut RunProgress,
    ) -> Result<(Entropic, Option<Certified>), SinkhornError> {
        let options = SolveOptions::new().observer(progress);
        match self.exact_gap {
            None => Ok((self.solver.solve_with(problem, &options)?, None)),
            Some(gap) => {
                let (answer, judged) = self.solver.solve_to_gap_with(problem, gap, &options)?;
                Ok((answer, Some(judged)))
            }
        }
    }

    /// However wide the bracket is, it is the answer; but a limit is told of.
    fn exit(&self, solved: &Entropic, certificate: &Certificate) -> Exit {
        if solved.termination.is_complete() {
            return Exit::Fine;
        }
        let far = match self.exact_gap {
            None => format!(
                "a marginal error of {:.1e}, above {:e}",
                solved.marginal_error, self.solver.tolerance
            ),
            Some(gap) => {
                format!("a relative gap of {:.1e}, above {gap:e}", certificate.relative_gap())
            }
        };
        let stopped = stopped(solved.termination);
        let text = format!("{stopped} with {far}: the bracket is true all the same");
        warn(&[text], self.output.quiet);
        Exit::Stopped
    }
}

fn text(
    lines: &mut Lines,
    report: &Report<SinkhornReport>,
    certificate: &Certificate,
    details: bool,
) {
    let SinkhornReport { problem, epsilon, answer, transport_cost, .. } = &report.findings;
    lines.headline(problem, certificate);
    lines.line("  entropic cost", format!("{}, an estimate", entropic_cost(answer)));
    lines.line(
        "  transport cost",
        format!("{}, of the plan rounded to its marginals", exact(*transport_cost)),
    );
    lines.certificate(certificate, None, details);
    lines.epsilon(epsilon);
    lines.line(
        "  iterations",
        format!("{}, {} products in Newton steps", answer.iterations, answer.products),
    );
    let ended = answer.termination.replace('_', " ");
    lines.line("  marginal error", format!("{}, {ended}", small(answer.marginal_error)));
    match report.plan_dropped_mass {
        Some(0.0) => lines.line("  plan", "all cells with mass"),
        Some(dropped) => {
            let share = small(dropped / problem.total_mass);
            let dropped = small(dropped);
            lines.line(
                "  plan",
                format!("without small cells of mass {dropped}, a share of {share}"),
            );
        }
        None => {}
    }
    lines.problem(problem, report.inputs.as_ref());
    lines.timings(&report.timings);
}

/// The entropic cost with as many digits as the marginals are right to: it is no bound.
fn entropic_cost(answer: &EntropicReport) -> String {
    supported(answer.entropic_cost, answer.marginal_error)
}

impl Lines {
    /// ε in both units, and the cost that relates them.
    fn epsilon(&mut self, report: &EpsilonReport) {
        let EpsilonReport { epsilon, epsilon_relative, typical_cost } = report;
        let relative = supported(*epsilon_relative, 1e-6);
        let typical = supported(*typical_cost, 1e-6);
        self.line(
            "  epsilon",
            format!("{}, {relative} × the median cost {typical}", exact(*epsilon)),
        );
    }
}
