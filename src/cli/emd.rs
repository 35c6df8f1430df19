//! `deblais emd`: reads a problem, solves it exactly, certifies the answer and prints the bracket.

mod bottleneck;
mod diagram_bottleneck;
mod persistence;
mod unbalanced;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use deblais::certificate::{Certificate, Certified};
use deblais::gradient::Gradient;
use deblais::problem::OtProblem;
use deblais::report::{
    EMD_SCHEMA, EmdReport, INFEASIBLE_SCHEMA, PlanReport, Report, Settings, number,
};
use deblais::solvers::network_simplex::SimplexOptions;
use deblais::solvers::{Method, Solution, SolveError, Termination};
use deblais::tolerance;
use serde::Serialize;

use super::amount::{AmountArgs, without_masses_of_sides};
use super::args::{DetailArgs, DrawArgs, FileArgs, OutputOptions, ProblemArgs};
use super::failure::{Exit, Failure};
use super::ground::{Seconds, chebyshev_with_diagonal};
use super::inputs::{LoadedProblem, ProblemJob, input_names, one_stdin};
use super::memory::{MemoryLimit, method_within_limit};
use super::method::{BackendName, MethodName, choose};
use super::output::print_report;
use super::pictures::PlanScene;
use super::plan_files::PlanFiles;
use super::progress_line::RunProgress;
use super::range::check_range;
use super::start::StartArgs;
use super::text::{Lines, stopped};
use super::{note, use_threads, warn};

/// `deblais emd SOURCE TARGET`
#[derive(Debug, Args)]
#[command(
    override_usage = "deblais emd [OPTIONS] <SOURCE> <TARGET>\n       deblais emd [OPTIONS] --cost-matrix <FILE>"
)]
#[command(after_help = EXAMPLES, mut_arg("cost", chebyshev_with_diagonal))]
#[command(mut_arg("unit_mass", without_masses_of_sides))]
pub(crate) struct EmdArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    amount: AmountArgs,
    /// SOURCE and TARGET are persistence diagrams: points (birth, death) of mass 1, which may be matched
    /// with the diagonal; a death may be inf
    #[arg(long, help_heading = "Persistence diagrams", conflicts_with_all = WITHOUT_DIAGONAL)]
    diagonal: bool,
    #[command(flatten)]
    solver: SolverArgs,
    #[command(flatten)]
    start: StartArgs,
    #[command(flatten)]
    files: FileArgs,
    /// Write the derivatives of the transport cost, or of the objective between unequal masses, with
    /// respect to all masses and points
    #[arg(long, value_name = "FILE.csv|.npy", help_heading = "Output")]
    gradient: Option<PathBuf>,
    #[command(flatten)]
    draw: DrawArgs,
    #[command(flatten)]
    output: OutputOptions,
    #[command(flatten)]
    detail: DetailArgs,
    /// Put the plan's cells into the JSON as well
    #[arg(long, requires = "json", help_heading = "Output")]
    json_plan: bool,
}

/// Flags that say nothing where every point has mass 1 and may go to the diagonal.
const WITHOUT_DIAGONAL: [&str; 15] = [
    "mass",
    "fraction",
    "unbalanced",
    "unit_mass",
    "normalize",
    "weights",
    "source_weights",
    "target_weights",
    "hist",
    "cost_matrix",
    "cost_arcs",
    "max_distance",
    "gradient",
    "start_potentials",
    "start_plan",
];

const EXAMPLES: &str = "Examples:
  deblais emd a.csv b.csv
  deblais emd table.csv table.csv --source-where label=3 --target-where label=8
  deblais emd a.csv b.csv --weights w --normalize --p 2 --plan plan.csv
  deblais emd a.csv b.csv --p inf
  deblais emd --hist counts-a.csv counts-b.csv
  deblais emd a.csv b.csv --fraction 0.8
  deblais emd diagram-a.csv diagram-b.csv --diagonal --p 2 --map matching.png
  deblais emd --cost-matrix C.npy --source-weights mu.csv --target-weights nu.csv --json";

/// How to solve.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Solver")]
struct SolverArgs {
    /// Method; auto takes the fastest that is exact for the input
    #[arg(long, value_enum, default_value_t = MethodName::Auto, value_name = "NAME")]
    method: MethodName,

    /// LP code behind `--method lp`
    #[arg(long, value_enum, value_name = "NAME")]
    lp_backend: Option<BackendName>,

    /// Stop after this time with the best plan so far and its bracket: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME")]
    time_limit: Option<Seconds>,

    /// Take no more memory than this: 500MB, 2GiB. With auto, a method without a table is chosen if
    /// the fastest does not fit; what fits in no way is refused before it begins
    #[arg(long, value_name = "SIZE")]
    memory_limit: Option<MemoryLimit>,

    /// Exit with code 3 if the relative gap is wider than this (default: 1e-9)
    #[arg(long, value_name = "GAP", default_value_t = tolerance::OPTIMAL, hide_default_value = true, value_parser = parse_gap, allow_negative_numbers = true)]
    #[serde(with = "number")]
    gap_tolerance: f64,
}

/// Parses a relative gap.
pub(crate) fn parse_gap(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(gap) if gap >= 0.0 => Ok(gap),
        _ => Err("a relative gap is a number ≥ 0 such as 1e-6".into()),
    }
}

/// A validated request.
struct EmdJob {
    problem: ProblemJob,
    solving: Solving,
    start: StartArgs,
    files: PlanFiles,
    json_plan: bool,
    output: OutputOptions,
    detail: DetailArgs,
    settings: Settings,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: EmdArgs) -> Result<Exit, Failure> {
    let is_bottleneck = args.problem.cost.ground.p == Some(f64::INFINITY);
    if args.diagonal {
        return if is_bottleneck { diagram_bottleneck::run(args) } else { persistence::run(args) };
    }
    if let Some(amount) = args.amount.amount() {
        return unbalanced::run(args, amount);
    }
    args.amount.check_alone()?;
    if is_bottleneck {
        return bottleneck::run(args);
    }
    EmdJob::new(args)?.run()
}

impl EmdJob {
    fn new(args: EmdArgs) -> Result<Self, Failure> {
        let EmdArgs {
            problem: problem_args,
            solver,
            start,
            files,
            gradient,
            draw,
            output,
            detail,
            json_plan,
            ..
        } = args;
        let problem = ProblemJob::new(&problem_args)?;
        let solving = Solving::new(&solver, &output, problem_args.cost.max_distance)?;
        start.check(solving.method)?;
        let mut inputs = input_names(&problem_args);
        inputs.extend(start.files());
        one_stdin(&inputs)?;
        let files = PlanFiles::new(files, gradient, draw, &problem, &inputs)?;
        use_threads(output.threads)?;
        let settings = problem.settings().with(&solver).with(&start);
        Ok(Self { problem, solving, start, files, json_plan, output, detail, settings })
    }

    fn run(self) -> Result<Exit, Failure> {
        let loaded = self.problem.load_sides()?.into_problem()?;
        self.files.check(&loaded)?;
        loaded.remarks.tell(self.output.quiet);
        let LoadedProblem { problem, report, mut inputs, remarks, clouds, axes, seconds, .. } =
            loaded;
        let start = self.start.read(&problem, &mut inputs)?;
        let clouds = clouds.filter(|_| self.files.draws());

        let (name, solution, certified, [solve_seconds, certify_seconds]) =
            self.solving.solve(&problem, &start.options())?;

        let certificate = &certified.certificate;
        check_range(&problem, certificate)?;
        let plan = certified.plan.as_ref().unwrap_or(&solution.plan);
        let findings = EmdReport::new(report, name, &solution, certificate);
        let report = Report {
            inputs: Some(inputs),
            settings: Some(self.settings.clone()),
            warnings: Some(remarks.warnings),
            plan: self.json_plan.then(|| PlanReport::from(plan)),
            timings: [("read", seconds), ("solve", solve_seconds), ("certify", certify_seconds)]
                .into(),
            ..Report::new(EMD_SCHEMA, findings)
        };

        // A file that fails now must not cost the user the answer: it is printed all the same.
        let scene = PlanScene {
            plan,
            clouds: clouds.as_ref(),
            axes: axes.as_ref(),
            diagonal: false,
            problem: &report.problem,
            cost: (certificate.upper, certificate.relative_gap()),
            epsilon: None,
            unbalanced: None,
        };
        let saved = self
            .files
            .save_plan(&scene)
            .and_then(|()| self.files.save_potentials(&certified.potentials))
            .and_then(|()| {
                let inputs = report.inputs.as_ref().expect("the inputs are reported");
                let gradient = || Gradient::new(&problem, plan, &certified.potentials);
                self.files.save_gradient(gradient, inputs)
            });
        print_report(&self.output, &report, |lines| self.text(lines, &report, certificate))?;
        saved?;
        let gaps = (certificate.relative_gap(), self.solving.claim);
        Ok(exit_code(name, solution.termination, gaps, self.output.quiet))
    }

    fn text(&self, lines: &mut Lines, report: &Report<EmdReport>, certificate: &Certificate) {
        lines.headline(&report.problem, certificate);
        lines.certificate(certificate, Some(self.solving.claim), self.detail.verbose);
        lines.problem(&report.problem, report.inputs.as_ref());
        lines.line(
            "  method",
            self.solving.text(&report.method, report.termination, report.iterations),
        );
        lines.timings(&report.timings);
    }
}

/// How to solve, checked.
struct Solving {
    method: Method,
    limit: Option<Duration>,
    memory: Option<MemoryLimit>,
    /// The relative gap that is claimed.
    claim: f64,
    /// Whether `--max-distance` forbids arcs.
    is_near: bool,
    output: OutputOptions,
}

impl Solving {
    fn new(
        solver: &SolverArgs,
        output: &OutputOptions,
        max_distance: Option<f64>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            is_near: max_distance.is_some(),
            method: choose(solver.method, solver.lp_backend)?,
            limit: solver.time_limit.map(Seconds::duration),
            memory: solver.memory_limit.clone(),
            claim: solver.gap_tolerance,
            output: output.clone(),
        })
    }

    /// Solves and certifies within the limits: the name of the method, and the seconds that solver and
    /// certificate took.
    fn solve(
        &self,
        problem: &OtProblem,
        options: &SimplexOptions<'_>,
    ) -> Result<(&'static str, Solution, Certified, [f64; 2]), Failure> {
        let (method, memory_note) =
            method_within_limit(self.memory.as_ref(), self.method, problem, options)?;
        if let Some(text) = &memory_note {
            note(text, self.output.quiet);
        }
        let solver = method.solver_with(problem, *options);
        let mut progress = RunProgress::start(self.limit, self.output.quiet)?;
        progress.leave_time_to_judge(problem);
        let solution = solver.solve(problem, &mut progress);
        let judging = progress.judging();
        let solve_seconds = progress.finish();
        if let Err(SolveError::Infeasible(proof)) = &solution
            && self.output.json
        {
            let report: Report<_> = Report::new(INFEASIBLE_SCHEMA, proof);
            print_report(&self.output, &report, |_| {})?;
        }
        let mut solution = solution.map_err(|error| self.failure(error))?;
        let start = Instant::now();
        let certified = solution.certify_until(problem, &|| judging.is_over());
        if let Some(stop) = judging.stopped()
            && !certified.certificate.is_within(self.claim)
        {
            solution.termination = stop.into();
        }
        let seconds = [solve_seconds, start.elapsed().as_secs_f64()];
        Ok((solver.name(), solution, certified, seconds))
    }

    fn failure(&self, error: SolveError) -> Failure {
        let is_far = matches!(&error, SolveError::Infeasible(proof) if self.is_near && !proof.is_by_rounding());
        let failure = Failure::from(error);
        if !is_far {
            return failure;
        }
        failure.hint(
            "raise --max-distance: emd --p inf, without it, finds the least one that lets all mass move; \
             or move less mass with --fraction",
        )
    }

    /// The method, why it ended and how many iterations it took.
    fn text(&self, method: &str, termination: &str, iterations: u64) -> String {
        let auto = if self.method == Method::Auto { " (auto)" } else { "" };
        let ended = format!("{method}{auto}, {}", termination.replace('_', " "));
        // Sorting does not iterate.
        if method == "line" { ended } else { format!("{ended}, {iterations} iterations") }
    }
}

/// The exit code, with a warning if the run stopped at a limit or the claimed gap is not proved; the
/// bracket is true in any case.
fn exit_code(
    method: &str,
    termination: Termination,
    (relative_gap, claim): (f64, f64),
    quiet: bool,
) -> Exit {
    let (text, exit) = if !termination.is_complete() {
        let text = format!("{}: the best plan so far, with its true bracket", stopped(termination));
        (text, Exit::Stopped)
    } else if relative_gap <= claim {
        return Exit::Fine;
    } else {
        let text = format!(
            "the relative gap {relative_gap:.1e} is wider than {claim:e}: the {method} method has not \
             proved its claim",
        );
        (text, Exit::ClaimBroken)
    };
    warn(&[text], quiet);
    exit
}
