//! Two samples and the exact value between them: what a critic is judged by.

use std::time::Instant;

use deblais::certificate::Certified;
use deblais::critic::CriticVerdict;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::progress::Stop;
use deblais::report::{
    CRITIC_SCHEMA, CertificateReport, CriticReport, Inputs, ProblemReport, Report, Settings,
    SlopesReport, Timings,
};
use deblais::solvers::Method;

use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::Ground;
use crate::cli::inputs::{LoadedProblem, ProblemJob};
use crate::cli::progress_line::RunProgress;
use crate::cli::range::check_range;
use crate::cli::text::{Lines, bracket, exact, small, stopped, supported};
use crate::cli::warn;

/// Two samples, and the exact value if it is asked for.
pub(super) struct Case {
    pub(super) problem: OtProblem<'static>,
    pub(super) source: DiscreteMeasure,
    pub(super) target: DiscreteMeasure,
    pub(super) axes: Option<(String, String)>,
    pub(super) exact: Option<Exact>,
    pub(super) inputs: Inputs,
    pub(super) warnings: Vec<String>,
    pub(super) timings: Timings,
    report: ProblemReport,
    pub(super) settings: Settings,
}

/// The exact answer.
pub(super) struct Exact {
    method: &'static str,
    pub(super) certified: Certified,
    complete: bool,
}

impl Case {
    /// Reads the samples and, if asked for, solves the problem exactly.
    pub(super) fn load(
        job: &ProblemJob,
        exact: bool,
        output: &OutputOptions,
    ) -> Result<Self, Failure> {
        let loaded = job.load()?;
        loaded.remarks.tell(output.quiet);
        let LoadedProblem { problem, report, inputs, remarks, clouds, axes, seconds, .. } = loaded;
        let (source, target) = clouds.expect("a problem with points has clouds");
        let mut timings: Timings = [("read", seconds)].into();
        let exact = if exact {
            let start = Instant::now();
            let exact = Exact::solve(&problem, output.quiet)?;
            timings.insert("exact", start.elapsed().as_secs_f64());
            Some(exact)
        } else {
            None
        };
        let settings = job.settings();
        Ok(Self {
            problem,
            source,
            target,
            axes,
            exact,
            inputs,
            warnings: remarks.warnings,
            timings,
            report,
            settings,
        })
    }

    /// The report of a verdict; `run` is how many steps were done, and what stopped them.
    pub(super) fn report(
        &self,
        kind: &str,
        verdict: &CriticVerdict,
        run: Option<(u64, Option<Stop>)>,
    ) -> Report<CriticReport> {
        let exact = self.exact.as_ref().map(|exact| (exact.method, &exact.certified.certificate));
        let findings = CriticReport::new(self.report.clone(), kind, verdict, exact, run);
        Report {
            inputs: Some(self.inputs.clone()),
            settings: Some(self.settings.clone()),
            warnings: Some(self.warnings.clone()),
            timings: self.timings.clone(),
            ..Report::new(CRITIC_SCHEMA, findings)
        }
    }

    /// However far the estimate is off, it is the answer; but what is certain must be true.
    pub(super) fn exit(&self, verdict: &CriticVerdict, by: Option<Stop>, quiet: bool) -> Exit {
        let is_incomplete = self.exact.as_ref().is_some_and(|exact| !exact.complete);
        if let Some(stop) = by.or(is_incomplete.then_some(Stop::TimeLimit)) {
            let text = format!("{}: the best critic so far, with what it proves", stopped(stop));
            warn(&[text], quiet);
            return Exit::Stopped;
        }
        let most =
            self.exact.as_ref().map_or(f64::INFINITY, |exact| exact.certified.certificate.upper);
        if verdict.certified_lower.max(verdict.polished_lower) <= most {
            Exit::Fine
        } else {
            warn(&["a lower bound lies above the exact value".into()], quiet);
            Exit::ClaimBroken
        }
    }
}

impl Exact {
    /// By whatever method is the fastest.
    fn solve(problem: &OtProblem, quiet: bool) -> Result<Self, Failure> {
        let solver = Method::Auto.solver(problem);
        let (solution, _) =
            RunProgress::watch(None, quiet, |progress| solver.solve(problem, progress))?;
        let complete = solution.termination.is_complete();
        let certified = solution.certify(problem);
        check_range(problem, &certified.certificate)?;
        Ok(Self { method: solver.name(), certified, complete })
    }
}

/// A critic is a function of points, and needs a distance between them.
pub(super) fn ground(problem: &ProblemJob) -> Result<Ground, Failure> {
    let ground = problem.ground().ok_or_else(|| {
        Failure::usage("a critic is a function of points, and --cost-matrix has none")
            .hint("give SOURCE and TARGET; for a matrix, deblais emd and deblais sinkhorn")
    })?;
    ground.metric()?;
    Ok(ground)
}

/// Relative error of an estimate for rounding alone: a long sum of outputs of a network.
const ESTIMATE: f64 = 1e-9;

/// The report for people.
pub(super) fn text(lines: &mut Lines, report: &Report<CriticReport>, verdict: &CriticVerdict) {
    lines.line("critic's estimate", supported(verdict.estimate, ESTIMATE));
    if let Some(value) = &report.exact {
        let CertificateReport { lower, upper, relative_gap, .. } = value.certificate;
        let gap = small(relative_gap);
        lines.line("  exact", format!("{}, relative gap {gap}", bracket((lower, upper))));
    }
    if let Some(error) = report.relative_error {
        lines.line("  relative error", format!("{error:+.3e}"));
    }
    let lipschitz = verdict.lipschitz;
    lines.line(
        "  lower bound",
        format!(
            "{}, proved: the estimate ÷ the Lipschitz constant",
            exact(verdict.certified_lower)
        ),
    );
    lines.line(
        "  lower bound, repaired",
        format!(
            "{}, proved: the critic made 1-Lipschitz on the samples",
            exact(verdict.polished_lower)
        ),
    );
    lines.line(
        "  Lipschitz constant",
        format!("at most {}, {}", exact(lipschitz.bound), lipschitz.how),
    );
    lines.line("  over all pairs", exact(verdict.lipschitz_pairs));
    let slopes = |slopes: SlopesReport| {
        let SlopesReport { p5, median, p95, max } = slopes;
        let [p5, median, p95, max] = [p5, median, p95, max].map(|s| supported(s, 1e-4));
        format!("{p5} (5 %), {median} (median), {p95} (95 %), {max} (most)")
    };
    lines.line("  slope at the source", slopes(report.source_slopes));
    lines.line("  slope at the target", slopes(report.target_slopes));
    lines.line("  slope in between", slopes(report.between_slopes));
    lines.problem(&report.problem, report.inputs.as_ref());
    match &report.run {
        Some(run) => {
            let ended = run.termination.replace('_', " ");
            lines.line("  training", format!("{}, {} steps, {ended}", report.kind, run.steps));
        }
        None => lines.line("  critic", format!("{}, as it was saved", report.kind)),
    }
    lines.timings(&report.timings);
}
