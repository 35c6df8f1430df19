//! `deblais crosscheck`: every method on one problem, one verdict table.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use deblais::critic::{CriticVerdict, Trained, judge};
use deblais::crosscheck::{Crosscheck, Row, Verdict};
use deblais::plot::{self, Bracket, Brackets};
use deblais::progress::Stop;
use deblais::report::{CROSSCHECK_SCHEMA, CrosscheckReport, CrosscheckTimings, Report, Settings};
use deblais::solvers::lp::Backend;
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn};
use serde::Serialize;

use super::args::{OutputOptions, ProblemArgs};
use super::critic::{CriticTraining, KindName};
use super::failure::{Exit, Failure};
use super::ground::{Ground, Seconds};
use super::inputs::{LoadedProblem, ProblemJob, input_names};
use super::output::print_report;
use super::output_files::OutputFiles;
use super::pictures::FORMATS;
use super::progress_line::RunProgress;
use super::range::check_range;
use super::sinkhorn::entropy;
use super::text::{Lines, exact, small};
use super::typed::{self, typed};
use super::{use_threads, warn};

/// `deblais crosscheck SOURCE TARGET`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CrosscheckArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    methods: MethodArgs,
    /// Draw the brackets as bars around the exact value
    #[arg(long, value_name = "FILE.png|.svg", help_heading = "Pictures")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

/// Which methods, and how far they go.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Methods")]
struct MethodArgs {
    /// Kinds of critics to train, with their default settings
    #[arg(
        long,
        value_enum,
        value_name = "KINDS",
        value_delimiter = ',',
        default_values_t = [KindName::Cones, KindName::Maxmin]
    )]
    #[serde(serialize_with = "typed::names")]
    critics: Vec<KindName>,
    /// Strength ε of the entropy: in the units of the cost, or as a multiple of the median cost
    /// with the suffix rel
    #[arg(long, value_name = "E|Erel", default_value = "0.01rel", value_parser = entropy::epsilon, allow_negative_numbers = true)]
    #[serde(serialize_with = "entropy::written")]
    epsilon: Epsilon,
    /// Leave the generic linear programs out
    #[arg(long)]
    #[serde(skip)]
    no_lp: bool,
    /// Stop each critic's training after this time: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME")]
    time_limit: Option<Seconds>,
}

const EXAMPLES: &str = "Examples:
  deblais crosscheck a.csv b.csv
  deblais crosscheck a.csv b.csv --critics cones,maxmin,lp,spectral,clip --plot brackets.png
  deblais crosscheck a.csv b.csv --cost cityblock --critics cones --epsilon 0.001rel --json";

/// Cells n·m up to which microlp is asked: its simplex takes minutes beyond.
const MICROLP_CELLS: usize = 40_000;

/// A validated request.
struct CrosscheckJob {
    problem: ProblemJob,
    ground: Option<Ground>,
    methods: MethodArgs,
    plot: Option<PathBuf>,
    output: OutputOptions,
    settings: Settings,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: CrosscheckArgs) -> Result<Exit, Failure> {
    CrosscheckJob::new(args)?.run()
}

impl CrosscheckJob {
    fn new(args: CrosscheckArgs) -> Result<Self, Failure> {
        let CrosscheckArgs { problem: problem_args, methods, plot, output } = args;
        let problem = ProblemJob::new(&problem_args)?;
        let mut outputs = OutputFiles::default();
        outputs.add("--plot", plot.as_deref(), FORMATS)?;
        outputs.check(&input_names(&problem_args))?;
        use_threads(output.threads)?;
        Ok(Self {
            ground: problem.ground(),
            settings: problem.settings().with(&methods),
            problem,
            methods,
            plot,
            output,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let loaded = self.problem.load()?;
        loaded.remarks.tell(self.output.quiet);
        let check = self.check(&loaded)?;
        check_range(&loaded.problem, check.exact())?;
        let rows = check.rows().iter().map(|row| row.seconds).collect();
        let findings = CrosscheckReport::new(loaded.report.clone(), &check);
        let report = Report {
            inputs: Some(loaded.inputs.clone()),
            settings: Some(self.settings.clone()),
            warnings: Some(loaded.remarks.warnings.clone()),
            timings: CrosscheckTimings { read: loaded.seconds, rows },
            ..Report::new(CROSSCHECK_SCHEMA, findings)
        };
        if let Some(path) = &self.plot {
            let brackets = brackets(&check);
            plot::save(path, &brackets)?;
        }
        print_report(&self.output, &report, |lines| text(lines, &report, check.rows()))?;
        Ok(exit(&check, self.output.quiet))
    }

    /// One method after another.
    fn check<'a>(&self, loaded: &'a LoadedProblem) -> Result<Crosscheck<'a>, Failure> {
        let quiet = self.output.quiet;
        let problem = &loaded.problem;
        let mut check = Crosscheck::new(problem, &mut RunProgress::start(None, quiet)?)?;
        for &backend in Backend::all().iter().filter(|_| !self.methods.no_lp) {
            let cells = problem.n().saturating_mul(problem.m());
            if backend == Backend::Microlp && cells > MICROLP_CELLS {
                let why = format!("{cells} cells, more than {MICROLP_CELLS}");
                check.skip(format!("lp ({})", backend.name()), why);
            } else {
                check.lp(backend, &mut RunProgress::start(None, quiet)?);
            }
        }
        let sinkhorn = Sinkhorn { epsilon: self.methods.epsilon, ..Sinkhorn::default() };
        check.sinkhorn(&sinkhorn, &mut RunProgress::start(None, quiet)?)?;
        for &kind in &self.methods.critics {
            if let Some(why) = self.obstacle(kind) {
                check.skip(format!("critic ({})", typed(&kind)), why);
            } else {
                let JudgedCritic { judgment, seconds, stopped } = self.critic(loaded, kind)?;
                let complete = stopped.is_none();
                check.critic(&typed(&kind), &judgment, kind.claim(), seconds, complete);
            }
        }
        Ok(check)
    }

    /// Why there can be no critic of that kind.
    fn obstacle(&self, kind: KindName) -> Option<&'static str> {
        let Some(ground) = &self.ground else {
            return Some("a critic is a function of points, and a cost matrix has none");
        };
        if ground.metric().is_err() {
            return Some("a critic needs a distance");
        }
        kind.check(ground).is_err().then_some("built for the Euclidean distance alone")
    }

    /// Trains and judges a critic.
    fn critic(&self, loaded: &LoadedProblem, kind: KindName) -> Result<JudgedCritic, Failure> {
        let (source, _) = loaded.clouds.as_ref().expect("a distance is between points");
        let training = CriticTraining::named(kind, source.dim());
        let limit = self.methods.time_limit.map(Seconds::duration);
        let start = Instant::now();
        let (Trained { critic, stopped, .. }, _) =
            RunProgress::watch(limit, self.output.quiet, |progress| {
                training.train(&loaded.problem, None, progress)
            })?;
        let judgment = judge(critic.as_ref(), &loaded.problem)?;
        Ok(JudgedCritic { judgment, seconds: start.elapsed().as_secs_f64(), stopped })
    }
}

/// A critic's judgment and the time it took.
struct JudgedCritic {
    judgment: CriticVerdict,
    seconds: f64,
    stopped: Option<Stop>,
}

fn exit(check: &Crosscheck<'_>, quiet: bool) -> Exit {
    if !check.is_complete() {
        warn(
            &["a method was stopped before it was done: what it proves is true all the same"
                .into()],
            quiet,
        );
        return Exit::Stopped;
    }
    if check.holds() {
        return Exit::Fine;
    }
    for row in check.rows() {
        if let Verdict::Fails(why) = &row.verdict {
            warn(&[format!("{}: {why}", row.method)], quiet);
        }
    }
    Exit::ClaimBroken
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Fails(why) => format!("FAILS: {why}"),
        Verdict::Stopped => "stopped".to_owned(),
        Verdict::Skipped(why) => format!("skipped: {why}"),
    }
}

fn brackets(check: &Crosscheck<'_>) -> Brackets {
    let row = |row: &Row| {
        let bracket = Bracket::new(&row.method, row.lower, row.upper);
        let bracket = match row.estimate {
            Some(estimate) => bracket.estimated(estimate),
            None => bracket,
        };
        bracket.judged(match &row.verdict {
            Verdict::Holds => "holds",
            Verdict::Fails(_) => "FAILS",
            Verdict::Stopped => "stopped",
            Verdict::Skipped(_) => "skipped",
        })
    };
    Brackets::new("transport cost", check.rows().iter().map(row))
        .exact(check.exact().upper)
        .titled("Every method, held against the exact value")
}

fn text(lines: &mut Lines, report: &Report<CrosscheckReport, CrosscheckTimings>, rows: &[Row]) {
    let number = |value: f64| if value.is_finite() { exact(value) } else { "–".to_owned() };
    let head = ["method", "lower", "estimate", "upper", "error", "time", "verdict"];
    let mut cells = vec![head.map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        [
            row.method.clone(),
            number(row.lower),
            row.estimate.map_or("–".to_owned(), number),
            number(row.upper),
            row.relative_error.map_or("–".to_owned(), |error| match error {
                0.0 => small(0.0),
                error => format!("{error:+.1e}"),
            }),
            format!("{:.3} s", row.seconds),
            word(&row.verdict),
        ]
    }));
    lines.table(&cells);
    lines.problem(&report.problem, report.inputs.as_ref());
}
