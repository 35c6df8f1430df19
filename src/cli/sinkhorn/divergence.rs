//! `--divergence`: the debiased Sinkhorn divergence and its three terms.

use std::time::Duration;

use deblais::measure::DiscreteMeasure;
use deblais::report::{
    DivergenceReport, EntropicReport, EpsilonReport, Report, SINKHORN_SCHEMA, Settings,
};
use deblais::solvers::SolveOptions;
use deblais::solvers::sinkhorn::{Sinkhorn, SinkhornDivergence, typical_cost};

use super::entropy::EntropyArgs;
use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::Ground;
use crate::cli::inputs::{LoadedProblem, ProblemJob};
use crate::cli::output::print_report;
use crate::cli::progress_line::RunProgress;
use crate::cli::text::{Lines, small, stopped, supported};
use crate::cli::{use_threads, warn};

/// A validated request.
pub(super) struct SinkhornDivergenceJob {
    problem: ProblemJob,
    solver: Sinkhorn,
    limit: Option<Duration>,
    output: OutputOptions,
    settings: Settings,
}

impl SinkhornDivergenceJob {
    pub(super) fn new(
        problem: ProblemJob,
        entropy: &EntropyArgs,
        output: OutputOptions,
    ) -> Result<Self, Failure> {
        use_threads(output.threads)?;
        let (solver, limit) = (entropy.solver(), entropy.limit());
        let settings = problem.settings().with(entropy);
        Ok(Self { problem, solver, limit, output, settings })
    }

    pub(super) fn run(self) -> Result<Exit, Failure> {
        let LoadedProblem { problem, report, inputs, mut remarks, clouds, seconds, .. } =
            self.problem.load()?;
        let (source, target) = clouds.expect("only points come with --divergence");
        let ground = self.problem.ground().expect("points have a ground cost");
        remarks.warnings.extend(sign(&ground));
        remarks.tell(self.output.quiet);
        // The masses of the problem: their totals are equal.
        let target =
            DiscreteMeasure::new(target.support().to_owned(), problem.target().to_owned())?;

        let (found, solve_seconds) =
            RunProgress::watch(self.limit, self.output.quiet, |progress| {
                let options = SolveOptions::new().observer(progress);
                self.solver.divergence_with(&source, &target, ground.cost(), &options)
            })?;

        let used = found.cross.plan.epsilon();
        let epsilon = EpsilonReport::new(self.solver.epsilon, used, typical_cost(&problem));
        let report = Report {
            inputs: Some(inputs),
            settings: Some(self.settings.clone()),
            warnings: Some(remarks.warnings),
            timings: [("read", seconds), ("solve", solve_seconds)].into(),
            ..Report::new(SINKHORN_SCHEMA, DivergenceReport::new(report, epsilon, &found))
        };
        print_report(&self.output, &report, |lines| text(lines, &report))?;
        Ok(self.exit(&found))
    }

    fn exit(&self, found: &SinkhornDivergence) -> Exit {
        let terms = [&found.cross, &found.source, &found.target];
        let ended = terms.map(|term| term.termination);
        let Some(limit) = ended.into_iter().find(|ended| !ended.is_complete()) else {
            return Exit::Fine;
        };
        let error = terms.iter().map(|term| term.marginal_error).fold(0.0, f64::max);
        let text = format!(
            "{} with a marginal error of {error:.1e}, above {:e}: the divergence is not to be relied on",
            stopped(limit),
            self.solver.tolerance
        );
        warn(&[text], self.output.quiet);
        Exit::Stopped
    }
}

/// Tells of costs whose divergence has no sign.
fn sign(ground: &Ground) -> Option<String> {
    (!ground.has_positive_kernel()).then(|| {
        let power = match ground.p() {
            1.0 => String::new(),
            p => format!(" to the power {p}"),
        };
        format!(
            "the Sinkhorn divergence of the {} cost{power} can be negative, unlike that of the \
             euclidean, sqeuclidean and cityblock costs",
            ground.name()
        )
    })
}

fn text(lines: &mut Lines, report: &Report<DivergenceReport>) {
    let value = report.divergence;
    // What the three terms are off by, of which one is left when two are taken away.
    let terms = [&report.cross, &report.source_self, &report.target_self];
    let error: f64 = terms.map(|term| term.marginal_error * term.entropic_cost.abs()).iter().sum();
    let value = supported(value, error / value.abs());
    lines.line("Sinkhorn divergence", format!("{value}, an estimate"));
    lines.line("  is", "cross − (source to itself + target to itself)/2");
    lines.term("  cross", &report.cross);
    lines.term("  source to itself", &report.source_self);
    lines.term("  target to itself", &report.target_self);
    lines.epsilon(&report.epsilon);
    lines.problem(&report.problem, report.inputs.as_ref());
    lines.timings(&report.timings);
}

impl Lines {
    /// One entropic cost and how it was found.
    fn term(&mut self, label: &str, term: &EntropicReport) {
        let EntropicReport { entropic_cost, iterations, marginal_error, termination, .. } = term;
        self.line(
            label,
            format!(
                "{}; {iterations} iterations, marginal error {}, {}",
                supported(*entropic_cost, *marginal_error),
                small(*marginal_error),
                termination.replace('_', " ")
            ),
        );
    }
}
