//! From the input flags to a problem: [`ProblemJob`] is checked before a file is read,
//! [`LoadedProblem`] is what the files hold.

use std::path::Path;
use std::time::Instant;

use deblais::cost::CostMatrix;
use deblais::io::InputPath;
use deblais::measure::{DiscreteMeasure, Marginal};
use deblais::problem::{Clouds, OtProblem, Sides};
use deblais::report::{Inputs, ProblemReport, Settings};
use deblais::tolerance;
use ndarray::Array1;

use super::args::{InputArgs, ProblemArgs, SideArgs};
use super::failure::Failure;
use super::ground::Ground;
use super::histograms::HistogramFiles;
use super::input_warnings;
use super::read_measure::{
    InputLog, MassHolders, ReadMatrix, ReadMeasure, Role, SampleSet, Weights, clouds, mass_file,
    read_matrix,
};
use super::remarks::Remarks;
use super::sample_set::SelectionFlags;

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

/// A problem, or two sides whose totals may differ, with the record of its inputs.
pub(crate) struct LoadedProblem<P = OtProblem<'static>> {
    pub(crate) problem: P,
    pub(crate) report: ProblemReport,
    pub(crate) inputs: Inputs,
    pub(crate) remarks: Remarks,
    /// The clouds, unless the costs came as a matrix.
    pub(crate) clouds: Option<(DiscreteMeasure, DiscreteMeasure)>,
    /// Histograms: the masses as they were read.
    pub(crate) histograms: Option<[Array1<f64>; 2]>,
    /// The names of the two coordinates of points in the plane.
    pub(crate) axes: Option<(String, String)>,
    /// Seconds that reading took.
    pub(crate) seconds: f64,
    /// The files that an error in the problem is about.
    place: String,
}

/// Two sides with the record of their inputs.
pub(crate) type LoadedSides = LoadedProblem<Sides<'static>>;

impl ProblemJob {
    pub(crate) fn new(args: &ProblemArgs) -> Result<Self, Failure> {
        let ProblemArgs { inputs: InputArgs { source, target, sides, normalize }, cost } = args;
        let Some(matrix) = &cost.cost_matrix else {
            let ground = cost.ground.check()?;
            let files = [source, target]
                .map(|file| file.as_deref().expect("clap requires both files without a matrix"));
            let job = Self::of_files(files, sides, ground, *normalize)?;
            return Ok(Self { settings: job.settings.with(&cost.ground), ..job });
        };
        if sides.weights.is_some() {
            return Err(Failure::usage("--weights names a column, but --cost-matrix has none")
                .hint("give the masses as files: --source-weights FILE --target-weights FILE"));
        }
        one_stdin(&input_names(args))?;
        let origin = |name: &Option<String>| name.as_deref().map(InputPath::from);
        let kind = Kind::Matrix {
            matrix: InputPath::from(matrix.as_path()),
            source: origin(&sides.source_weights),
            target: origin(&sides.target_weights),
        };
        let settings = Settings::of(sides).and("normalize", *normalize);
        Ok(Self { kind, normalize: *normalize, settings })
    }

    /// Between the points or the histograms of two files.
    pub(crate) fn of_files(
        files: [&Path; 2],
        args: &SideArgs,
        ground: Ground,
        normalize: bool,
    ) -> Result<Self, Failure> {
        one_stdin(&[files.as_slice(), &side_files(args)].concat())?;
        let settings = Settings::of(args).and("normalize", normalize);
        if args.hist {
            let files = HistogramFiles::new(files, args)?;
            return Ok(Self { kind: Kind::Histograms { files, ground }, normalize, settings });
        }
        let [source, target] = files;
        let sides = [side(source, args, Role::Source)?, side(target, args, Role::Target)?];
        Ok(Self::between(sides, ground, normalize, settings))
    }

    /// Between two sample sets.
    pub(crate) fn between(
        sides: [SampleSet; 2],
        ground: Ground,
        normalize: bool,
        settings: Settings,
    ) -> Self {
        Self { kind: Kind::Points { sides: Box::new(sides), ground }, normalize, settings }
    }

    /// Between probability measures, as divergences are: all masses are scaled to a total of 1.
    pub(crate) fn normalized(self) -> Self {
        Self { normalize: true, settings: self.settings.and("normalize", true), ..self }
    }

    /// The settings that shape the problem.
    pub(crate) fn settings(&self) -> Settings {
        self.settings.clone()
    }

    /// The sample sets and the ground cost of a problem between points.
    pub(crate) fn into_points(self) -> Option<(Box<[SampleSet; 2]>, Ground)> {
        match self.kind {
            Kind::Points { sides, ground } => Some((sides, ground)),
            _ => None,
        }
    }

    /// Whether the problem has points: a cost matrix has none.
    pub(crate) fn has_points(&self) -> bool {
        !matches!(self.kind, Kind::Matrix { .. })
    }

    /// The ground cost; a cost matrix has none.
    pub(crate) fn ground(&self) -> Option<Ground> {
        match self.kind {
            Kind::Points { ground, .. } | Kind::Histograms { ground, .. } => Some(ground),
            Kind::Matrix { .. } => None,
        }
    }

    /// Reads the files and builds the problem.
    pub(crate) fn load(&self) -> Result<LoadedProblem, Failure> {
        let LoadedProblem {
            problem: sides,
            report,
            inputs,
            mut remarks,
            clouds,
            histograms,
            axes,
            seconds,
            place,
        } = self.load_sides()?;
        let problem = match sides.into_problem() {
            Ok(problem) => problem,
            Err(error) => return Err(Failure::from(error).at(&place).after(remarks.warnings)),
        };
        let report = report.rescaled(problem.rescaled());
        input_warnings::of_total(report.total_mass, &mut remarks);
        Ok(LoadedProblem {
            problem,
            report,
            inputs,
            remarks,
            clouds,
            histograms,
            axes,
            seconds,
            place,
        })
    }

    /// Reads the files.
    pub(crate) fn load_sides(&self) -> Result<LoadedSides, Failure> {
        let start = Instant::now();
        let mut log = InputLog::default();
        let loaded = match &self.kind {
            Kind::Points { sides, ground } => self.load_points(sides, *ground, &mut log),
            Kind::Histograms { files, ground } => self.load_histograms(files, *ground, &mut log),
            Kind::Matrix { matrix, source, target } => {
                self.load_matrix(matrix, source.as_ref(), target.as_ref(), &mut log)
            }
        };
        let InputLog { inputs, remarks } = log;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(failure) => return Err(failure.after(remarks.warnings)),
        };
        let seconds = start.elapsed().as_secs_f64();
        Ok(LoadedSides { inputs, remarks, seconds, ..loaded })
    }

    fn load_points(
        &self,
        sides: &[SampleSet; 2],
        ground: Ground,
        log: &mut InputLog,
    ) -> Result<LoadedSides, Failure> {
        let clouds = clouds(sides, self.normalize, log)?;
        sides_of(clouds, [&sides[0].origin, &sides[1].origin], ground)
    }

    fn load_histograms(
        &self,
        files: &HistogramFiles,
        ground: Ground,
        log: &mut InputLog,
    ) -> Result<LoadedSides, Failure> {
        let (clouds, histograms) = files.read(self.normalize, log)?;
        let loaded = sides_of(clouds, files.origins(), ground)?;
        Ok(LoadedSides { histograms: Some(histograms), ..loaded })
    }

    fn load_matrix(
        &self,
        matrix: &InputPath,
        source: Option<&InputPath>,
        target: Option<&InputPath>,
        log: &mut InputLog,
    ) -> Result<LoadedSides, Failure> {
        let ReadMatrix { entries, rows, columns, may_have_header } =
            read_matrix(matrix, "cost_matrix", log)?;
        let (n, m) = entries.dim();
        let holders = |count, axis, names, may_have_header| MassHolders {
            count,
            kind: format!("{axis} of {matrix}"),
            names,
            may_have_header,
        };
        let cost = CostMatrix::new(entries).map_err(|error| Failure::from(error).at(matrix))?;
        let mut tolerance = tolerance::TOTALS_F64;
        let mut mass = |origin: Option<&InputPath>, role: Role, holders: MassHolders| match origin {
            None => Ok(Marginal::normalized(Array1::ones(holders.count))?),
            Some(origin) => {
                let masses = mass_file(origin, role, &holders, self.normalize, log)?;
                tolerance = tolerance.max(masses.totals_tolerance);
                let marginal = if self.normalize { Marginal::normalized } else { Marginal::new };
                marginal(masses.values).map_err(|error| Failure::from(error).at(origin))
            }
        };
        let mu = mass(source, Role::Source, holders(n, "rows", rows, may_have_header))?;
        let nu = mass(target, Role::Target, holders(m, "columns", columns, false))?;
        let report = ProblemReport::between(&mu, &nu, "matrix");
        let report = ProblemReport { power_of_distance: false, ..report };
        let sides = Sides::new(mu, nu, Box::new(cost), tolerance)
            .map_err(|error| Failure::from(error).at(matrix))?;
        Ok(LoadedSides::new(sides, report, matrix.to_string()))
    }
}

impl LoadedSides {
    /// Sides with an empty record.
    fn new(sides: Sides<'static>, report: ProblemReport, place: String) -> Self {
        Self {
            problem: sides,
            place,
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

/// Two clouds as the sides of a problem.
fn sides_of(
    [x, y]: [ReadMeasure; 2],
    [source, target]: [&InputPath; 2],
    ground: Ground,
) -> Result<LoadedSides, Failure> {
    let place = format!("{source} and {target}");
    let tolerance = x.totals_tolerance.max(y.totals_tolerance);
    let (mu, nu) = (x.measure.marginal(), y.measure.marginal());
    let report = ProblemReport {
        dim: Some(x.measure.dim()),
        exponent: ground.exponent(),
        p: ground.p(),
        power_of_distance: ground.is_power_of_distance(),
        ..ProblemReport::between(mu, nu, ground.name())
    };
    let (source, target) = (x.measure.clone(), y.measure.clone());
    let clouds = Clouds { source, target, ground: ground.cost() };
    let sides =
        Sides::of_clouds(clouds, tolerance).map_err(|error| Failure::from(error).at(&place))?;
    let axes = match x.axes.as_deref() {
        Some([first, second]) => Some((first.clone(), second.clone())),
        _ => None,
    };
    let clouds = Some((x.measure, y.measure));
    Ok(LoadedSides { clouds, axes, ..LoadedSides::new(sides, report, place) })
}

/// All file names among the input flags.
pub(crate) fn input_names(args: &ProblemArgs) -> Vec<&Path> {
    let ProblemArgs { inputs, cost } = args;
    let files = [&inputs.source, &inputs.target, &cost.cost_matrix];
    let files = files.into_iter().filter_map(Option::as_deref);
    files.chain(side_files(&inputs.sides)).collect()
}

/// The files of grid and masses, which come beside those of the points.
fn side_files(args: &SideArgs) -> Vec<&Path> {
    let weights = [&args.source_weights, &args.target_weights].into_iter().flatten();
    args.grid.as_deref().into_iter().chain(weights.map(Path::new)).collect()
}

/// Stdin can be read by one of the inputs only.
pub(crate) fn one_stdin(names: &[&Path]) -> Result<(), Failure> {
    match names.iter().filter(|name| name.as_os_str() == "-").count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("`-` stands for stdin, which can be read only once")
            .hint("put all inputs but one into files")),
    }
}

/// The sample set that the flags of one side name.
fn side(file: &Path, args: &SideArgs, role: Role) -> Result<SampleSet, Failure> {
    let (weights, filter) = match role {
        Role::Source => (&args.source_weights, &args.source_where),
        Role::Target => (&args.target_weights, &args.target_where),
    };
    let flags = SelectionFlags {
        columns: args.columns.as_deref(),
        drop: args.drop.as_deref(),
        filter: filter.as_deref().or(args.both_where.as_deref()),
        weights: args.weights.as_deref(),
    };
    let set = SampleSet::new(role, file.into(), flags.check()?);
    Ok(match weights {
        Some(text) => SampleSet { weights: Weights::ColumnOrFile(text.clone()), ..set },
        None => set,
    })
}
