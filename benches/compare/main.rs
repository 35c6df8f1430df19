//! Our side of the comparison that `benches/peers/run.sh` makes.
//!
//! `compare KIND FOLDER` loads the instance that the script wrote, prints `{"ready": …}`, and then
//! answers each line of stdin, a request, with one JSON object on stdout. So the two sides take
//! turns in one run, and nothing is loaded while the other side's clock is ticking. Kinds and
//! their requests:
//!
//! - `table`: two clouds, whose costs are stored before any clock starts. `auto`, `simplex`,
//!   `assignment`, and `name`: what `auto` chooses.
//! - `batch`: many small pairs of clouds with uniform masses. `auto R` and so on: R rounds over all
//!   of them; the time is the mean of a call, validation of matrix and masses included.
//! - `pairs`: masses on common points, a row a measure. `euclidean`: `pairwise`, each pair with its
//!   certificate.
//! - `entropic`: two clouds with uniform masses. `median`: the cost that relative ε refers to.
//!   `solve EPSILON TOLERANCE`: squared Euclidean costs, from the points on.
//! - `line`: two samples on the line. `value P`, `full P`: the value of `W_p^p` alone, or plan
//!   and potentials, too; validation included.
//! - `points`: two clouds with masses, of which no table is made. `euclidean` or `sqeuclidean`: what
//!   `auto` does, from the points on.
//! - `network`: training steps, see `networks.rs`.

mod networks;

use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use deblais::cost::{Euclidean, SqEuclidean, point_costs};
use deblais::measure::DiscreteMeasure;
use deblais::pairwise::pairwise;
use deblais::problem::OtProblem;
use deblais::solvers::line::{Line, wasserstein_1d};
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn, typical_cost};
use deblais::solvers::{Method, Solution, Solver, Termination};
use ndarray::{Array1, Array2, Array3, ArrayView2, Axis};
use ndarray_npy::{ReadableElement, read_npy};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    // `cargo bench` adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [kind, folder] = arguments.as_slice() else {
        eprintln!("this is one side of a comparison: run benches/peers/run.sh");
        return ExitCode::SUCCESS;
    };
    match serve(kind, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(kind: &str, folder: &Path) -> Outcome<()> {
    match kind {
        "table" => answer(table(folder)?),
        "batch" => answer(batch(folder)?),
        "pairs" => answer(all_pairs(folder)?),
        "entropic" => answer(entropic(folder)?),
        "line" => answer(line(folder)?),
        "points" => answer(points(folder)?),
        "network" => answer(networks::network(folder)?),
        _ => Err(format!("no kind {kind}").into()),
    }
}

/// Turns requests into answers until stdin ends.
fn answer(mut reply: impl FnMut(&str) -> Outcome<Value>) -> Outcome<()> {
    let mut out = io::stdout();
    writeln!(out, "{}", json!({ "ready": true, "peak_rss_mib": peak_rss_mib() }))?;
    for request in io::stdin().lock().lines() {
        let answer = reply(&request?).unwrap_or_else(|e| json!({ "error": e.to_string() }));
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn table(folder: &Path) -> Outcome<impl Fn(&str) -> Outcome<Value>> {
    let source = DiscreteMeasure::new(read(folder, "x")?, read(folder, "a")?)?;
    let target = DiscreteMeasure::new(read(folder, "y")?, read(folder, "b")?)?;
    let problem = OtProblem::new(&source, &target, Euclidean)?.tabulated();
    Ok(move |request: &str| {
        if request == "name" {
            return Ok(json!({ "method": Method::Auto.solver(&problem).name() }));
        }
        let method = method(request)?;
        let start = Instant::now();
        let solver = method.solver(&problem);
        let solution = solver.solve(&problem, &mut ())?;
        let seconds = start.elapsed().as_secs_f64();
        judge(solver.name(), seconds, &problem, &solution)
    })
}

fn points(folder: &Path) -> Outcome<impl Fn(&str) -> Outcome<Value>> {
    let source = DiscreteMeasure::new(read(folder, "x")?, read(folder, "a")?)?;
    let target = DiscreteMeasure::new(read(folder, "y")?, read(folder, "b")?)?;
    Ok(move |request: &str| {
        let start = Instant::now();
        let problem = match request {
            "euclidean" => OtProblem::new(&source, &target, Euclidean)?,
            "sqeuclidean" => OtProblem::new(&source, &target, SqEuclidean)?,
            _ => return Err(format!("no cost {request}").into()),
        };
        let solver = Method::Auto.solver(&problem);
        let solution = solver.solve(&problem, &mut ())?;
        let seconds = start.elapsed().as_secs_f64();
        judge(solver.name(), seconds, &problem, &solution)
    })
}

fn batch(folder: &Path) -> Outcome<impl Fn(&str) -> Outcome<Value>> {
    let x: Array3<f64> = read_npy(folder.join("x.npy"))?;
    let y: Array3<f64> = read_npy(folder.join("y.npy"))?;
    let mass = Array1::from_elem(x.len_of(Axis(1)), 1.0 / x.len_of(Axis(1)) as f64);
    let tables = x
        .outer_iter()
        .zip(y.outer_iter())
        .map(|(x, y)| distances(x, y))
        .collect::<Outcome<Vec<Array2<f64>>>>()?;
    Ok(move |request: &str| {
        if request == "name" {
            let problem = OtProblem::new(&mass, &mass, &tables[0])?;
            return Ok(json!({ "method": Method::Auto.solver(&problem).name() }));
        }
        let (name, rounds) = request.split_once(' ').ok_or("which method, how many rounds?")?;
        let (method, rounds) = (method(name)?, rounds.parse::<u32>()?);
        let call = |entries: Array2<f64>| -> Outcome<(OtProblem<'static>, &'static str, Solution)> {
            let problem = OtProblem::new(&mass, &mass, entries)?;
            let solver = method.solver(&problem);
            let solution = solver.solve(&problem, &mut ())?;
            Ok((problem, solver.name(), solution))
        };
        let mut seconds = 0.0;
        for _ in 0..rounds {
            let round = tables.clone();
            let start = Instant::now();
            for entries in round {
                black_box(call(entries)?);
            }
            seconds += start.elapsed().as_secs_f64();
        }
        seconds /= f64::from(rounds) * tables.len() as f64;
        let (mut cost, mut gap, mut tight, mut iterations) = (0.0, 0.0_f64, true, 0);
        let mut names = Vec::new();
        for entries in &tables {
            let (problem, name, solution) = call(entries.clone())?;
            let certificate = solution.certify(&problem).certificate;
            cost += certificate.upper;
            gap = gap.max(certificate.relative_gap());
            tight &= certificate.is_optimal();
            iterations += solution.iterations;
            names.push(name);
        }
        names.dedup();
        Ok(json!({
            "method": names.join(", "),
            "seconds": seconds,
            "cost": cost / tables.len() as f64,
            "relative_gap": gap,
            "is_tight": tight,
            "iterations": iterations as f64 / tables.len() as f64,
        }))
    })
}

fn all_pairs(folder: &Path) -> Outcome<impl Fn(&str) -> Outcome<Value>> {
    let (points, masses): (Array2<f64>, Array2<f64>) = (read(folder, "x")?, read(folder, "a")?);
    let measures = masses
        .outer_iter()
        .map(|mass| Ok(DiscreteMeasure::new(points.clone(), mass.to_owned())?))
        .collect::<Outcome<Vec<_>>>()?;
    Ok(move |request: &str| {
        if request != "euclidean" {
            return Err(format!("no cost {request}").into());
        }
        let start = Instant::now();
        let distances = pairwise(&measures, Euclidean)?;
        let seconds = start.elapsed().as_secs_f64();
        let worst = distances.worst().ok_or("no pairs")?.certificate;
        let pairs = distances.found.len() as f64;
        Ok(json!({
            "seconds": seconds,
            "seconds_a_pair": seconds / pairs,
            "cost": distances.costs().sum() / 2.0 / pairs,
            "relative_gap": worst.relative_gap(),
            "is_tight": worst.is_optimal(),
            "method": "pairwise",
        }))
    })
}

fn line(folder: &Path) -> Outcome<impl Fn(&str) -> Outcome<Value>> {
    let (x, y): (Array1<f64>, Array1<f64>) = (read(folder, "x")?, read(folder, "y")?);
    Ok(move |request: &str| {
        let start = Instant::now();
        let (x, y) = (x.as_slice().ok_or("strided")?, y.as_slice().ok_or("strided")?);
        let column = |values: &[f64]| -> Outcome<DiscreteMeasure> {
            let column = ArrayView2::from_shape((values.len(), 1), values)?;
            Ok(DiscreteMeasure::uniform(column.to_owned())?)
        };
        let (value, p) = match request {
            "value 1" => (wasserstein_1d(x, y, 1.0)?, 1),
            "value 2" => (wasserstein_1d(x, y, 2.0)?, 2),
            "full 1" | "full 2" => {
                let (x, y) = (column(x)?, column(y)?);
                let problem = if request == "full 1" {
                    OtProblem::new(&x, &y, Euclidean)?
                } else {
                    OtProblem::new(&x, &y, SqEuclidean)?
                };
                let solution = Line.solve(&problem, &mut ())?;
                let seconds = start.elapsed().as_secs_f64();
                return judge(Line.name(), seconds, &problem, &solution);
            }
            _ => return Err(format!("no request {request}").into()),
        };
        let seconds = start.elapsed().as_secs_f64();
        Ok(json!({ "method": "wasserstein_1d", "seconds": seconds, "cost": value.powi(p) }))
    })
}

fn entropic(folder: &Path) -> Outcome<impl Fn(&str) -> Outcome<Value>> {
    let source = DiscreteMeasure::uniform(read(folder, "x")?)?;
    let target = DiscreteMeasure::uniform(read(folder, "y")?)?;
    Ok(move |request: &str| {
        if request == "median" {
            let problem = OtProblem::new(&source, &target, SqEuclidean)?;
            return Ok(json!({ "median": typical_cost(&problem) }));
        }
        let mut words = request.split(' ');
        let (Some("solve"), Some(epsilon), Some(tolerance)) =
            (words.next(), words.next(), words.next())
        else {
            return Err(format!("no request {request}").into());
        };
        let solver = Sinkhorn {
            epsilon: Epsilon::Absolute(epsilon.parse()?),
            tolerance: tolerance.parse()?,
            ..Sinkhorn::default()
        };
        let start = Instant::now();
        let problem = OtProblem::new(&source, &target, SqEuclidean)?;
        let answer = solver.solve(&problem)?;
        let seconds = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let certificate = answer.certify(&problem).certificate;
        let certificate_seconds = start.elapsed().as_secs_f64();
        Ok(json!({
            "seconds": seconds,
            "certificate_seconds": certificate_seconds,
            "error_reached": certificate.source_residual + certificate.target_residual,
            "lower": certificate.lower,
            "upper": certificate.upper,
            "relative_gap": certificate.relative_gap(),
            "iterations": answer.iterations,
            "products": answer.products,
            "peak_rss_mib": peak_rss_mib(),
        }))
    })
}

/// What there is to say about a solution, certified apart from the time it took.
fn judge(method: &str, seconds: f64, problem: &OtProblem, solution: &Solution) -> Outcome<Value> {
    if solution.termination != Termination::Optimal {
        return Err(format!("{method} ended with {}", solution.termination.name()).into());
    }
    let peak_rss_mib = peak_rss_mib();
    let start = Instant::now();
    let certificate = solution.certify(problem).certificate;
    let certificate_seconds = start.elapsed().as_secs_f64();
    Ok(json!({
        "method": method,
        "seconds": seconds,
        "certificate_seconds": certificate_seconds,
        "cost": certificate.upper,
        "gap": certificate.gap,
        "relative_gap": certificate.relative_gap(),
        "is_tight": certificate.is_optimal(),
        "iterations": solution.iterations,
        "peak_rss_mib": peak_rss_mib,
    }))
}

fn method(name: &str) -> Outcome<Method> {
    match name {
        "auto" => Ok(Method::Auto),
        "simplex" => Ok(Method::Simplex),
        "assignment" => Ok(Method::Assignment),
        _ => Err(format!("no method {name}").into()),
    }
}

fn distances(x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>) -> Outcome<Array2<f64>> {
    let source = DiscreteMeasure::uniform(x.to_owned())?;
    let target = DiscreteMeasure::uniform(y.to_owned())?;
    let cost = point_costs(&source, &target, Euclidean)?;
    Ok(Array2::from_shape_fn((cost.n(), cost.m()), |(i, j)| cost.at(i, j)))
}

fn read<T, D>(folder: &Path, name: &str) -> Outcome<ndarray::Array<T, D>>
where
    T: ReadableElement,
    D: ndarray::Dimension,
{
    Ok(read_npy(folder.join(name).with_extension("npy"))?)
}

/// The most memory this process has held so far; unknown where there is no `/proc`.
fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}
