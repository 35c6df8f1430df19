//! `deblais emd --p inf`: the bottleneck distance `W_∞`.

use std::time::Duration;

use deblais::certificate::BottleneckCertificate;
use deblais::problem::OtProblem;
use deblais::report::{BOTTLENECK_SCHEMA, BottleneckReport, PlanReport, Report, Settings};
use deblais::solvers::bottleneck::Bottleneck;

use super::{EmdArgs, exit_code};
use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::Seconds;
use crate::cli::inputs::{LoadedProblem, ProblemJob, input_names};
use crate::cli::method::MethodName;
use crate::cli::output::print_report;
use crate::cli::pictures::PlanScene;
use crate::cli::plan_files::PlanFiles;
use crate::cli::progress_line::RunProgress;
use crate::cli::text::{Bounds, Lines, bracket, exact, small};
use crate::cli::{use_threads, warn};

/// A validated request.
struct BottleneckJob {
    problem: ProblemJob,
    limit: Option<Duration>,
    claim: f64,
    files: PlanFiles,
    json_plan: bool,
    output: OutputOptions,
    verbose: bool,
    settings: Settings,
}

/// Validates the arguments, then runs.
pub(super) fn run(args: EmdArgs) -> Result<Exit, Failure> {
    BottleneckJob::new(args)?.run()
}

impl BottleneckJob {
    fn new(args: EmdArgs) -> Result<Self, Failure> {
        let meaningless = [
            ("--method", args.solver.method != MethodName::Auto),
            ("--lp-backend", args.solver.lp_backend.is_some()),
            ("--memory-limit", args.solver.memory_limit.is_some()),
            ("--potentials", args.files.potentials.is_some()),
            ("--gradient", args.gradient.is_some()),
        ];
        if let Some((flag, _)) = meaningless.iter().find(|(_, is_given)| *is_given) {
            return Err(Failure::usage(format!(
                "{flag} has no meaning with --p inf, which is solved by maximum flows and proved by a cut"
            ))
            .hint(format!("leave {flag} out, or give a finite --p")));
        }
        args.start.check_absent("--p inf")?;
        if args.problem.cost.max_distance.is_some() {
            return Err(Failure::usage(
                "--p inf finds the least --max-distance that leaves a plan",
            )
            .hint("leave --max-distance out, or give a finite --p"));
        }
        let EmdArgs { mut problem, solver, files, draw, output, detail, json_plan, .. } = args;
        // The costs are those of the distance itself, or of the matrix.
        let cost = &mut problem.cost;
        cost.ground.p = (cost.cost_matrix.is_none() && cost.cost_arcs.is_none()).then_some(1.0);
        let job = ProblemJob::new(&problem)?;
        let files = PlanFiles::new(files, None, draw, &job, &input_names(&problem))?;
        use_threads(output.threads)?;
        Ok(Self {
            settings: job.settings().with(&solver).without("method").and("p", "inf"),
            problem: job,
            limit: solver.time_limit.map(Seconds::duration),
            claim: solver.gap_tolerance,
            files,
            json_plan,
            output,
            verbose: detail.verbose,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let loaded = self.problem.load()?;
        self.files.check(&loaded)?;
        loaded.remarks.tell(self.output.quiet);
        let LoadedProblem { problem, report, inputs, remarks, clouds, axes, seconds, .. } = loaded;
        let mut progress = RunProgress::start(self.limit, self.output.quiet)?;
        progress.leave_time_to_judge(&problem);
        let answer = problem.bottleneck(&mut progress);
        let solve_seconds = progress.finish();
        let certificate = answer.certificate();
        check_range(&problem, certificate)?;
        let mut warnings = remarks.warnings;
        if let Some(text) = little_mass(certificate, problem.total()) {
            warn(std::slice::from_ref(&text), self.output.quiet);
            warnings.push(text);
        }
        let report = Report {
            inputs: Some(inputs),
            settings: Some(self.settings.clone()),
            warnings: Some(warnings),
            plan: self.json_plan.then(|| PlanReport::from(answer.plan())),
            timings: [("read", seconds), ("solve", solve_seconds)].into(),
            ..Report::new(BOTTLENECK_SCHEMA, BottleneckReport::new(report, &answer))
        };
        let clouds = clouds.filter(|_| self.files.draws());
        let scene = PlanScene {
            plan: answer.plan(),
            clouds: clouds.as_ref(),
            axes: axes.as_ref(),
            problem: &report.problem,
            cost: (answer.upper(), certificate.relative_gap()),
            epsilon: None,
            diagonal: false,
            unbalanced: None,
        };
        let saved = self.files.save_plan(&scene);
        print_report(&self.output, &report, |lines| self.text(lines, &report, &answer))?;
        saved?;
        let gaps = (certificate.relative_gap(), self.claim);
        Ok(exit_code("bottleneck", answer.termination(), gaps, self.output.quiet))
    }

    fn text(&self, lines: &mut Lines, report: &Report<BottleneckReport>, answer: &Bottleneck) {
        let certificate = answer.certificate();
        lines.line("W_inf", bracket((certificate.lower, certificate.upper)));
        lines.bounds(&Bounds::from(certificate), Some(self.claim));
        if self.verbose {
            let [source, target] =
                [certificate.source_residual, certificate.target_residual].map(small);
            lines.line(
                "  residuals",
                format!("source {source}, target {target}, before the repair"),
            );
        }
        let [of_s, of_n] = [&report.cut.sources, &report.cut.targets].map(Vec::len);
        let (n, m) = (report.problem.n, report.problem.m);
        let forced = small(certificate.forced_mass);
        let cut =
            format!("S {of_s} of {n} sources, N {of_n} of {m} targets, μ(S) − ν(N) = {forced}");
        lines.line("  cut", cut);
        lines.problem(&report.problem, report.inputs.as_ref());
        let ended = report.termination.replace('_', " ");
        lines.line("  method", format!("threshold, {ended}, {} phases", report.iterations));
        lines.timings(&report.timings);
    }
}

/// Refuses a distance that underflowed.
fn check_range(problem: &OtProblem, certificate: &BottleneckCertificate) -> Result<(), Failure> {
    let BottleneckCertificate { lower, upper, .. } = *certificate;
    if problem.cost().rounding().hides(upper, 1.0) {
        let text = format!(
            "the ground cost underflows: no more is known of the bottleneck distance than that it \
             lies between {} and {}",
            exact(lower),
            exact(upper)
        );
        return Err(Failure::new(text).hint("multiply all coordinates by the same factor"));
    }
    Ok(())
}

/// A warning if the distance is that of a mass which may be nothing but rounding.
fn little_mass(certificate: &BottleneckCertificate, total: f64) -> Option<String> {
    /// The share of the total below which a mass may be rounding.
    const ROUNDING: f64 = 1e-12;
    let share = certificate.forced_mass / total;
    (share < ROUNDING && certificate.lower > 0.0).then(|| {
        format!(
            "only {} of the mass has to go this far: W_inf counts the smallest mass in full, and so \
             the rounding of masses; give them as integers, with --normalize",
            small(share)
        )
    })
}
