//! `deblais emd --diagonal`: the distance between two persistence diagrams.

use std::time::Instant;

use deblais::measure::DiscreteMeasure;
use deblais::ndarray::Array1;
use deblais::persistence::{PersistenceDiagram, PersistenceProblem, PersistenceTransport};
use deblais::report::{
    PERSISTENCE_SCHEMA, PersistenceReport, PlanReport, ProblemReport, Report, Settings,
};
use deblais::solvers::Transport;
use deblais::solvers::network_simplex::SimplexOptions;

use super::{EmdArgs, Solving, exit_code};
use crate::cli::args::{DetailArgs, OutputOptions};
use crate::cli::diagrams::read_diagram;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::Ground;
use crate::cli::inputs::{ProblemJob, input_names};
use crate::cli::output::print_report;
use crate::cli::pictures::PlanScene;
use crate::cli::plan_files::PlanFiles;
use crate::cli::range::check_bounds;
use crate::cli::read_measure::{InputLog, SampleSet};
use crate::cli::text::{Lines, bracket, supported};
use crate::cli::use_threads;

/// A validated request.
pub(super) struct DiagramJob {
    pub(super) sides: Box<[SampleSet; 2]>,
    pub(super) ground: Ground,
    pub(super) solving: Solving,
    pub(super) files: PlanFiles,
    pub(super) json_plan: bool,
    pub(super) output: OutputOptions,
    pub(super) detail: DetailArgs,
    pub(super) settings: Settings,
}

/// Validates the arguments, then runs.
pub(super) fn run(args: EmdArgs) -> Result<Exit, Failure> {
    DiagramJob::new(args)?.run()
}

impl DiagramJob {
    pub(super) fn new(args: EmdArgs) -> Result<Self, Failure> {
        let EmdArgs { problem: problem_args, solver, files, draw, output, detail, .. } = args;
        let problem = ProblemJob::new(&problem_args)?;
        let solving = Solving::new(&solver, &output, None)?;
        let files = PlanFiles::new(files, None, draw, &problem, &input_names(&problem_args))?;
        use_threads(output.threads)?;
        let settings = problem.settings().without("normalize").and("diagonal", true).with(&solver);
        let (sides, ground) =
            problem.into_points().expect("clap refuses all but two files of points");
        ground.check_diagonal()?;
        Ok(Self {
            sides,
            ground,
            solving,
            files,
            json_plan: args.json_plan,
            output,
            detail,
            settings,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let start = Instant::now();
        let mut log = InputLog::default();
        let read = self.read(&mut log);
        let InputLog { inputs, remarks } = log;
        let (diagrams, problem) = match read {
            Ok(read) => read,
            Err(failure) => return Err(failure.after(remarks.warnings)),
        };
        let clouds = self.files.draws().then(|| self.clouds(&diagrams)).transpose()?;
        let read_seconds = start.elapsed().as_secs_f64();
        remarks.tell(self.output.quiet);

        let (name, solution, certified, [solve_seconds, certify_seconds]) =
            self.solving.solve(problem.balanced(), &SimplexOptions::default())?;
        let answer = problem.with_essential(Transport::new(name, solution, certified))?;
        let rounding = problem.balanced().cost().rounding();
        check_bounds(rounding, problem.balanced().total(), answer.points_certificate())?;

        let [source, target] = &diagrams;
        let rows = answer.plan_of_rows(source, target);
        let findings = PersistenceReport::new(self.figures(&diagrams), &diagrams, &answer);
        let report = Report {
            inputs: Some(inputs),
            settings: Some(self.settings.clone()),
            warnings: Some(remarks.warnings),
            plan: self.json_plan.then(|| PlanReport::from(&rows)),
            timings: [
                ("read", read_seconds),
                ("solve", solve_seconds),
                ("certify", certify_seconds),
            ]
            .into(),
            ..Report::new(PERSISTENCE_SCHEMA, findings)
        };
        let points = answer.points_certificate();
        let scene = PlanScene {
            unbalanced: None,
            plan: answer.plan(),
            clouds: clouds.as_ref(),
            axes: Some(&("birth".to_owned(), "death".to_owned())),
            diagonal: true,
            problem: &report.problem,
            cost: (points.upper, points.relative_gap()),
            epsilon: None,
        };
        let saved = self
            .files
            .write_plan(&rows)
            .and_then(|()| self.files.draw(&scene))
            .and_then(|()| self.files.save_potentials(answer.potentials()));
        print_report(&self.output, &report, |lines| self.text(lines, &report, &answer))?;
        saved?;
        if answer.certificate().is_infinite() {
            return Ok(Exit::Fine);
        }
        let gaps = (answer.certificate().relative_gap(), self.solving.claim);
        Ok(exit_code(name, answer.termination(), gaps, self.output.quiet))
    }

    /// Reads both diagrams.
    pub(super) fn read(
        &self,
        log: &mut InputLog,
    ) -> Result<([PersistenceDiagram; 2], PersistenceProblem), Failure> {
        let [source, target] = self.sides.as_ref();
        let diagrams = [read_diagram(source, log)?, read_diagram(target, log)?];
        let place = format!("{} and {}", source.origin, target.origin);
        let problem = PersistenceProblem::new(&diagrams[0], &diagrams[1], self.ground.cost())
            .map_err(|error| Failure::from(error).at(place))?;
        Ok((diagrams, problem))
    }

    /// The problem between the points of finite death in figures.
    pub(super) fn figures(&self, [source, target]: &[PersistenceDiagram; 2]) -> ProblemReport {
        let (n, m) = (source.points().nrows(), target.points().nrows());
        ProblemReport {
            dim: Some(2),
            exponent: self.ground.exponent(),
            p: self.ground.p(),
            ..ProblemReport::of_size(n, m, n as f64, self.ground.name())
        }
    }

    /// The points of finite death, for pictures.
    fn clouds(
        &self,
        diagrams: &[PersistenceDiagram; 2],
    ) -> Result<(DiscreteMeasure, DiscreteMeasure), Failure> {
        let cloud = |k: usize| {
            let points = diagrams[k].points();
            DiscreteMeasure::new(points.to_owned(), Array1::ones(points.nrows())).map_err(|_| {
                let text = "pictures show points of finite death, and there are none";
                Failure::new(text).at(&self.sides[k].origin).hint("leave the picture out")
            })
        };
        Ok((cloud(0)?, cloud(1)?))
    }

    fn text(
        &self,
        lines: &mut Lines,
        report: &Report<PersistenceReport>,
        answer: &PersistenceTransport,
    ) {
        let certificate = answer.certificate();
        let name = format!("W_{} with diagonal", report.problem.p);
        let [k, l] = report.essential.classes;
        if certificate.is_infinite() {
            lines.line(&name, format!("infinite: {k} and {l} essential classes"));
        } else {
            if report.problem.p != 1.0 {
                lines.line("transport cost", bracket((certificate.lower, certificate.upper)));
            }
            lines.line(&name, bracket((report.distance_lower, report.distance_upper)));
            lines.certificate(certificate, Some(self.solving.claim), self.detail.verbose);
        }
        let masses = [report.matched, report.source_to_diagonal, report.target_to_diagonal];
        let [matched, source, target] = masses.map(|mass| supported(mass, 0.0));
        let (n, m) = (report.problem.n, report.problem.m);
        lines.line("  matched", format!("{matched} of {n} points (source) and {m} (target)"));
        lines.line("  to the diagonal", format!("{source} of the source, {target} of the target"));
        if (k, l) != (0, 0) && k == l {
            let essential = answer.essential_certificate();
            let cost = bracket((essential.lower, essential.upper));
            lines.line("  essential classes", format!("{k} on each side, cost {cost}"));
        }
        lines.sizes(&report.problem, report.inputs.as_ref());
        let method = self.solving.text(&report.method, report.termination, report.iterations);
        lines.line("  method", method);
        lines.timings(&report.timings);
    }
}
