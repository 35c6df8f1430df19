//! `deblais explore shift`: a source that moves onto the target and past it, and what every divergence
//! says of it.

mod animation;
mod picture;
mod view;

use std::path::PathBuf;
use std::time::Instant;

use clap::{Arg, Args, value_parser};
use deblais::explore::pairs::{LawPair, Overlap, PAIRS, pair};
use deblais::explore::shift::{MotionPath, Shift, ShiftStudy};
use deblais::measure::DiscreteMeasure;
use deblais::report::{Inputs, Report, SHIFT_SCHEMA, Setting, Settings, ShiftReport, Timings};
use deblais::seed::Seed;
use ndarray::{Array1, Axis};
use rand::seq::SliceRandom as _;

use super::folder::{Folder, OutArgs};
use crate::cli::args::{OutputOptions, ProblemArgs};
use crate::cli::failure::{Exit, Failure};
use crate::cli::hints::CommandHint;
use crate::cli::inputs::ProblemJob;
use crate::cli::output::print_report;
use crate::cli::progress_line::RunProgress;
use crate::cli::remarks::Remarks;
use crate::cli::text::{Lines, small, supported};
use crate::cli::use_threads;

/// `deblais explore shift [SOURCE TARGET]`
#[derive(Debug, Args)]
#[command(mut_args(for_a_way), override_usage = "deblais explore shift [OPTIONS] [SOURCE TARGET]")]
#[command(after_help = EXAMPLES)]
pub(super) struct ShiftArgs {
    #[command(flatten)]
    problem: ProblemArgs,
    #[command(flatten)]
    path: PathArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    output: OutputOptions,
}

const EXAMPLES: &str = "Distances are those of the Euclidean distance. The folder gets shift.png, \
    shift.svg, shift.csv, shift.json and shift.gif.

Examples:
  deblais explore shift
  deblais explore shift --pair segments
  deblais explore shift a.csv b.csv --direction 1,0 --out moved";

/// The path and what is computed on it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Path")]
struct PathArgs {
    /// A built-in pair instead of files (default: generator)
    #[arg(long, value_name = "NAME", value_parser = PAIRS)]
    pair: Option<String>,

    /// Where the source moves, a number for each coordinate (default: towards the target's mean)
    #[arg(long, value_name = "LIST", value_parser = numbers, allow_hyphen_values = true, requires = "source", conflicts_with = "pair")]
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

/// Two files may be given here, and then alone have columns, masses and rows to pick. What moves
/// keeps to the Euclidean distance.
fn for_a_way(arg: Arg) -> Arg {
    let file = |arg: &Arg, name: &'static str, place: usize, other: &'static str| {
        Arg::new(arg.get_id().clone())
            .value_name(name)
            .help(arg.get_help().map(ToString::to_string).unwrap_or_default())
            .value_parser(value_parser!(PathBuf))
            .index(place)
            .requires(other)
            .conflicts_with("pair")
    };
    match arg.get_id().as_str() {
        "source" => file(&arg, "SOURCE", 1, "target"),
        "target" => file(&arg, "TARGET", 2, "source"),
        "weights" | "source_weights" | "target_weights" | "columns" | "both_where"
        | "source_where" | "target_where" => arg.requires("source").conflicts_with("pair"),
        "normalize" | "cost" | "p" | "exponent" | "cost_matrix" => arg.hide(true),
        _ => arg,
    }
}

/// Parses numbers that are separated by commas.
fn numbers(text: &str) -> Result<Array1<f64>, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let list: Option<Vec<f64>> = text.split(',').map(number).collect();
    list.map(Array1::from_vec).ok_or_else(|| "a direction is a list such as 1,0".to_owned())
}

/// What is moved.
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
struct Scene<'a> {
    moving: &'a Moving,
    study: &'a ShiftStudy,
    /// Three places on the path with a name.
    stages: [(&'static str, usize); 3],
}

/// Validates the arguments, then runs.
pub(super) fn run(args: ShiftArgs) -> Result<Exit, Failure> {
    let ShiftArgs { problem, path, out, output } = args;
    let start = Instant::now();
    let (moving, name) = match (&problem.inputs.source, &path.pair) {
        (Some(_), _) => (given(problem, &path)?, None),
        (None, asked) => {
            let asked = asked.as_deref().unwrap_or(PAIRS[0]);
            let known = PAIRS.into_iter().find(|name| *name == asked);
            (built_in(known.unwrap_or(PAIRS[0]), &path), known)
        }
    };
    use_threads(output.threads)?;
    let folder = out.folder("shift")?;
    let read = start.elapsed().as_secs_f64();
    moving.remarks.tell(output.quiet);
    let mut progress = RunProgress::start(None, output.quiet)?;
    let study = study(&moving, &path, &mut progress)?;
    let solve = progress.finish();
    let scene = Scene { moving: &moving, study: &study, stages: stages(&moving, &study) };
    let start = Instant::now();
    save(&folder, &scene)?;
    let mut settings = moving.settings.clone();
    settings.extend(path.settings());
    let Moving { source, target, direction, .. } = &moving;
    let findings = ShiftReport {
        pair: name,
        given: moving.given,
        stages: scene.stages.map(|(name, k)| (name, study.offsets[k])).into(),
        ..ShiftReport::new(&study, (source.len(), target.len()), &direction.to_vec())
    };
    let draw = start.elapsed().as_secs_f64();
    let report = Report {
        inputs: Some(moving.inputs.clone()),
        settings: Some(settings),
        warnings: Some(moving.remarks.warnings.clone()),
        timings: Timings::from([("read", read), ("solve", solve), ("draw", draw)]),
        ..Report::new(SHIFT_SCHEMA, findings)
    };
    folder.json(&report)?;
    print_report(&output, &report, |lines| text(lines, &scene, &folder))?;
    Ok(if study.stopped.is_some() { Exit::Stopped } else { Exit::Fine })
}

impl PathArgs {
    fn settings(&self) -> Vec<(&'static str, Setting)> {
        let count = |n: u32| Setting::Count(n.into());
        let mut settings = vec![
            ("steps", count(self.steps)),
            ("atoms", count(self.atoms)),
            ("alpha", Setting::Number(self.alpha)),
            ("directions", count(self.directions)),
            ("seed", Setting::Count(self.seed)),
        ];
        settings.extend(self.bins.map(|bins| ("bins", count(bins))));
        let list = |direction: &Array1<f64>| {
            let numbers: Vec<_> = direction.iter().map(ToString::to_string).collect();
            Setting::Text(numbers.join(","))
        };
        settings.extend(self.direction.as_ref().map(|direction| ("direction", list(direction))));
        settings
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
        settings: Settings::new(),
        remarks: Remarks::default(),
    }
}

/// Two files.
fn given(mut problem: ProblemArgs, path: &PathArgs) -> Result<Moving, Failure> {
    // Divergences are between probability measures.
    problem.inputs.normalize = true;
    let job = ProblemJob::new(&problem)?;
    if !job.ground().is_some_and(|ground| ground.is_euclidean()) {
        return Err(Failure::usage("the study is one of the Euclidean distance")
            .hint("leave --cost, --p and --cost-matrix out"));
    }
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
        settings: job.settings(),
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

fn study(
    moving: &Moving,
    path: &PathArgs,
    progress: &mut RunProgress,
) -> Result<ShiftStudy, Failure> {
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
    Ok(shift.run(progress)?)
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
fn save(folder: &Folder, scene: &Scene<'_>) -> Result<(), Failure> {
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
fn text(lines: &mut Lines, scene: &Scene<'_>, folder: &Folder) {
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
