//! From the input flags to a problem: what is to be read, and reading it.

use std::path::Path;
use std::time::Instant;

use deblais::cost::CostMatrix;
use deblais::io::{ColumnRef, Filter, InputPath};
use deblais::measure::{DiscreteMeasure, Marginal};
use deblais::problem::OtProblem;
use deblais::report::{Inputs, ProblemReport, Setting, Settings};
use deblais::tolerance;
use ndarray::Array1;

use super::args::{InputArgs, ProblemArgs};
use super::failure::Failure;
use super::ground::Ground;
use super::histograms::HistogramFiles;
use super::input_warnings;
use super::read_measure::{
    InputLog, ReadMeasure, Role, SampleSet, Weights, clouds, mass_file, read_matrix,
};
use super::remarks::Remarks;

/// A validated request for a problem.
#[derive(Debug)]
pub(crate) struct ProblemJob {
    kind: Kind,
    normalize: bool,
    settings: Settings,
}

#[derive(Debug)]
enum Kind {
    Points { sides: Box<[SampleSet; 2]>, ground: Ground },
    Histograms { files: HistogramFiles, ground: Ground },
    Matrix { matrix: InputPath, source: Option<InputPath>, target: Option<InputPath> },
}

/// A problem and all that is known about where it came from.
pub(crate) struct Loaded {
    pub(crate) problem: OtProblem<'static>,
    pub(crate) report: ProblemReport,
    pub(crate) inputs: Inputs,
    pub(crate) remarks: Remarks,
    /// The clouds, unless the costs came as a matrix.
    pub(crate) clouds: Option<(DiscreteMeasure, DiscreteMeasure)>,
    /// Histograms: the masses as they were read.
    pub(crate) histograms: Option<[Array1<f64>; 2]>,
    /// What the two coordinates of points in the plane are called.
    pub(crate) axes: Option<(String, String)>,
    /// Seconds that reading took.
    pub(crate) seconds: f64,
}

impl ProblemJob {
    pub(crate) fn new(args: &ProblemArgs) -> Result<Self, Failure> {
        let ProblemArgs { inputs, cost } = args;
        let kind = if let Some(matrix) = &cost.cost_matrix {
            let origin = |name: &Option<String>| name.as_deref().map(InputPath::from);
            if inputs.weights.is_some() {
                return Err(Failure::usage("--weights names a column, but --cost-matrix has none")
                    .hint(
                        "give the masses as files: --source-weights FILE --target-weights FILE",
                    ));
            }
            Kind::Matrix {
                matrix: InputPath::from(matrix.as_path()),
                source: origin(&inputs.source_weights),
                target: origin(&inputs.target_weights),
            }
        } else if inputs.hist {
            Kind::Histograms {
                files: HistogramFiles::new(inputs)?,
                ground: Ground::new(cost.cost, cost.exponent, cost.p)?,
            }
        } else {
            Kind::Points {
                sides: Box::new([side(inputs, Role::Source)?, side(inputs, Role::Target)?]),
                ground: Ground::new(cost.cost, cost.exponent, cost.p)?,
            }
        };
        one_stdin(&names(args))?;
        Ok(Self { kind, normalize: inputs.normalize, settings: settings(args) })
    }

    /// The settings that shape the problem.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.clone()
    }

    /// The number of coordinates is known only when the files are read, but a matrix has none.
    pub(crate) fn has_points(&self) -> bool {
        !matches!(self.kind, Kind::Matrix { .. })
    }

    /// What moving costs; a matrix has no rule for it.
    pub(crate) fn ground(&self) -> Option<Ground> {
        match self.kind {
            Kind::Points { ground, .. } | Kind::Histograms { ground, .. } => Some(ground),
            Kind::Matrix { .. } => None,
        }
    }

    /// Reads the files and builds the problem.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        let start = Instant::now();
        let mut log = InputLog::default();
        let loaded = match &self.kind {
            Kind::Points { sides, ground } => self.load_points(sides, *ground, &mut log),
            Kind::Histograms { files, ground } => self.load_histograms(files, *ground, &mut log),
            Kind::Matrix { matrix, source, target } => {
                self.load_matrix(matrix, source.as_ref(), target.as_ref(), &mut log)
            }
        };
        let InputLog { inputs, mut remarks } = log;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(failure) => return Err(failure.after(remarks.warnings)),
        };
        input_warnings::of_total(loaded.report.total_mass, &mut remarks);
        let seconds = start.elapsed().as_secs_f64();
        Ok(Loaded { inputs, remarks, seconds, ..loaded })
    }

    fn load_points(
        &self,
        sides: &[SampleSet; 2],
        ground: Ground,
        log: &mut InputLog,
    ) -> Result<Loaded, Failure> {
        let clouds = clouds(sides, self.normalize, log)?;
        between(clouds, [&sides[0].origin, &sides[1].origin], ground)
    }

    fn load_histograms(
        &self,
        files: &HistogramFiles,
        ground: Ground,
        log: &mut InputLog,
    ) -> Result<Loaded, Failure> {
        let (clouds, histograms) = files.read(self.normalize, log)?;
        let loaded = between(clouds, files.origins(), ground)?;
        Ok(Loaded { histograms: Some(histograms), ..loaded })
    }

    fn load_matrix(
        &self,
        matrix: &InputPath,
        source: Option<&InputPath>,
        target: Option<&InputPath>,
        log: &mut InputLog,
    ) -> Result<Loaded, Failure> {
        let entries = read_matrix(matrix, "cost_matrix", log)?;
        let (n, m) = entries.dim();
        let cost = CostMatrix::new(entries).map_err(|error| Failure::from(error).at(matrix))?;
        let mut tolerance = tolerance::TOTALS_F64;
        let mut mass = |origin: Option<&InputPath>, role: Role, count: usize| match origin {
            None => Ok(Marginal::normalized(Array1::ones(count))?),
            Some(origin) => {
                let masses = mass_file(origin, role, count, self.normalize, log)?;
                tolerance = tolerance.max(masses.totals_tolerance);
                let marginal = if self.normalize { Marginal::normalized } else { Marginal::new };
                marginal(masses.values).map_err(|error| Failure::from(error).at(origin))
            }
        };
        let mu = mass(source, Role::Source, n)?;
        let nu = mass(target, Role::Target, m)?;
        let problem = OtProblem::between(mu, nu, Box::new(cost), tolerance)
            .map_err(|error| Failure::from(error).at(matrix))?;
        let report =
            ProblemReport { power_of_distance: false, ..ProblemReport::new(&problem, "matrix") };
        Ok(Loaded::new(problem, report))
    }
}

impl Loaded {
    /// A problem of which nothing else is known.
    fn new(problem: OtProblem<'static>, report: ProblemReport) -> Self {
        Self {
            problem,
            report,
            inputs: Inputs::new(),
            remarks: Remarks::default(),
            clouds: None,
            histograms: None,
            axes: None,
            seconds: 0.0,
        }
    }
}

/// The problem between two clouds.
fn between(
    [x, y]: [ReadMeasure; 2],
    [source, target]: [&InputPath; 2],
    ground: Ground,
) -> Result<Loaded, Failure> {
    let place = format!("{source} and {target}");
    let tolerance = x.totals_tolerance.max(y.totals_tolerance);
    let problem = OtProblem::between_measures(&x.measure, &y.measure, ground.cost(), tolerance)
        .map_err(|error| Failure::from(error).at(&place))?;
    let report = ProblemReport {
        dim: Some(x.measure.dim()),
        exponent: ground.exponent(),
        p: ground.p(),
        power_of_distance: ground.is_power_of_distance(),
        ..ProblemReport::new(&problem, ground.name())
    };
    let axes = match x.axes.as_deref() {
        Some([first, second]) => Some((first.clone(), second.clone())),
        _ => None,
    };
    let clouds = Some((x.measure, y.measure));
    Ok(Loaded { clouds, axes, ..Loaded::new(problem, report) })
}

/// All names that may be files to read.
pub(crate) fn names(args: &ProblemArgs) -> Vec<&Path> {
    let ProblemArgs { inputs, cost } = args;
    let files = [&inputs.source, &inputs.target, &inputs.grid, &cost.cost_matrix];
    let weights = [&inputs.source_weights, &inputs.target_weights];
    let files = files.into_iter().filter_map(Option::as_deref);
    files.chain(weights.into_iter().flatten().map(Path::new)).collect()
}

/// Stdin can be read by one of the inputs only.
pub(crate) fn one_stdin(names: &[&Path]) -> Result<(), Failure> {
    match names.iter().filter(|name| name.as_os_str() == "-").count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("`-` stands for stdin, which can be read only once")
            .hint("put all inputs but one into files")),
    }
}

/// One side's flags.
fn side(args: &InputArgs, role: Role) -> Result<SampleSet, Failure> {
    let (name, weights, filter) = match role {
        Role::Source => (&args.source, &args.source_weights, &args.source_where),
        Role::Target => (&args.target, &args.target_weights, &args.target_where),
    };
    let filter = self::filter(filter.as_deref().or(args.both_where.as_deref()))?;
    let columns = columns("--columns", args.columns.as_deref())?;
    let dropped = columns_to_drop(args.drop.as_deref())?;
    let weights = match (weights, &args.weights) {
        (Some(text), _) => Weights::ColumnOrFile(text.clone()),
        (None, Some(text)) => Weights::Column(column(text)),
        (None, None) => Weights::Uniform,
    };
    let origin = InputPath::from(name.as_deref().unwrap_or(Path::new("-")));
    Ok(SampleSet { role, origin, columns, dropped, filter, weights })
}

/// A column as it is typed.
pub(crate) fn column(text: &str) -> ColumnRef {
    let Ok(column) = text.parse();
    column
}

/// `--drop`.
pub(crate) fn columns_to_drop(list: Option<&str>) -> Result<Vec<ColumnRef>, Failure> {
    Ok(columns("--drop", list)?.unwrap_or_default())
}

/// `--columns`, or another flag with a list of columns.
pub(crate) fn columns(flag: &str, list: Option<&str>) -> Result<Option<Vec<ColumnRef>>, Failure> {
    let columns = list.map(|list| list.split(',').map(column).collect::<Vec<_>>());
    if columns.iter().flatten().any(|c| *c == ColumnRef::Name(String::new())) {
        return Err(Failure::usage(format!("{flag} has an empty name in its list"))
            .hint(format!("separate the columns by single commas, as in {flag} x,y")));
    }
    Ok(columns)
}

/// `--where`.
pub(crate) fn filter(text: Option<&str>) -> Result<Option<Filter>, Failure> {
    let parsed = |text: &str| {
        text.parse::<Filter>()
            .map_err(|error| Failure::usage(format!("--where: {error}")).hint(error.hint()))
    };
    text.map(parsed).transpose()
}

/// The flags as the report repeats them.
fn settings(args: &ProblemArgs) -> Settings {
    let ProblemArgs { inputs, cost } = args;
    let mut settings = Settings::new();
    let texts = [
        ("weights", &inputs.weights),
        ("source_weights", &inputs.source_weights),
        ("target_weights", &inputs.target_weights),
        ("columns", &inputs.columns),
        ("drop", &inputs.drop),
        ("where", &inputs.both_where),
        ("source_where", &inputs.source_where),
        ("target_where", &inputs.target_where),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            settings.insert(name, Setting::Text(text.clone()));
        }
    }
    settings.insert("normalize", Setting::Flag(inputs.normalize));
    if inputs.hist {
        settings.insert("hist", Setting::Flag(true));
    }
    let grid = inputs.grid.as_ref().map(|grid| Setting::Text(grid.display().to_string()));
    settings.extend(grid.map(|grid| ("grid", grid)));
    if cost.cost_matrix.is_none() {
        let name = clap::ValueEnum::to_possible_value(&cost.cost);
        settings.extend(name.map(|name| ("cost", Setting::Text(name.get_name().to_owned()))));
    }
    let numbers = [("p", cost.p), ("exponent", cost.exponent)];
    settings.extend(numbers.into_iter().filter_map(|(name, x)| Some((name, Setting::Number(x?)))));
    settings
}
