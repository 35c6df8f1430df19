//! `deblais emd --diagonal --p inf`: the bottleneck distance between two persistence diagrams.

use std::time::Instant;

use deblais::persistence::{PersistenceBottleneck, PersistenceDiagram};
use deblais::report::{DIAGRAM_BOTTLENECK_SCHEMA, DiagramBottleneckReport, Report};

use super::persistence::DiagramJob;
use super::{EmdArgs, exit_code};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print_report;
use crate::cli::progress_line::RunProgress;
use crate::cli::read_measure::InputLog;
use crate::cli::text::{Bounds, Lines, bracket};

/// Validates the arguments, then runs.
pub(super) fn run(mut args: EmdArgs) -> Result<Exit, Failure> {
    let meaningless = [
        ("--plan", args.files.plan.is_some()),
        ("--potentials", args.files.potentials.is_some()),
        ("--heatmap", args.draw.heatmap.is_some()),
        ("--map", args.draw.map.is_some()),
        ("--json-plan", args.json_plan),
    ];
    if let Some((flag, _)) = meaningless.iter().find(|(_, is_given)| *is_given) {
        return Err(Failure::usage(format!("{flag} does not go with --diagonal --p inf"))
            .hint(format!("leave {flag} out, or give a finite --p")));
    }
    // The costs are those of the distance itself.
    args.problem.cost.ground.p = Some(1.0);
    bottleneck(&DiagramJob::new(args)?)
}

fn bottleneck(job: &DiagramJob) -> Result<Exit, Failure> {
    let start = Instant::now();
    let mut log = InputLog::default();
    let read = job.read(&mut log);
    let InputLog { inputs, remarks } = log;
    let (diagrams, problem) = read.map_err(|failure| failure.after(remarks.warnings.clone()))?;
    let read_seconds = start.elapsed().as_secs_f64();
    remarks.tell(job.output.quiet);
    let mut progress = RunProgress::start(job.solving.limit, job.output.quiet)?;
    progress.leave_time_to_judge(problem.balanced());
    let answer = problem.bottleneck(&mut progress);
    let solve_seconds = progress.finish();
    let bounds = bounds(&answer);
    let mut figures = job.figures(&diagrams);
    figures.p = f64::INFINITY;
    let termination = answer.points.termination();
    let report = Report {
        inputs: Some(inputs),
        settings: Some(job.settings.clone().without("method").and("p", "inf")),
        warnings: Some(remarks.warnings),
        timings: [("read", read_seconds), ("solve", solve_seconds)].into(),
        ..Report::new(
            DIAGRAM_BOTTLENECK_SCHEMA,
            DiagramBottleneckReport {
                problem: figures,
                distance: answer.upper,
                distance_lower: answer.lower,
                distance_upper: answer.upper,
                essential_classes: diagrams.each_ref().map(essential_classes),
                termination: termination.name(),
                iterations: answer.points.iterations(),
            },
        )
    };
    print_report(&job.output, &report, |lines| text(job, lines, &report, &bounds))?;
    if answer.lower == f64::INFINITY {
        return Ok(Exit::Fine);
    }
    let gaps = (bounds.relative_gap, job.solving.claim);
    Ok(exit_code("bottleneck", termination, gaps, job.output.quiet))
}

fn essential_classes(diagram: &PersistenceDiagram) -> usize {
    diagram.essential().len()
}

fn bounds(answer: &PersistenceBottleneck) -> Bounds {
    let PersistenceBottleneck { lower, upper, .. } = *answer;
    let gap = if lower == upper { 0.0 } else { (upper - lower).next_up() };
    let relative_gap = if gap == 0.0 { 0.0 } else { (gap / upper).next_up() };
    Bounds { lower, upper, gap, relative_gap }
}

fn text(
    job: &DiagramJob,
    lines: &mut Lines,
    report: &Report<DiagramBottleneckReport>,
    bounds: &Bounds,
) {
    let [k, l] = report.essential_classes;
    if bounds.lower == f64::INFINITY {
        lines.line("W_inf with diagonal", format!("infinite: {k} and {l} essential classes"));
    } else {
        lines.line("W_inf with diagonal", bracket((bounds.lower, bounds.upper)));
        lines.bounds(bounds, Some(job.solving.claim));
    }
    lines.sizes(&report.problem, report.inputs.as_ref());
    let ended = report.termination.replace('_', " ");
    lines.line("  method", format!("threshold, {ended}, {} phases", report.iterations));
    lines.timings(&report.timings);
}
