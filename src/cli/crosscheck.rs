//! `deblais crosscheck`: every method on one problem, one verdict table.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use deblais::critic::{CriticVerdict, Trained, judge};
use deblais::crosscheck::{Crosscheck, Row, Verdict};
use deblais::plot::{self, Bracket, Brackets};
use deblais::progress::Stop;
use deblais::report::{CROSSCHECK_SCHEMA, CrosscheckReport, CrosscheckTimings, Report, Setting};
use deblais::solvers::lp::Backend;
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn};

use super::args::{OutputOptions, ProblemArgs};
use super::critic::{KindName, Training};
use super::failure::{Exit, Failure};
use super::ground::{Ground, Seconds};
use super::inputs::{Loaded, ProblemJob, names};
use super::output::print_report;
use super::output_files::OutputFiles;
use super::pictures::FORMATS;
use super::progress_line::RunProgress;
use super::range::check_range;
use super::sinkhorn::entropy;
use super::text::{Lines, exact, small};
use super::{use_threads, warn};

/// `deblais crosscheck SOURCE TARGET`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CrosscheckArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    /// Kinds of critics to train, with their default settings
    #[arg(
        long,
        value_enum,
        value_name = "KINDS",
        value_delimiter = ',',
        default_values_t = [KindName::Cones, KindName::Maxmin],
        help_heading = "Methods"
    )]
    critics: Vec<KindName>,
    /// Strength ε of the entropy: in the units of the cost, or as a multiple of the median cost
    /// with the suffix rel
    #[arg(long, value_name = "E|Erel", default_value = "0.01rel", value_parser = entropy::epsilon, allow_negative_numbers = true, help_heading = "Methods")]
    epsilon: Epsilon,
    /// Leave the generic linear programmes out
    #[arg(long, help_heading = "Methods")]
    no_lp: bool,
    /// Stop each critic's training after this time: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME", help_heading = "Methods")]
    time_limit: Option<Seconds>,
    /// Draw the brackets as bars around the exact value
    #[arg(long, value_name = "FILE.png|.svg", help_heading = "Pictures")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
}

const EXAMPLES: &str = "Examples:
  deblais crosscheck a.csv b.csv
  deblais crosscheck a.csv b.csv --critics cones,maxmin,lp,spectral,clip --plot brackets.png
  deblais crosscheck a.csv b.csv --cost cityblock --critics cones --epsilon 0.001rel --json";

/// Cells n·m up to which microlp is asked: its simplex takes minutes beyond.
const MICROLP_CELLS: usize = 40_000;

/// A validated request.
struct Job {
    problem: ProblemJob,
    ground: Option<Ground>,
    critics: Vec<KindName>,
    epsilon: Epsilon,
    lp: bool,
    limit: Option<Duration>,
    plot: Option<PathBuf>,
    output: OutputOptions,
    settings: Vec<(&'static str, Setting)>,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: CrosscheckArgs) -> Result<Exit, Failure> {
    Job::new(args)?.run()
}

impl Job {
    fn new(args: CrosscheckArgs) -> Result<Self, Failure> {
        let CrosscheckArgs {
            problem: problem_args,
            critics,
            epsilon,
            no_lp,
            time_limit,
            plot,
            output,
        } = args;
        let problem = ProblemJob::new(&problem_args)?;
        let mut outputs = OutputFiles::default();
        outputs.add("--plot", plot.as_deref(), FORMATS)?;
        outputs.check(&names(&problem_args))?;
        use_threads(output.threads)?;
        let names: Vec<_> = critics.iter().map(|kind| kind.name()).collect();
        let mut settings = vec![
            ("critics", Setting::Text(names.join(","))),
            ("epsilon", entropy::setting(epsilon)),
        ];
        settings.extend(time_limit.map(|limit| ("time_limit", Setting::Number(limit.0))));
        Ok(Self {
            ground: problem.ground(),
            problem,
            critics,
            epsilon,
            lp: !no_lp,
            limit: time_limit.map(|limit| Duration::from_secs_f64(limit.0)),
            plot,
            output,
            settings,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let loaded = self.problem.load()?;
        loaded.remarks.tell(self.output.quiet);
        let check = self.check(&loaded)?;
        check_range(&loaded.problem, check.exact())?;
        let mut settings = self.problem.settings();
        settings.extend(self.settings);
        let rows = check.rows().iter().map(|row| row.seconds).collect();
        let findings = CrosscheckReport::new(loaded.report.clone(), &check);
        let report = Report {
            inputs: Some(loaded.inputs.clone()),
            settings: Some(settings),
            warnings: Some(loaded.remarks.warnings.clone()),
            timings: CrosscheckTimings { read: loaded.seconds, rows },
            ..Report::new(CROSSCHECK_SCHEMA, findings)
        };
        if let Some(path) = &self.plot {
            let brackets = brackets(&check);
            plot::save(path, brackets.size(), |root| brackets.draw(root))?;
        }
        print_report(&self.output, &report, |lines| text(lines, &report, check.rows()))?;
        Ok(exit(&check, self.output.quiet))
    }

    /// One method after another.
    fn check<'a>(&self, loaded: &'a Loaded) -> Result<Crosscheck<'a>, Failure> {
        let quiet = self.output.quiet;
        let problem = &loaded.problem;
        let mut check = Crosscheck::new(problem, &mut RunProgress::start(None, quiet)?)?;
        for &backend in Backend::all().iter().filter(|_| self.lp) {
            let cells = problem.n().saturating_mul(problem.m());
            if backend == Backend::Microlp && cells > MICROLP_CELLS {
                let why = format!("{cells} cells, more than {MICROLP_CELLS}");
                check.skip(format!("lp ({})", backend.name()), why);
            } else {
                check.lp(backend, &mut RunProgress::start(None, quiet)?);
            }
        }
        let sinkhorn = Sinkhorn { epsilon: self.epsilon, ..Sinkhorn::default() };
        check.sinkhorn(&sinkhorn, &mut RunProgress::start(None, quiet)?)?;
        for &kind in &self.critics {
            if let Some(why) = self.obstacle(kind) {
                check.skip(format!("critic ({})", kind.name()), why);
            } else {
                let Judged { judgement, seconds, stopped } = self.critic(loaded, kind)?;
                let complete = stopped.is_none();
                check.critic(kind.name(), &judgement, kind.claim(), seconds, complete);
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
    fn critic(&self, loaded: &Loaded, kind: KindName) -> Result<Judged, Failure> {
        let (source, _) = loaded.clouds.as_ref().expect("a distance is between points");
        let training = Training::named(kind, source.dim());
        let mut progress = RunProgress::start(self.limit, self.output.quiet)?;
        let start = Instant::now();
        let trained = training.train(&loaded.problem, None, &mut progress);
        progress.finish();
        let Trained { critic, stopped, .. } = trained?;
        let judgement = judge(critic.as_ref(), &loaded.problem)?;
        Ok(Judged { judgement, seconds: start.elapsed().as_secs_f64(), stopped })
    }
}

/// A critic's judgement and the time it took.
struct Judged {
    judgement: CriticVerdict,
    seconds: f64,
    stopped: Option<Stop>,
}

fn exit(check: &Crosscheck<'_>, quiet: bool) -> Exit {
    if !check.is_complete() {
        warn(
            &["a method was stopped at a limit: what it proves is true all the same".into()],
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
