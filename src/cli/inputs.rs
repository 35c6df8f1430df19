//! From the input flags to a problem: [`ProblemJob`] is checked before a file is read,
//! [`LoadedProblem`] is what the files hold.

use std::path::Path;
use std::time::Instant;

use deblais::cost::{Cost, CostMatrix};
use deblais::io::InputPath;
use deblais::measure::{DiscreteMeasure, Marginal};
use deblais::problem::{Clouds, OtProblem, Sides};
use deblais::report::{InputReport, Inputs, ProblemReport, Settings};
use deblais::tolerance;
use ndarray::Array1;

use super::arc_list::ArcFile;
use super::args::{InputArgs, ProblemArgs, SideArgs};
use super::failure::Failure;
use super::ground::Ground;
use super::histograms::HistogramFiles;
use super::input_warnings;
use super::mass_file::{MassFile, MassHolders};
use super::read_measure::{
    DROP_ACTS_ON_ALL, InputLog, ReadMatrix, ReadMeasure, Role, SampleSet, Weights, clouds,
    read_matrix, report,
};
use super::remarks::Remarks;
use super::remedies::Flags;
use super::row_names::RowNames;
use super::sample_set::SelectionFlags;

/// A validated request for a problem.
#[derive(Debug)]
pub(crate) struct ProblemJob {
    kind: Kind,
    normalize: bool,
    settings: Settings,
    /// The largest cost of an arc that is not forbidden.
    limit: Option<f64>,
}

#[derive(Debug)]
enum Kind {
    Points { sides: Box<[SampleSet; 2]>, ground: Ground },
    Histograms { files: HistogramFiles, ground: Ground },
    Matrix { matrix: InputPath, source: Option<InputPath>, target: Option<InputPath> },
    Arcs { arcs: InputPath, source: Option<InputPath>, target: Option<InputPath> },
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
        let matrix = cost.cost_matrix.as_ref().map(|file| (file, "--cost-matrix"));
        let arcs = cost.cost_arcs.as_ref().map(|file| (file, "--cost-arcs"));
        let Some((file, flag)) = matrix.or(arcs) else {
            let ground = cost.ground.check()?;
            let files = [source, target]
                .map(|file| file.as_deref().expect("clap requires both files without a matrix"));
            let job = Self::of_files(files, sides, ground, *normalize)?;
            let limit = cost.max_distance;
            let settings = job.settings.with(&cost.ground);
            let settings = match limit {
                Some(limit) => settings.and("max_distance", limit),
                None => settings,
            };
            let limit = limit.map(|limit| ground.cost_at(limit)).transpose()?;
            return Ok(Self { settings, limit, ..job });
        };
        if cost.ground.p.is_some() {
            return Err(Failure::usage(format!("--p belongs to a distance, but {flag} has costs"))
                .hint("leave --p out, or give powers of costs; emd takes --p inf beside it"));
        }
        if sides.weights.is_some() {
            return Err(Failure::usage(format!("--weights names a column, but {flag} has none"))
                .hint("give the masses as files: --source-weights FILE --target-weights FILE"));
        }
        one_stdin(&input_names(args))?;
        let origin = |name: &Option<String>| name.as_deref().map(InputPath::from);
        let [source, target] = [&sides.source_weights, &sides.target_weights].map(origin);
        let file = InputPath::from(file.as_path());
        let kind = if cost.cost_matrix.is_some() {
            Kind::Matrix { matrix: file, source, target }
        } else {
            Kind::Arcs { arcs: file, source, target }
        };
        let settings = Settings::of(sides).and("normalize", *normalize);
        Ok(Self { kind, normalize: *normalize, settings, limit: None })
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
            let kind = Kind::Histograms { files, ground };
            return Ok(Self { kind, normalize, settings, limit: None });
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
        let kind = Kind::Points { sides: Box::new(sides), ground };
        Self { kind, normalize, settings, limit: None }
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
        !matches!(self.kind, Kind::Matrix { .. } | Kind::Arcs { .. })
    }

    /// The ground cost; a cost matrix has none.
    pub(crate) fn ground(&self) -> Option<Ground> {
        match self.kind {
            Kind::Points { ground, .. } | Kind::Histograms { ground, .. } => Some(ground),
            Kind::Matrix { .. } | Kind::Arcs { .. } => None,
        }
    }

    /// Reads the files and builds the problem, which forbids no arc.
    pub(crate) fn load(&self) -> Result<LoadedProblem, Failure> {
        let loaded = self.load_sides()?.into_problem()?;
        if loaded.problem.cost().forbids() {
            return Err(self.forbids_arcs(&loaded.place));
        }
        Ok(loaded)
    }

    /// The error of forbidden arcs in a problem that may have none.
    fn forbids_arcs(&self, place: &str) -> Failure {
        let (text, remedy) = match self.kind {
            _ if self.limit.is_some() => {
                ("--max-distance forbids arcs".to_owned(), "leave --max-distance out")
            }
            Kind::Arcs { .. } => (
                format!("{place} forbids the arcs that it does not list"),
                "list all, with large costs where nothing should go",
            ),
            _ => (
                format!("{place} forbids arcs by costs of inf"),
                "give large costs in the place of inf",
            ),
        };
        Failure::new(text).hint(format!(
            "only emd and certify know forbidden arcs, and emd only with a finite --p: {remedy}"
        ))
    }
}

impl LoadedSides {
    /// These sides with mass 1 at every point.
    pub(crate) fn with_unit_masses(mut self) -> Self {
        self.problem = self.problem.with_unit_masses();
        for input in self.inputs.values_mut() {
            take_unit_masses(input);
        }
        self
    }

    /// The problem of moving all mass.
    pub(crate) fn into_problem(self) -> Result<LoadedProblem, Failure> {
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
        } = self;
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
}

impl ProblemJob {
    /// Reads the files.
    pub(crate) fn load_sides(&self) -> Result<LoadedSides, Failure> {
        let start = Instant::now();
        let mut log = InputLog::default();
        let loaded = match &self.kind {
            Kind::Points { sides, ground } => self.load_points(sides, *ground, &mut log),
            Kind::Histograms { files, ground } => self.load_histograms(files, *ground, &mut log),
            Kind::Matrix { matrix, source, target } => {
                self.load_matrix(matrix, [source.as_ref(), target.as_ref()], &mut log)
            }
            Kind::Arcs { arcs, source, target } => {
                self.load_arcs(arcs, [source.as_ref(), target.as_ref()], &mut log)
            }
        };
        let InputLog { inputs, remarks } = log;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(failure) => return Err(failure.after(remarks.warnings)),
        };
        let problem = match self.limit {
            Some(limit) => loaded.problem.within(limit),
            None => loaded.problem,
        };
        let seconds = start.elapsed().as_secs_f64();
        Ok(LoadedSides { problem, inputs, remarks, seconds, ..loaded })
    }

    fn load_points(
        &self,
        sides: &[SampleSet; 2],
        ground: Ground,
        log: &mut InputLog,
    ) -> Result<LoadedSides, Failure> {
        let clouds = clouds(sides, self.normalize, log)?;
        let [d, e] = clouds.each_ref().map(|cloud| cloud.measure.dim());
        let is_uneven = d != e && sides.iter().any(|side| !side.dropped.is_empty());
        sides_of(clouds, [&sides[0].origin, &sides[1].origin], ground)
            .map_err(|failure| if is_uneven { failure.hint(DROP_ACTS_ON_ALL) } else { failure })
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
        masses: [Option<&InputPath>; 2],
        log: &mut InputLog,
    ) -> Result<LoadedSides, Failure> {
        let masses = mass_files(masses)?;
        let given = masses.each_ref().map(|file| file.as_ref().map(|file| file.table.n_rows()));
        let ReadMatrix { entries, rows, columns, excess: [header, row_numbers] } =
            read_matrix(matrix, "cost_matrix", given, log)?;
        let (n, m) = entries.dim();
        let holders = |count, axis, names, excess| MassHolders {
            count,
            kind: format!("{axis} of {matrix}"),
            names,
            excess,
        };
        let holders =
            [holders(n, "rows", rows, header), holders(m, "columns", columns, row_numbers)];
        let cost = CostMatrix::new(entries).map_err(|error| Failure::from(error).at(matrix))?;
        self.sides_of_table((matrix, "matrix"), Box::new(cost), (masses, holders), log)
    }

    fn load_arcs(
        &self,
        file: &InputPath,
        masses: [Option<&InputPath>; 2],
        log: &mut InputLog,
    ) -> Result<LoadedSides, Failure> {
        let masses = mass_files(masses)?;
        let arcs = ArcFile::read(file)?;
        let count = arcs.list.arcs.len();
        log.inputs.insert("cost_arcs", report(file, count, arcs.digest.clone(), false));
        let given = masses.each_ref().map(|file| file.as_ref().map(|file| file.table.n_rows()));
        let [n, m] = arcs.sizes(given)?;
        let cost = arcs.costs([n, m])?;
        let holders = [(n, "sources"), (m, "targets")].map(|(count, kind)| MassHolders {
            count,
            kind: format!("{kind} of {file}"),
            names: RowNames::new(file, None),
            excess: None,
        });
        self.sides_of_table((file, "arcs"), cost, (masses, holders), log)
    }

    /// The masses, uniform where there is no file, and the costs between them.
    fn sides_of_table(
        &self,
        (file, kind): (&InputPath, &str),
        cost: Box<dyn Cost>,
        ([source, target], [of_source, of_target]): ([Option<MassFile>; 2], [MassHolders; 2]),
        log: &mut InputLog,
    ) -> Result<LoadedSides, Failure> {
        let mut tolerance = tolerance::TOTALS_F64;
        let mut mass = |file: Option<MassFile>, role: Role, holders: MassHolders| match file {
            None => Ok(Marginal::normalized(Array1::ones(holders.count))?),
            Some(file) => {
                let origin = file.origin.clone();
                let masses = file.masses(role, &holders, self.normalize, log)?;
                tolerance = tolerance.max(masses.totals_tolerance);
                let marginal = if self.normalize { Marginal::normalized } else { Marginal::new };
                marginal(masses.values).map_err(|error| Failure::from(error).at(origin))
            }
        };
        let mu = mass(source, Role::Source, of_source)?;
        let nu = mass(target, Role::Target, of_target)?;
        let report = ProblemReport::between(&mu, &nu, kind);
        let report = ProblemReport { power_of_distance: false, ..report };
        let sides =
            Sides::new(mu, nu, cost, tolerance).map_err(|error| Failure::from(error).at(file))?;
        Ok(LoadedSides::new(sides, report, file.to_string()))
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

/// The files of masses, read.
fn mass_files(files: [Option<&InputPath>; 2]) -> Result<[Option<MassFile>; 2], Failure> {
    let [source, target] = files.map(|file| file.map(MassFile::read).transpose());
    Ok([source?, target?])
}

/// Records mass 1 at every point.
pub(crate) fn take_unit_masses(input: &mut InputReport) {
    if let Some(masses) = &mut input.masses {
        (masses.kind, masses.total) = ("unit", input.rows as f64);
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
    let files = [&inputs.source, &inputs.target, &cost.cost_matrix, &cost.cost_arcs];
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
    let weights = match weights {
        Some(text) => Weights::ColumnOrFile(text.clone()),
        None => set.weights,
    };
    Ok(SampleSet { weights, flags: Flags::ALL, ..set })
}
