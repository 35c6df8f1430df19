//! `deblais emd --mass`, `--fraction` and `--unbalanced`: transport between unequal masses.

use clap::Args;
use deblais::certificate::Certificate;
use deblais::problem::{OtProblem, Sides};
use deblais::report::{PlanReport, Report, Settings, UNBALANCED_SCHEMA, UnbalancedReport, number};
use deblais::solvers::Transport;
use deblais::solvers::network_simplex::SimplexOptions;
use deblais::unbalanced::{Amount, UnbalancedProblem, UnbalancedTransport};
use serde::Serialize;

use super::{EmdArgs, Solving, exit_code};
use crate::cli::args::{DetailArgs, OutputOptions};
use crate::cli::failure::{Exit, Failure};
use crate::cli::inputs::{LoadedSides, ProblemJob, input_names};
use crate::cli::output::print_report;
use crate::cli::pictures::PlanScene;
use crate::cli::plan_files::PlanFiles;
use crate::cli::range::{check_range, check_underflow};
use crate::cli::text::{Lines, bracket, supported};
use crate::cli::{use_threads, warn};

/// How much mass is moved.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Unequal masses")]
pub(super) struct AmountArgs {
    /// Move exactly this mass, at the least cost; totals may differ
    #[arg(long, value_name = "M", allow_negative_numbers = true, conflicts_with_all = ["fraction", "unbalanced"])]
    mass: Option<f64>,

    /// Move exactly this fraction of the smaller total
    #[arg(
        long,
        value_name = "FRACTION",
        allow_negative_numbers = true,
        conflicts_with = "unbalanced"
    )]
    fraction: Option<f64>,

    /// Move what pays: mass that is left behind costs L1 a unit, mass that appears costs L2 (one
    /// number for both)
    #[arg(long, value_name = "L1[,L2]", allow_hyphen_values = true, value_parser = parse_penalties)]
    unbalanced: Option<Penalties>,

    /// Every point has mass 1, not 1/n of its side
    #[arg(long, conflicts_with_all = ["weights", "source_weights", "target_weights", "hist", "normalize"])]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unit_mass: bool,
}

/// The penalties of `--unbalanced`.
#[derive(Debug, Clone, Copy, Serialize)]
struct Penalties(#[serde(with = "number")] f64, #[serde(with = "number")] f64);

fn parse_penalties(text: &str) -> Result<Penalties, String> {
    let number =
        |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0);
    let (source, target) = text.split_once(',').unwrap_or((text, text));
    match (number(source), number(target)) {
        (Some(source), Some(target)) => Ok(Penalties(source, target)),
        _ => Err("penalties are one or two numbers ≥ 0 such as 0.5 or 0.5,2".into()),
    }
}

impl AmountArgs {
    /// The amount, unless all mass is to be moved.
    pub(super) fn amount(&self) -> Option<Amount> {
        let penalty = |Penalties(source, target)| Amount::Penalty { source, target };
        self.mass
            .map(Amount::Mass)
            .or(self.fraction.map(Amount::Fraction))
            .or(self.unbalanced.map(penalty))
    }

    /// Refuses flags that say nothing without an amount.
    pub(super) fn check_alone(&self) -> Result<(), Failure> {
        if self.unit_mass {
            return Err(Failure::usage("--unit-mass is for unequal masses")
                .hint("say how much is moved with --mass, --fraction or --unbalanced"));
        }
        Ok(())
    }
}

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
        if problem_args.inputs.normalize {
            return Err(Failure::usage("--normalize makes the totals equal")
                .hint("leave it out: between unequal masses totals are taken as they are"));
        }
        if args.gradient.is_some() {
            return Err(Failure::usage("--gradient is for equal masses")
                .hint("leave out --gradient, or move all mass"));
        }
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
        let files = PlanFiles::new(files, None, draw, &problem, &input_names(&problem_args))?;
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
            .and_then(|()| self.files.save_potentials(answer.potentials()));
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
