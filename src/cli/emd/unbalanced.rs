//! `deblais emd --mass`, `--fraction` and `--unbalanced`: transport between unequal masses.

use deblais::certificate::Certificate;
use deblais::problem::{OtProblem, Sides};
use deblais::report::{PlanReport, Report, Settings, UNBALANCED_SCHEMA, UnbalancedReport};
use deblais::solvers::Transport;
use deblais::solvers::network_simplex::SimplexOptions;
use deblais::unbalanced::{Amount, UnbalancedProblem, UnbalancedTransport};

use super::{EmdArgs, Solving, exit_code};
use crate::cli::amount::refuse_normalize;
use crate::cli::args::{DetailArgs, OutputOptions};
use crate::cli::failure::{Exit, Failure};
use crate::cli::inputs::{LoadedSides, ProblemJob, input_names};
use crate::cli::output::print_report;
use crate::cli::pictures::PlanScene;
use crate::cli::plan_files::PlanFiles;
use crate::cli::range::{check_range, check_underflow};
use crate::cli::text::{Lines, bracket, supported};
use crate::cli::{use_threads, warn};

/// A validated request.
struct UnbalancedJob {
    problem: ProblemJob,
    amount: Amount,
    unit_mass: bool,
    solving: Solving,
    files: PlanFiles,
    json_plan: bool,
    output: OutputOptions,
    detail: DetailArgs,
    settings: Settings,
}

/// Validates the arguments, then runs.
pub(super) fn run(args: EmdArgs, amount: Amount) -> Result<Exit, Failure> {
    UnbalancedJob::new(args, amount)?.run()
}

impl UnbalancedJob {
    fn new(args: EmdArgs, amount: Amount) -> Result<Self, Failure> {
        let EmdArgs { problem: problem_args, amount: amounts, solver, files, draw, output, .. } =
            args;
        refuse_normalize(problem_args.inputs.normalize)?;
        args.start.check_absent("unequal masses")?;
        if problem_args.cost.ground.p == Some(f64::INFINITY) {
            return Err(Failure::usage(
                "--p inf, the least largest distance, is known where all mass is moved, and between \
                 persistence diagrams (--diagonal)",
            )
            .hint(
                "leave --p out and bound the distance with --max-distance, or leave out --mass, \
                 --fraction and --unbalanced",
            ));
        }
        let problem = ProblemJob::new(&problem_args)?;
        let solving = Solving::new(&solver, &output, problem_args.cost.max_distance)?;
        let files =
            PlanFiles::new(files, args.gradient, draw, &problem, &input_names(&problem_args))?;
        use_threads(output.threads)?;
        Ok(Self {
            settings: problem.settings().with(&amounts).with(&solver),
            problem,
            amount,
            unit_mass: amounts.unit_mass,
            solving,
            files,
            json_plan: args.json_plan,
            output,
            detail: args.detail,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let loaded = self.problem.load_sides()?;
        let loaded = if self.unit_mass { loaded.with_unit_masses() } else { loaded };
        self.files.check(&loaded)?;
        loaded.remarks.tell(self.output.quiet);
        let LoadedSides {
            problem: sides, mut report, inputs, remarks, clouds, axes, seconds, ..
        } = loaded;
        let clouds = clouds.filter(|_| self.files.draws());
        let target_mass;
        (report.total_mass, target_mass) = totals(&sides);
        let problem = UnbalancedProblem::between(sides, self.amount)?;
        let mut warnings = remarks.warnings;
        if let Some(text) = self.cut_mass(report.total_mass.min(target_mass)) {
            warn(std::slice::from_ref(&text), self.output.quiet);
            warnings.push(text);
        }
        let (name, solution, certified, [solve_seconds, certify_seconds]) =
            self.solving.solve(problem.balanced(), &SimplexOptions::default())?;
        let answer = problem.without_dummies(Transport::new(name, solution, certified));
        self.check_range(problem.balanced(), answer.certificate())?;

        let findings = UnbalancedReport::new(report, target_mass, &answer);
        let report = Report {
            inputs: Some(inputs),
            settings: Some(self.settings.clone()),
            warnings: Some(warnings),
            plan: self.json_plan.then(|| PlanReport::from(answer.plan())),
            timings: [("read", seconds), ("solve", solve_seconds), ("certify", certify_seconds)]
                .into(),
            ..Report::new(UNBALANCED_SCHEMA, findings)
        };
        let scene = PlanScene {
            plan: answer.plan(),
            clouds: clouds.as_ref(),
            axes: axes.as_ref(),
            diagonal: false,
            problem: &report.problem,
            cost: (answer.transport_cost(), answer.certificate().relative_gap()),
            epsilon: None,
            unbalanced: Some(&answer),
        };
        let saved = self
            .files
            .save_plan(&scene)
            .and_then(|()| self.files.save_potentials(answer.potentials()))
            .and_then(|()| {
                let inputs = report.inputs.as_ref().expect("the inputs are reported");
                self.files.save_gradient(|| answer.gradient(&problem), inputs)
            });
        print_report(&self.output, &report, |lines| self.text(lines, &report, &answer))?;
        saved?;
        let gaps = (answer.certificate().relative_gap(), self.solving.claim);
        Ok(exit_code(name, answer.termination(), gaps, self.output.quiet))
    }

    /// A warning if more mass is asked for than there is, by so little that all is moved.
    fn cut_mass(&self, smaller_total: f64) -> Option<String> {
        let Amount::Mass(asked) = self.amount else { return None };
        (asked > smaller_total).then(|| {
            format!(
                "--mass {asked} exceeds the smaller total, {smaller_total}, by rounding: all of it \
                 is moved"
            )
        })
    }

    /// Refuses an answer that left the range of `f64`.
    fn check_range(&self, problem: &OtProblem, certificate: &Certificate) -> Result<(), Failure> {
        let remedy = match self.amount {
            Amount::Mass(_) => {
                "give a larger --mass, or multiply all coordinates by the same factor"
            }
            Amount::Fraction(_) => {
                "give a larger --fraction, or multiply all coordinates by the same factor"
            }
            Amount::Penalty { .. } => {
                "give larger penalties, or multiply the coordinates and the penalties by the same factor"
            }
        };
        let bounds = (certificate.lower, certificate.upper);
        check_underflow(problem.cost().rounding(), problem.total(), bounds)
            .map_err(|failure| failure.hint(remedy))?;
        check_range(problem, certificate)
    }

    fn text(
        &self,
        lines: &mut Lines,
        report: &Report<UnbalancedReport>,
        answer: &UnbalancedTransport,
    ) {
        let certificate = answer.certificate();
        let name = match self.amount {
            Amount::Penalty { .. } => "cost with penalties",
            _ => "partial transport cost",
        };
        lines.line(name, bracket((certificate.lower, certificate.upper)));
        lines.certificate(certificate, Some(self.solving.claim), self.detail.verbose);
        let masses = [report.moved_mass, report.problem.total_mass, report.target_mass];
        let [moved, source, target] = masses.map(mass);
        lines.line("  moved", format!("{moved} of {source} (source) and {target} (target)"));
        let stays = [report.left_behind, report.created].map(mass);
        lines
            .line("  not moved", format!("{} of the source, {} of the target", stays[0], stays[1]));
        let is_all = report.left_behind == 0.0 || report.created == 0.0;
        match report.marginal_price {
            // There is no more.
            Some(_) if is_all => {}
            Some(price) => lines.line("  price of more mass", format!("{} a unit", mass(price))),
            None => lines.line("  cost of transport", mass(report.transport_cost)),
        }
        lines.sizes(&report.problem, report.inputs.as_ref());
        let method = self.solving.text(&report.method, report.termination, report.iterations);
        lines.line("  method", method);
        lines.timings(&report.timings);
    }
}

/// A number that is rounded a few times.
fn mass(value: f64) -> String {
    const ROUNDING: f64 = 1e-12;
    supported(value, ROUNDING)
}

/// The total masses, rounded.
fn totals(sides: &Sides<'_>) -> (f64, f64) {
    let (source, target) = sides.marginals();
    (source.total(), target.total())
}
