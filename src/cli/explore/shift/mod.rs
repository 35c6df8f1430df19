//! `deblais explore shift`: a source that moves onto the target and past it, and what every divergence
//! says of it.

mod animation;
mod picture;
mod view;

use std::path::PathBuf;
use std::time::Instant;

use clap::{ArgGroup, Args, value_parser};
use deblais::explore::pairs::{LawPair, Overlap, PAIRS, pair};
use deblais::explore::shift::{MotionPath, Shift, ShiftStudy};
use deblais::measure::DiscreteMeasure;
use deblais::report::{Inputs, Report, SHIFT_SCHEMA, Settings, ShiftReport, Timings};
use deblais::seed::Seed;
use ndarray::{Array1, Axis};
use rand::seq::SliceRandom as _;
use serde::{Serialize, Serializer};

use super::folder::Folder;
use super::study::{Study, Told};
use crate::cli::args::SideArgs;
use crate::cli::failure::{Exit, Failure};
use crate::cli::ground::{CostName, Ground};
use crate::cli::hints::CommandHint;
use crate::cli::inputs::ProblemJob;
use crate::cli::progress_line::RunProgress;
use crate::cli::remarks::Remarks;
use crate::cli::text::{Lines, small, supported};
use crate::cli::typed;

/// `deblais explore shift [SOURCE TARGET]`
#[derive(Debug, Args)]
#[command(override_usage = "deblais explore shift [OPTIONS] [SOURCE TARGET]")]
#[command(after_help = EXAMPLES)]
#[command(group(ArgGroup::new("of_files").multiple(true).args(OF_FILES).requires("source")))]
pub(super) struct ShiftArgs {
    /// Source points: CSV, TSV or NPY with a sample a row, or a gray PNG as a histogram; `-` is
    /// stdin
    #[arg(requires = "target", conflicts_with = "pair")]
    source: Option<PathBuf>,

    /// Target points, likewise
    #[arg(requires = "source", conflicts_with = "pair")]
    target: Option<PathBuf>,

    #[command(flatten)]
    sides: SideArgs,
    #[command(flatten)]
    cost: OtherCostArgs,
    #[command(flatten)]
    path: PathArgs,
}

const EXAMPLES: &str = "Distances are those of the Euclidean distance. The folder gets shift.png, \
    shift.svg, shift.csv, shift.json and shift.gif.

Examples:
  deblais explore shift
  deblais explore shift --pair segments
  deblais explore shift a.csv b.csv --direction 1,0 --out moved";

/// The flags that pick from files.
const OF_FILES: [&str; 7] = [
    "weights",
    "source_weights",
    "target_weights",
    "columns",
    "both_where",
    "source_where",
    "target_where",
];

/// Flags of other commands: hidden, for what moves keeps to the Euclidean distance and to masses of
/// total 1.
#[derive(Debug, Args, Serialize)]
struct OtherCostArgs {
    /// Masses are scaled to a total of 1 in any case
    #[arg(long, hide = true)]
    #[serde(skip)]
    normalize: bool,

    /// The only ground distance is the Euclidean one
    #[arg(long, hide = true, value_enum, default_value_t = CostName::Euclidean)]
    cost: CostName,

    /// The only power is 1
    #[arg(long, hide = true, allow_negative_numbers = true)]
    p: Option<f64>,

    /// Belongs to the Minkowski distance
    #[arg(long, hide = true, allow_negative_numbers = true)]
    exponent: Option<f64>,

    /// A matrix has no points to move
    #[arg(long, hide = true)]
    #[serde(skip)]
    cost_matrix: Option<PathBuf>,
}

impl OtherCostArgs {
    /// The Euclidean distance, or why it is none.
    fn ground(&self) -> Result<Ground, Failure> {
        let ground = Ground::new(self.cost, self.exponent, self.p)?;
        if self.cost_matrix.is_some() || !ground.is_euclidean() {
            return Err(Failure::usage("the study is one of the Euclidean distance")
                .hint("leave --cost, --p and --cost-matrix out"));
        }
        Ok(ground)
    }
}

/// The path and what is computed on it.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Path")]
struct PathArgs {
    /// A built-in pair instead of files (default: generator)
    #[arg(long, value_name = "NAME", value_parser = PAIRS, conflicts_with_all = OF_FILES)]
    #[serde(skip)]
    pair: Option<String>,

    /// Where the source moves, a number for each coordinate (default: toward the target's mean)
    #[arg(long, value_name = "LIST", value_parser = numbers, allow_hyphen_values = true, requires = "source", conflicts_with = "pair")]
    #[serde(serialize_with = "coordinates")]
    direction: Option<Array1<f64>>,

    /// Steps along the path, about
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = value_parser!(u32).range(2..=10_000))]
    steps: u32,

    /// Atoms a side: so many of a built-in pair; of files no more than so many rows, drawn by --seed
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = value_parser!(u32).range(1..=5_000))]
    atoms: u32,

    /// Bins along each axis, chosen where the means meet (default: Scott's rule)
    #[arg(long, value_name = "N", requires = "source", conflicts_with = "pair", value_parser = value_parser!(u32).range(1..=1_048_576))]
    bins: Option<u32>,

    /// Order of the α- and the Rényi divergence, above 0
    #[arg(long, value_name = "A", default_value = "0.5", value_parser = crate::cli::divergence::order, allow_negative_numbers = true)]
    alpha: f64,

    /// Directions of the sliced Wasserstein distance
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u32).range(1..=100_000))]
    directions: u32,

    /// Where all draws come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// Parses numbers that are separated by commas.
fn numbers(text: &str) -> Result<Array1<f64>, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let list: Option<Vec<f64>> = text.split(',').map(number).collect();
    list.map(Array1::from_vec).ok_or_else(|| "a direction is a list such as 1,0".to_owned())
}

/// Writes a direction as it is typed.
#[expect(clippy::ref_option, reason = "serde hands over the field")]
fn coordinates<S: Serializer>(direction: &Option<Array1<f64>>, to: S) -> Result<S::Ok, S::Error> {
    match direction {
        Some(direction) => typed::list(&direction.to_vec(), to),
        None => to.serialize_none(),
    }
}

/// The inputs of a study: source, target, and the path of the source.
struct Moving {
    title: String,
    /// At offset 0.
    source: DiscreteMeasure,
    target: DiscreteMeasure,
    direction: Array1<f64>,
    path: (f64, f64),
    stages: Vec<(&'static str, f64)>,
    /// The densities, or why there are none.
    overlap: Result<Box<dyn Overlap>, String>,
    /// The offset at which the source was given.
    given: Option<f64>,
    inputs: Inputs,
    settings: Settings,
    remarks: Remarks,
}

/// The study and what its pictures need beside it.
struct ShiftScene<'a> {
    moving: &'a Moving,
    study: &'a ShiftStudy,
    /// Three places on the path with a name.
    stages: [(&'static str, usize); 3],
}

/// The study of one path.
pub(super) struct ShiftDemo {
    moving: Moving,
    path: PathArgs,
    /// The built-in pair.
    pair: Option<&'static str>,
    /// Seconds that reading took.
    read: f64,
}

impl ShiftDemo {
    fn scene<'a>(&'a self, study: &'a ShiftStudy) -> ShiftScene<'a> {
        ShiftScene { moving: &self.moving, study, stages: stages(&self.moving, study) }
    }
}

impl Study for ShiftDemo {
    const NAME: &'static str = "shift";
    type Args = ShiftArgs;
    type Answer = ShiftStudy;
    type Findings = ShiftReport;

    fn new(args: ShiftArgs, quiet: bool) -> Result<Self, Failure> {
        let ShiftArgs { source, target, sides, cost, path } = args;
        let start = Instant::now();
        let (moving, pair) = if let (Some(source), Some(target)) = (&source, &target) {
            let job = ProblemJob::of_files([source, target], &sides, cost.ground()?, true)?;
            let settings = job.settings().with(&cost);
            (given(&job, settings, &path)?, None)
        } else {
            let is_asked = |name: &&str| path.pair.as_deref() == Some(*name);
            let name = PAIRS.into_iter().find(is_asked).unwrap_or(PAIRS[0]);
            (built_in(name, &path), Some(name))
        };
        moving.remarks.tell(quiet);
        Ok(Self { moving, path, pair, read: start.elapsed().as_secs_f64() })
    }

    fn compute(&self, quiet: bool) -> Result<(ShiftStudy, f64), Failure> {
        let Self { moving, path, .. } = self;
        let shift = Shift {
            source: &moving.source,
            target: &moving.target,
            direction: moving.direction.view(),
            overlap: moving.overlap.as_deref().map_err(Clone::clone),
            path: moving.path,
            steps: path.steps as usize,
            alpha: path.alpha,
            slices: path.directions as usize,
            seed: Seed(path.seed),
        };
        RunProgress::watch(None, quiet, |progress| shift.run(progress))
    }

    fn draw(&self, study: &ShiftStudy, folder: &Folder) -> Result<(), Failure> {
        save(folder, &self.scene(study))
    }

    fn report(&self, study: &ShiftStudy, [solve, draw]: [f64; 2]) -> Report<ShiftReport> {
        let Moving { source, target, direction, given, inputs, settings, remarks, .. } =
            &self.moving;
        let stages = stages(&self.moving, study);
        let findings = ShiftReport {
            pair: self.pair,
            given: *given,
            stages: stages.map(|(name, k)| (name, study.offsets[k])).into(),
            ..ShiftReport::new(study, (source.len(), target.len()), &direction.to_vec())
        };
        Report {
            inputs: Some(inputs.clone()),
            settings: Some(settings.clone().with(&self.path)),
            warnings: Some(remarks.warnings.clone()),
            timings: Timings::from([("read", self.read), ("solve", solve), ("draw", draw)]),
            ..Report::new(SHIFT_SCHEMA, findings)
        }
    }

    fn text(&self, lines: &mut Lines, told: Told<'_, Self>) {
        text(lines, &self.scene(told.answer), told.folder);
    }

    fn exit(&self, study: &ShiftStudy, _: bool) -> Exit {
        if study.stopped.is_some() { Exit::Stopped } else { Exit::Fine }
    }
}

/// A pair whose overlap is known.
fn built_in(name: &str, path: &PathArgs) -> Moving {
    let LawPair { title, source, target, direction, path, stages, overlap } =
        pair(name, path.atoms as usize).expect("a name in PAIRS");
    Moving {
        title: format!("A shift: {title}"),
        source,
        target,
        direction,
        path,
        stages,
        overlap: Ok(overlap),
        given: None,
        inputs: Inputs::new(),
        settings: Settings::default(),
        remarks: Remarks::default(),
    }
}

/// Two files.
fn given(job: &ProblemJob, settings: Settings, path: &PathArgs) -> Result<Moving, Failure> {
    let loaded = job.load()?;
    let (source, target) = loaded.clouds.expect("points were read");
    let mut remarks = loaded.remarks;
    let mut few = |law: DiscreteMeasure, side: &str| {
        let most = path.atoms as usize;
        if law.len() > most {
            remarks.warnings.push(format!(
                "{most} of the {} {side} points are moved, drawn by --seed; --atoms takes more",
                law.len()
            ));
        }
        thinned(law, most, Seed(path.seed), side)
    };
    let (source, target) = (few(source, "source")?, few(target, "target")?);
    let way = MotionPath::new(&source, &target, path.direction.clone())?;
    let bins = way.bins(&target, path.bins.map(|bins| bins as usize));
    let overlap = bins
        .map(|bins| Box::new(bins) as Box<dyn Overlap>)
        .map_err(|error| format!("{error}; {}", error.command_hint()));
    let MotionPath { source, direction, given, path } = way;
    Ok(Moving {
        title: "A shift of the source onto the target and past it".to_owned(),
        source,
        target,
        direction,
        path,
        stages: Vec::new(),
        overlap,
        given: Some(given),
        inputs: loaded.inputs,
        settings,
        remarks,
    })
}

/// So many points of a measure of total 1, drawn if there are more.
fn thinned(
    law: DiscreteMeasure,
    most: usize,
    seed: Seed,
    side: &str,
) -> Result<DiscreteMeasure, Failure> {
    if law.len() <= most {
        return Ok(law);
    }
    let mut order: Vec<usize> = (0..law.len()).collect();
    order.shuffle(&mut seed.stream(&format!("{side} points")));
    order.truncate(most);
    order.sort_unstable();
    let mass = law.mass().select(Axis(0), &order);
    let total = deblais::math::sum(&mass);
    Ok(DiscreteMeasure::new(law.support().select(Axis(0), &order), mass / total)?)
}

/// The stages that the pair has, or the start, the contact and the meeting; of a path that ends early
/// where it ends.
fn stages(moving: &Moving, study: &ShiftStudy) -> [(&'static str, usize); 3] {
    let nearest = |offset: f64| {
        let away = |k: &usize| (study.offsets[*k] - offset).abs();
        (0..study.offsets.len()).min_by(|j, k| away(j).total_cmp(&away(k))).unwrap_or(0)
    };
    if study.stopped.is_some() {
        let last = study.offsets.len() - 1;
        return [("start", 0), ("halfway", last / 2), ("stopped", last)];
    }
    if let [first, second, third] = moving.stages[..] {
        return [first, second, third].map(|(name, offset)| (name, nearest(offset)));
    }
    let meeting = study.meeting;
    let second = match study.contact {
        Some(k) if k < meeting => ("contact", k),
        _ => ("halfway", meeting / 2),
    };
    [("start", 0), second, ("there", meeting)]
}

/// Everything but the report.
fn save(folder: &Folder, scene: &ShiftScene<'_>) -> Result<(), Failure> {
    let ShiftStudy { offsets, tracks, emd_quotients, .. } = scene.study;
    let slopes: Vec<_> = tracks.iter().map(|track| format!("{}_slope", track.name)).collect();
    let values = tracks.iter().map(|track| track.name);
    let names = ["offset"].into_iter().chain(values).chain(slopes.iter().map(String::as_str));
    let names: Vec<&str> = names.chain(["emd_quotient"]).collect();
    let rows = offsets.iter().enumerate().map(|(k, &offset)| {
        let values = tracks.iter().map(|track| Some(track.values[k]));
        let slopes = tracks.iter().map(|track| track.slopes[k]);
        [Some(offset)].into_iter().chain(values).chain(slopes).chain([emd_quotients[k]]).collect()
    });
    folder.table(&names, rows)?;
    picture::save(folder, scene)?;
    folder.animation(&animation::animation(scene)?)
}

/// A few rows of the path.
fn text(lines: &mut Lines, scene: &ShiftScene<'_>, folder: &Folder) {
    const FOUR: f64 = 1e-4;
    /// Slopes below this are rounding.
    const NOTHING: f64 = 1e-12;
    const COLUMNS: [&str; 4] = ["js", "kl", "emd", "mmd"];
    let ShiftStudy { offsets, meeting, contact, widest, .. } = scene.study;
    let mut places: Vec<usize> = scene.stages.iter().map(|stage| stage.1).collect();
    places.extend([meeting / 2, usize::midpoint(*meeting, offsets.len() - 1), offsets.len() - 1]);
    places.extend(contact);
    places.sort_unstable();
    places.dedup();
    let dash = || "–".to_owned();
    let steep = |slope: f64| if slope.abs() < NOTHING { 0.0 } else { slope };
    let [[a, b], [c, d], [e, f], [g, h]] =
        COLUMNS.map(|name| [name.to_uppercase(), "slope".to_owned()]);
    let mut cells = vec![["offset".to_owned(), a, b, c, d, e, f, g, h, String::new()]];
    for k in places {
        let stage = scene.stages.iter().find(|stage| stage.1 == k).map(|stage| stage.0);
        let stage = stage.or((*contact == Some(k)).then_some("contact")).unwrap_or_default();
        let [[a, b], [c, d], [e, f], [g, h]] = COLUMNS.map(|name| match scene.study.track(name) {
            None => [dash(), dash()],
            Some(track) => [
                supported(track.values[k], FOUR),
                track.slopes[k].map_or_else(dash, |slope| supported(steep(slope), FOUR)),
            ],
        });
        cells.push([supported(offsets[k] + 0.0, FOUR), a, b, c, d, e, f, g, h, stage.to_owned()]);
    }
    lines.table(&cells);
    for group in scene.study.left_out.chunk_by(|a, b| a.1 == b.1) {
        let names: Vec<_> = group.iter().map(|(name, _)| *name).collect();
        lines.line("  left out", format!("{}: {}", names.join(", "), group[0].1));
    }
    let [n, m] = [&scene.moving.source, &scene.moving.target].map(DiscreteMeasure::len);
    let verdict = if widest.is_optimal() { ": all plans are optimal" } else { "" };
    lines.line("  moved", format!("{n} onto {m} atoms, in {} steps", offsets.len() - 1));
    lines.line("  widest gap of EMD", format!("{}{verdict}", small(widest.gap)));
    lines.line("  written to", folder.path().display());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_lists_of_finite_numbers() {
        assert_eq!(numbers("1, -0.5").unwrap().to_vec(), [1.0, -0.5]);
        for text in ["", "1,", "1;2", "nan", "inf,0"] {
            assert!(numbers(text).is_err(), "{text}");
        }
    }
}
