//! `deblais bench funnels`: a critic on laws whose distance and optimal critic are known.

use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::PossibleValuesParser;
use deblais::critic::{
    Batches, Critic, CriticError, Frame, FreshBatches, SampleBatches, TrainLattice, TrainNetwork,
    Trained,
};
use deblais::datasets::Funnels;
use deblais::measure::DiscreteMeasure;
use deblais::progress::{Observer, Stop};
use deblais::report::{
    Estimated, FUNNELS_SCHEMA, FunnelsReport, PublishedReport, Report, Settings, Timings,
    steps_ended,
};
use deblais::seed::{Seed, Stream};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use serde::Serialize;

use crate::cli::args::OutputOptions;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::Seconds;
use crate::cli::output::print_report;
use crate::cli::progress_line::RunProgress;
use crate::cli::text::{Lines, exact};
use crate::cli::{use_threads, warn};

use super::published::published;

/// `deblais bench funnels`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FunnelsArgs {
    #[command(flatten)]
    laws: LawArgs,
    #[command(flatten)]
    training: FunnelsTrainingArgs,
    #[command(flatten)]
    output: OutputOptions,
}

const EXAMPLES: &str = "Both samples are fresh and independent at every step, unless --pool says \
    otherwise. The published rows are for other funnels of the same law.

Examples:
  deblais bench funnels --dim 64 --funnels 64
  deblais bench funnels --dim 128 --funnels 256 --pool 16384
  deblais bench funnels --dim 64 --kind maxmin --json";

/// Which laws.
#[derive(Debug, Args)]
#[command(next_help_heading = "Laws")]
struct LawArgs {
    /// Dimension D (published: 2, 4, 8, 16, 32, 64, 128)
    #[arg(long, value_name = "D", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    dim: u64,

    /// Number of funnels N (published: 4, 16, 64, 256)
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least(1))]
    funnels: u64,

    /// Pairs on which the critic is judged
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = at_least(2))]
    held_out: u64,

    /// Seed of the funnels and of every draw
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
}

/// How to train.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Training")]
struct FunnelsTrainingArgs {
    /// Kind of critic
    #[arg(long, value_name = "NAME", default_value = CONES, value_parser = kinds())]
    #[serde(skip)]
    kind: String,

    /// Steps of training
    #[arg(long, value_name = "N", default_value_t = 1800)]
    steps: u64,

    /// Points of each side in a step of training
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = at_least(1))]
    batch: u64,

    /// Cones of --kind cones
    #[arg(long, value_name = "K", default_value_t = 512, value_parser = at_least(1))]
    #[serde(skip)]
    cones: u64,

    /// Neurons of a hidden layer, for networks (default: by kind)
    #[arg(long, value_name = "N", value_parser = at_least(1))]
    #[serde(skip)]
    width: Option<u64>,

    /// Hidden layers, for networks (default: by kind)
    #[arg(long, value_name = "N", value_parser = at_least(1))]
    #[serde(skip)]
    depth: Option<u64>,

    /// Train on a fixed pool of so many points a side instead of fresh ones
    #[arg(long, value_name = "N", value_parser = at_least(1))]
    pool: Option<u64>,

    /// Stop training after this time with the best critic so far: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME")]
    time_limit: Option<Seconds>,
}

const CONES: &str = "cones";
const LATTICE: &str = "lattice";

fn at_least(least: u64) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(least..1 << 24)
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new([CONES, LATTICE].into_iter().chain(TrainNetwork::NAMES))
}

/// Pairs that training may look at to keep its best state.
const WATCHED: usize = 512;

/// A validated request.
struct FunnelsJob {
    laws: Funnels,
    seed: Seed,
    training: FunnelsTraining,
    rows: usize,
    pool: Option<usize>,
    held_out: usize,
    limit: Option<Duration>,
    output: OutputOptions,
    settings: Settings,
}

enum FunnelsTraining {
    Lattice(TrainLattice),
    Network(TrainNetwork),
}

/// Validates the arguments, then runs.
pub(crate) fn run(args: FunnelsArgs) -> Result<Exit, Failure> {
    FunnelsJob::new(args)?.run()
}

/// Refuses what would take gigabytes before it is allocated.
fn check_room(laws: &LawArgs, training: &FunnelsTrainingArgs) -> Result<(), Failure> {
    /// Coordinates of the points of one flag: 1 GiB.
    const MOST: u64 = 1 << 27;
    for (flag, points) in [
        ("--funnels", laws.funnels),
        ("--held-out", laws.held_out),
        ("--batch", training.batch),
        ("--cones", training.cones),
        ("--pool", training.pool.unwrap_or(0)),
    ] {
        let most = MOST / laws.dim;
        if points > most {
            let message =
                format!("{flag} {points}: in {} dimensions at most {most} points fit", laws.dim);
            return Err(Failure::usage(message).hint("give a smaller number"));
        }
    }
    Ok(())
}

impl FunnelsJob {
    fn new(args: FunnelsArgs) -> Result<Self, Failure> {
        let FunnelsArgs { laws, training, output } = args;
        use_threads(output.threads)?;
        check_room(&laws, &training)?;
        let seed = Seed(laws.seed);
        let count = |value: u64| usize::try_from(value).expect("below 2²⁴");
        let mut settings = Settings::of(&training).and("seed", laws.seed);
        let rows = count(training.batch);
        let chosen = if training.kind == LATTICE {
            let defaults = TrainLattice::default();
            FunnelsTraining::Lattice(TrainLattice {
                steps: training.steps,
                batch: rows,
                seed,
                ..defaults
            })
        } else if let Some(network) = TrainNetwork::named(&training.kind, count(laws.dim)) {
            let width = training.width.map_or(network.width, count);
            let depth = training.depth.map_or(network.depth, count);
            let network = network.shaped(count(laws.dim), width, depth);
            settings = settings.and("width", network.width).and("depth", network.depth);
            FunnelsTraining::Network(TrainNetwork {
                steps: training.steps,
                batch: rows,
                seed,
                ..network
            })
        } else {
            settings = settings.and("cones", training.cones);
            let cones = TrainLattice::cones(count(training.cones));
            FunnelsTraining::Lattice(TrainLattice {
                steps: training.steps,
                batch: rows,
                seed,
                ..cones
            })
        };
        let stream = &mut seed.stream("funnels");
        Ok(Self {
            laws: Funnels::new(count(laws.dim), count(laws.funnels), stream),
            seed,
            training: chosen,
            rows,
            pool: training.pool.map(count),
            held_out: count(laws.held_out),
            limit: training.time_limit.map(Seconds::duration),
            output,
            settings,
        })
    }

    fn run(self) -> Result<Exit, Failure> {
        let cpu = cpu_seconds();
        let ((critic, steps, stopped), seconds) =
            RunProgress::watch(self.limit, self.output.quiet, |progress| self.train(progress))?;
        let mut timings = Timings::from([("train", seconds)]);
        let used = cpu.zip(cpu_seconds()).map(|(before, after)| after - before);
        timings.extend(used.map(|used| ("train_cpu", used)));

        let start = Instant::now();
        let mut findings = self.judge(critic.as_ref())?;
        timings.insert("judge", start.elapsed().as_secs_f64());
        findings.steps = steps;
        findings.termination = steps_ended(stopped);
        let report = Report {
            settings: Some(self.settings),
            timings,
            ..Report::new(FUNNELS_SCHEMA, findings)
        };
        print_report(&self.output, &report, |lines| text(lines, &report))?;
        if let Some(stop) = stopped {
            let text = format!("{}: the best critic so far", crate::cli::text::stopped(stop));
            warn(&[text], self.output.quiet);
            return Ok(Exit::Stopped);
        }
        Ok(Exit::Fine)
    }

    /// The critic, the steps it took, and what ended the training early.
    fn train(&self, observer: &mut dyn Observer) -> Result<Attempt, CriticError> {
        let mut batches = self.batches();
        let samples = self.laws.pairs(WATCHED, &mut self.seed.stream("watched"));
        let [x, y] = <[_; 2]>::from(samples).map(measure);
        match &self.training {
            FunnelsTraining::Lattice(training) => {
                let run = training.train_on(batches.as_mut(), &self.frame(), (&x, &y), observer)?;
                Ok(boxed(run))
            }
            FunnelsTraining::Network(training) => {
                let run = training.train_on(batches.as_mut(), &self.frame(), (&x, &y), observer)?;
                Ok(boxed(run))
            }
        }
    }

    /// Points of mean square norm 1; only cones see the box as it is.
    fn frame(&self) -> Frame {
        let scale = match &self.training {
            FunnelsTraining::Lattice(TrainLattice { kind: CONES, .. }) => 1.0,
            _ => Funnels::BOX * (self.laws.dim() as f64 / 3.0).sqrt(),
        };
        Frame::new(Array1::zeros(self.laws.dim()), scale).expect("a positive scale")
    }

    /// Fresh draws on both sides for every step, or draws from a pool.
    fn batches(&self) -> Box<dyn Batches + '_> {
        let (frame, laws, rows) = (self.frame(), &self.laws, self.rows);
        let mut stream = self.seed.stream("batches");
        let draw = move |n: usize, stream: &mut Stream| {
            let (x, _) = laws.pairs(n, stream);
            (x, laws.target(n, stream))
        };
        let Some(pool) = self.pool else {
            return Box::new(FreshBatches::new(rows, laws.dim(), move |source, target| {
                let (x, y) = draw(rows, &mut stream);
                source.assign(&frame.place(x.view()));
                target.assign(&frame.place(y.view()));
            }));
        };
        let [x, y] = <[_; 2]>::from(draw(pool, &mut self.seed.stream("pool"))).map(measure);
        Box::new(SampleBatches::new(&x, &y, rows, |points| frame.place(points), stream))
    }

    /// The report, as far as it is about the critic.
    fn judge(&self, critic: &dyn Critic) -> Result<FunnelsReport, CriticError> {
        let (x, y) = self.laws.pairs(self.held_out, &mut self.seed.stream("held out"));
        let moved = (&x - &y).map_axis(Axis(1), |step| step.dot(&step).sqrt());
        let told = critic.values(x.view())? - critic.values(y.view())?;
        let (w1, estimate) = (Estimated::of(&moved.to_vec()), Estimated::of(&told.to_vec()));
        let (slopes, optimal) = (critic.gradients(x.view())?, self.laws.critic_gradients(x.view()));
        let pairs = || slopes.outer_iter().zip(optimal.outer_iter());
        let cosine = |(a, b): (ArrayView1<'_, f64>, ArrayView1<'_, f64>)| {
            let sizes = (a.dot(&a) * b.dot(&b)).sqrt();
            if sizes > 0.0 { a.dot(&b) / sizes } else { 0.0 }
        };
        let square = |(a, b): (ArrayView1<'_, f64>, ArrayView1<'_, f64>)| {
            a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
        };
        let cosines: Vec<f64> = pairs().map(cosine).collect();
        let squares: Vec<f64> = pairs().map(square).collect();
        let lipschitz = critic.lipschitz();
        Ok(FunnelsReport {
            dim: self.laws.dim(),
            funnels: self.laws.heights().len(),
            kind: critic.kind().to_owned(),
            w1,
            estimate,
            relative_error: estimate.value / w1.value - 1.0,
            cosine: Estimated::of(&cosines).value,
            squared_l2: Estimated::of(&squares).value,
            lipschitz_bound: lipschitz.bound,
            lipschitz_how: lipschitz.how,
            held_out: self.held_out,
            steps: 0,
            termination: "",
            published: peers(self.laws.dim(), self.laws.heights().len()),
        })
    }
}

/// A critic, the steps it took, and what ended the training early.
type Attempt = (Box<dyn Critic>, u64, Option<Stop>);

fn boxed<C: Critic + 'static>(run: Trained<C>) -> Attempt {
    let steps = run.history.last().map_or(0, |milestone| milestone.step);
    (Box::new(run.critic), steps, run.stopped)
}

fn measure(points: Array2<f64>) -> DiscreteMeasure {
    DiscreteMeasure::uniform(points).expect("finite points")
}

fn peers(dim: usize, funnels: usize) -> Vec<PublishedReport> {
    let report = |row: super::published::Published| PublishedReport {
        method: row.method,
        w1: row.truth,
        estimate: row.estimate,
        relative_error: row.estimate / row.truth - 1.0,
        cosine: row.cosine,
        squared_l2: row.squared_l2,
    };
    published(dim, funnels).into_iter().map(report).collect()
}

/// Processor time of the process so far, where the system tells (Linux).
fn cpu_seconds() -> Option<f64> {
    /// `USER_HZ`, the same on all of Linux's architectures but one that is gone.
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in parentheses and may hold spaces.
    let (_, fields) = text.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Some(ticks.sum::<Result<f64, _>>().ok()? / TICKS)
}

fn text(lines: &mut Lines, report: &Report<FunnelsReport>) {
    let estimated =
        |mean: Estimated| format!("{:.4}, standard error {:.4}", mean.value, mean.standard_error);
    lines.line("critic's estimate", estimated(report.estimate));
    lines
        .line("  true W₁", format!("{}, {} held-out pairs", estimated(report.w1), report.held_out));
    lines.line("  relative error", percent(report.relative_error));
    lines.line("  cosine of gradients", format!("{:.3}", report.cosine));
    lines.line("  squared L2 of them", format!("{:.3}", report.squared_l2));
    let how = report.lipschitz_how;
    lines.line("  Lipschitz constant", format!("at most {}, {how}", exact(report.lipschitz_bound)));
    let law = format!("{} funnels in {} dimensions", report.funnels, report.dim);
    lines.line("  laws", law);
    let ended = report.termination.replace('_', " ");
    lines.line("  training", format!("{}, {} steps, {ended}", report.kind, report.steps));
    lines.timings(&report.timings);
    for row in &report.published {
        let (error, cosine) = (percent(row.relative_error), row.cosine);
        let figures = format!("{error:>8}, cosine {cosine:5.2}, L2 {:.2}", row.squared_l2);
        lines.line(&format!("  published {}", row.method), figures);
    }
}

fn percent(share: f64) -> String {
    format!("{:+.1} %", 100.0 * share)
}
