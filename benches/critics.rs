//! Every kind of critic with its defaults on five pairs of samples: the tables of
//! `docs/notes/critics.md`, as Markdown.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --bench critics [-- KIND...]`. Errors are relative to the exact
//! distance; seconds are those of the process on the CPU (Linux) during the training. `-- pieces` is
//! another table: what lattices of ever more pieces estimate on the samples they were trained on
//! and on others of the same laws.

use std::fs;
use std::path::Path;

use deblais::cost::Euclidean;
use deblais::critic::{
    Critic, CriticError, Pairs, Regularizer, TrainCones, TrainLattice, TrainNetwork, Trained, judge,
};
use deblais::io::{InputPath, Table};
use deblais::measure::DiscreteMeasure;
use deblais::plan::TransportPlan;
use deblais::problem::OtProblem;
use deblais::solvers::Method;
use ndarray::{Array2, Axis, s};

fn read(path: &str) -> Array2<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    Table::read(&InputPath::from(path.as_path()))
        .and_then(Table::into_matrix)
        .expect("a file of this repository")
}

/// The points of `tests/it/critic/mod.rs`: scattered by sines, standard normal to the eye.
fn normal(n: usize, d: usize, phase: f64) -> Array2<f64> {
    let uniform = |k: usize| ((k as f64 * 12.9898 + phase).sin() * 43_758.545_3).rem_euclid(1.0);
    Array2::from_shape_fn((n, d), |(i, k)| {
        (0..12).map(|part| uniform(12 * (i * d + k) + part)).sum::<f64>() - 6.0
    })
}

fn cases() -> Vec<(&'static str, [Array2<f64>; 2])> {
    let files = |name: &str| ["P", "Q"].map(|s| read(&format!("tests/data/critic/{name}_{s}.csv")));
    let mut shifted = normal(512, 10, 2.5);
    shifted.column_mut(0).mapv_inplace(|x| x + 1.0);
    let digits = read("examples/data/digits.csv");
    let of = |label: f64| {
        let rows: Vec<usize> = (0..digits.nrows()).filter(|&i| digits[(i, 0)] == label).collect();
        digits.select(Axis(0), &rows).slice(s![.., 1..]).mapv(|pixel| pixel / 16.0)
    };
    vec![
        ("two Gaussians, 2-D", files("gauss2_256")),
        ("ring of eight, 2-D", files("ring8_512")),
        ("two rings, 2-D", files("rings2_256")),
        ("shifted Gaussians, 10-D", [normal(512, 10, 0.5), shifted]),
        ("digits, 64-D", [of(3.0), of(8.0)]),
    ]
}

/// Seconds on the CPU so far.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|t| t.parse::<f64>().ok());
    // User and system, in hundredths.
    ticks(11).zip(ticks(12)).map_or(f64::NAN, |(user, system)| (user + system) / 100.0)
}

/// One training, which may depend on the optimal plan.
fn row<C: Critic>(
    label: &str,
    train: impl Fn(&OtProblem, &TransportPlan) -> Result<Trained<C>, CriticError>,
    (name, points): &(&str, [Array2<f64>; 2]),
) {
    let sides = points.clone().map(|points| DiscreteMeasure::uniform(points).expect("finite"));
    let [source, target] = &sides;
    let problem = OtProblem::new(source, target, Euclidean).expect("one dimension");
    let solution = Method::Auto.solver(&problem).solve(&problem, &mut ()).expect("solvable");
    let certified = solution.certify(&problem);
    let (exact, plan) =
        (certified.certificate.upper, certified.plan.expect("a plan is solved for"));
    let start = cpu_seconds();
    let critic = train(&problem, &plan).expect("defaults train").critic;
    let seconds = cpu_seconds() - start;
    let verdict = judge(&critic, &problem).expect("the samples of the training");
    let error = |value: f64| 100.0 * (value / exact - 1.0);
    println!(
        "| `{label}` | {name} | {:+.3} % | {:.4} | {:.4} | {:+.3} % | {:+.3} % | {seconds:.1} |",
        error(verdict.estimate),
        verdict.lipschitz_pairs,
        verdict.lipschitz.bound,
        error(verdict.certified_lower),
        error(verdict.polished_lower),
    );
}

/// Lattices of ever more pieces.
fn pieces(cases: &[(&str, [Array2<f64>; 2])]) {
    let every_second =
        |points: &Array2<f64>, from: usize| points.slice(s![from..;2, ..]).to_owned();
    let [ring, gaussians, digits] = [&cases[1].1, &cases[3].1, &cases[4].1];
    let mut shifted = normal(4096, 10, 6.5);
    shifted.column_mut(0).mapv_inplace(|x| x + 1.0);
    let [half, other_half] = [0, 1].map(|from| digits.each_ref().map(|p| every_second(p, from)));
    let columns = [
        (ring, None),
        (gaussians, Some([normal(4096, 10, 4.5), shifted])),
        (&half, Some(other_half)),
    ];
    println!("| pieces | ring of eight | 10-D | held-out | half of the digits | held-out |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (groups, pieces) in [(16, 8), (64, 4), (128, 2), (256, 1), (512, 2)] {
        print!("| {groups} groups of {pieces} |");
        for (samples, held_out) in &columns {
            let measures = |points: &[Array2<f64>; 2]| {
                points.clone().map(|points| DiscreteMeasure::uniform(points).expect("finite"))
            };
            let [source, target] = measures(samples);
            let lattice = TrainLattice { groups, pieces, ..TrainLattice::default() };
            let problem = OtProblem::new(&source, &target, Euclidean).expect("one dimension");
            let critic = lattice.train(&problem).expect("it trains").critic;
            let exact = Method::Auto.solver(&problem).solve(&problem, &mut ()).expect("solvable");
            let exact = exact.certify(&problem).certificate.upper;
            let estimate = |source: &DiscreteMeasure, target: &DiscreteMeasure| {
                let mean = |side: &DiscreteMeasure| critic.values(side.support()).ok()?.mean();
                mean(source).zip(mean(target)).map_or(f64::NAN, |(high, low)| high - low)
            };
            print!(" {:+.3} % |", 100.0 * (estimate(&source, &target) / exact - 1.0));
            if let Some(held_out) = held_out {
                let [source, target] = measures(held_out);
                print!(" {:.2} |", estimate(&source, &target));
            }
        }
        println!();
    }
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    let cases = cases();
    if asked.iter().any(|asked| asked == "pieces") {
        return pieces(&cases);
    }
    println!("| kind | samples | estimate | pairs | bound | certified | polished | CPU s |");
    println!("|---|---|---:|---:|---:|---:|---:|---:|");
    for case in cases.iter().filter(|_| wanted("cones")) {
        let cones = TrainCones::default();
        row("cones", |problem, _| cones.train(problem), case);
    }
    for case in cases.iter().filter(|_| wanted("lattice")) {
        row("lattice", |problem, _| TrainLattice::default().train(problem), case);
    }
    for name in TrainNetwork::NAMES.into_iter().filter(|name| wanted(name)) {
        for case in &cases {
            let dim = case.1[0].ncols();
            let network = TrainNetwork::named(name, dim).expect("a name");
            row(name, |problem, _| network.train(problem), case);
        }
    }
    for case in cases[..2].iter().filter(|_| wanted("lp")) {
        let weak = Regularizer::GradientPenalty { lambda: 10.0, two_sided: false };
        let dim = case.1[0].ncols();
        row("lp, λ = 10", |problem, _| TrainNetwork::new(weak, dim).train(problem), case);
        let on = |plan: &TransportPlan| TrainNetwork {
            pairs: Pairs::Plan(plan.arcs().to_vec()),
            ..TrainNetwork::new(Regularizer::LP, dim)
        };
        row("lp on γ", |problem, plan| on(plan).train(problem), case);
    }
}
