//! `deblais critic`: a 1-Lipschitz critic beside the exact value.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use deblais::certificate::Certificate;
use deblais::cost::Metric;
use deblais::critic::{Critic, CriticError, Milestone, TrainCones, Trained, Verdict, judge};
use deblais::io::write_history;
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::progress::Stop;
use deblais::report::{CriticReport, Number, Setting, SlopesReport};
use deblais::solvers::Method;
use deblais::tolerance;

use super::answer::answer;
use super::args::{ProblemArgs, TalkArgs};
use super::failure::{Exit, Failure};
use super::ground::{Ground, MetricUser, Seconds};
use super::inputs::{Loaded, ProblemJob, names};
use super::outputs::Outputs;
use super::text::{Lines, exact, small, supported};
use super::watch::Watch;
use super::{use_threads, warn};

/// `deblais critic SOURCE TARGET`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CriticArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    training: TrainingArgs,
    /// Do not compute the exact distance to hold the estimate against
    #[arg(long, help_heading = "Output")]
    no_exact: bool,
    /// Write the estimate of every evaluation: step, estimate
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    history: Option<PathBuf>,
    #[command(flatten)]
    talk: TalkArgs,
}

const EXAMPLES: &str =
    "f is high on the source and low on the target: the estimate E f(source) − E \
    f(target) is positive, and at most the distance if f is 1-Lipschitz.

Examples:
  deblais critic a.csv b.csv
  deblais critic a.csv b.csv --cost cityblock --steps 2000
  deblais critic a.csv b.csv --no-exact --time-limit 10s --json";

/// `--kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindName {
    /// The lower envelope of distances to centres: 1-Lipschitz by construction, for any distance
    Cones,
}

/// How to train.
#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
struct TrainingArgs {
    /// Kind of critic
    #[arg(long, value_enum, default_value_t = KindName::Cones, value_name = "NAME")]
    kind: KindName,

    /// Steps of training
    #[arg(long, value_name = "N", default_value_t = TrainCones::default().steps)]
    steps: u64,

    /// Rate of the optimiser, as a multiple of the temperature
    #[arg(long, value_name = "RATE", default_value_t = TrainCones::default().rate, allow_negative_numbers = true)]
    rate: f64,

    /// Stop training after this time with the best critic so far: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME")]
    time_limit: Option<Seconds>,
}

/// A validated request.
struct Job {
    problem: ProblemJob,
    ground: Ground,
    training: TrainCones,
    limit: Option<Duration>,
    exact: bool,
    history: Option<PathBuf>,
    talk: TalkArgs,
    settings: Vec<(&'static str, Setting)>,
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: CriticArgs) -> Result<Exit, Failure> {
    Job::new(args)?.run()
}

impl Job {
    fn new(args: CriticArgs) -> Result<Self, Failure> {
        let CriticArgs { problem: problem_args, training, no_exact, history, talk } = args;
        let problem = ProblemJob::new(&problem_args)?;
        let ground = problem.ground().ok_or_else(|| {
            Failure::usage("a critic is a function of points, and --cost-matrix has none")
                .hint("give SOURCE and TARGET; for a matrix, deblais emd and deblais sinkhorn")
        })?;
        ground.hand_metric_to(Check)?;
        let mut outputs = Outputs::default();
        outputs.add("--history", history.as_deref(), &["csv"])?;
        outputs.check(&names(&problem_args))?;
        use_threads(talk.threads)?;
        let number = |value: f64| Setting::Number(Number(value));
        let mut settings =
            vec![("steps", number(training.steps as f64)), ("rate", number(training.rate))];
        settings.extend(training.time_limit.map(|limit| ("time_limit", number(limit.0))));
        let KindName::Cones = training.kind;
        Ok(Self {
            problem,
            ground,
            training: TrainCones {
                steps: training.steps,
                rate: training.rate,
                ..TrainCones::default()
            },
            limit: training.time_limit.map(|limit| Duration::from_secs_f64(limit.0)),
            exact: !no_exact,
            history,
            talk,
            settings,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let loaded = self.problem.load()?;
        warn(&loaded.warnings, self.talk.quiet);
        let Loaded { problem, report, inputs, warnings, clouds, seconds, .. } = loaded;
        let (source, target) = clouds.expect("a problem with points has clouds");

        let mut watch = Watch::start(self.limit, self.talk.quiet)?;
        let attempt = Attempt {
            training: &self.training,
            problem: &problem,
            clouds: (&source, &target),
            watch: &mut watch,
        };
        let judged = self.ground.hand_metric_to(attempt);
        watch.finish();
        let judged = judged??;
        let mut timings = judged.timings;
        timings.insert("read", Number(seconds));

        let start = Instant::now();
        let exact = if self.exact { Some(solve(&problem, self.talk.quiet)?) } else { None };
        if exact.is_some() {
            timings.insert("exact", Number(start.elapsed().as_secs_f64()));
        }
        let certificate = exact.as_ref().map(|(_, certificate)| certificate);
        let steps = judged.history.last().map_or(0, |milestone| milestone.step);
        let mut report = CriticReport::new(
            report,
            judged.kind,
            &judged.verdict,
            exact.as_ref().map(|(method, certificate)| (*method, certificate)),
            (steps, judged.stopped),
        );
        report.inputs = inputs;
        report.warnings = warnings;
        report.settings = self.problem.settings();
        report.settings.extend(self.settings.clone());
        report.timings = timings;
        let saved =
            self.history.as_ref().map_or(Ok(()), |path| write_history(path, &judged.history));
        answer(&self.talk, &report, |lines| text(lines, &report, &judged.verdict))?;
        saved?;
        Ok(self.exit(&judged.verdict, certificate, judged.stopped))
    }

    /// However far the estimate is off, it is the answer; but what is certain must be true.
    fn exit(&self, verdict: &Verdict, exact: Option<&Certificate>, stopped: Option<Stop>) -> Exit {
        if stopped.is_some() {
            let text = "stopped at a limit: the best critic so far, with what it proves";
            warn(&[text.into()], self.talk.quiet);
            return Exit::Stopped;
        }
        let most = exact.map_or(f64::INFINITY, |certificate| {
            certificate.upper + tolerance::EXACT_CLAIM * certificate.upper.abs()
        });
        if verdict.certified_lower.max(verdict.polished_lower) <= most {
            Exit::Fine
        } else {
            warn(&["a lower bound lies above the exact value".into()], self.talk.quiet);
            Exit::ClaimBroken
        }
    }
}

/// Whether there is a distance at all.
struct Check;

impl MetricUser for Check {
    type Output = ();

    fn with<M: Metric>(self, _: M) {}
}

/// A critic to be trained and judged once the distance is known.
struct Attempt<'a> {
    training: &'a TrainCones,
    problem: &'a OtProblem,
    clouds: (&'a DiscreteMeasure, &'a DiscreteMeasure),
    watch: &'a mut Watch,
}

/// What came of it.
struct Judged {
    kind: &'static str,
    verdict: Verdict,
    history: Vec<Milestone>,
    stopped: Option<Stop>,
    timings: deblais::report::Timings,
}

impl MetricUser for Attempt<'_> {
    type Output = Result<Judged, CriticError>;

    fn with<M: Metric>(self, metric: M) -> Self::Output {
        let (source, target) = self.clouds;
        let start = Instant::now();
        let Trained { critic, history, stopped } =
            self.training.train(source, target, metric.clone(), self.watch)?;
        let train = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let (x, y) = (source.support(), target.support());
        let verdict = judge(&critic, self.problem, x, y, &metric)?;
        let timings =
            [("train", Number(train)), ("judge", Number(start.elapsed().as_secs_f64()))].into();
        Ok(Judged { kind: critic.kind(), verdict, history, stopped, timings })
    }
}

/// The exact value, by whatever method is the fastest.
fn solve(problem: &OtProblem, quiet: bool) -> Result<(&'static str, Certificate), Failure> {
    let solver = Method::Auto.solver(problem);
    let mut watch = Watch::start(None, quiet)?;
    let solution = solver.solve(problem, &mut watch);
    watch.finish();
    Ok((solver.name(), solution?.certify(problem).certificate))
}

fn text(lines: &mut Lines, report: &CriticReport, verdict: &Verdict) {
    lines.line("critic's estimate", supported(verdict.estimate, 0.0));
    if let Some(value) = &report.exact {
        let gap = small(value.certificate.relative_gap.0);
        lines.line("  exact", format!("{}, relative gap {gap}", exact(value.value.0)));
    }
    if let Some(error) = report.relative_error {
        lines.line("  relative error", format!("{:+.3e}", error.0));
    }
    lines.line("  certified lower bound", exact(verdict.certified_lower));
    lines.line("  polished lower bound", exact(verdict.polished_lower));
    let lipschitz = verdict.lipschitz;
    lines.line("  Lipschitz constant", format!("at most {}, {}", lipschitz.bound, lipschitz.how));
    lines.line("  over all pairs", exact(verdict.lipschitz_pairs));
    let slopes = |slopes: SlopesReport| {
        let SlopesReport { p5, median, p95, max } = slopes;
        let [p5, median, p95, max] = [p5, median, p95, max].map(|s| supported(s.0, 1e-4));
        format!("{p5} (5 %), {median} (median), {p95} (95 %), {max} (most)")
    };
    lines.line("  slope at the source", slopes(report.source_slopes));
    lines.line("  slope at the target", slopes(report.target_slopes));
    lines.line("  slope in between", slopes(report.between_slopes));
    lines.problem(&report.problem, &report.inputs);
    let ended = report.termination.replace('_', " ");
    lines.line("  training", format!("{}, {} steps, {ended}", report.kind, report.steps));
    lines.timings(&report.timings);
}
