//! Values of scipy and POT (`tests/data/divergence/golden.py` made them).

use deblais::divergence::{
    FDivergence, energy, kl_nearest_neighbors, median_bandwidth, mmd, mmd_unbiased,
};
use deblais::measure::DiscreteMeasure;
use deblais::solvers::line::{sliced_wasserstein, wasserstein_1d_weighted};
use ndarray::Array2;
use serde_json::Value;

fn golden(part: &str) -> Vec<Value> {
    let golden: Value =
        serde_json::from_str(include_str!("../../data/divergence/golden.json")).unwrap();
    golden[part].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Rows of numbers, or a column.
fn points(value: &Value) -> Array2<f64> {
    let rows = value.as_array().unwrap();
    let cells: Vec<f64> = rows
        .iter()
        .flat_map(|row| if row.is_array() { numbers(row) } else { vec![row.as_f64().unwrap()] })
        .collect();
    Array2::from_shape_vec((rows.len(), cells.len() / rows.len()), cells).unwrap()
}

fn close(found: f64, case: &Value, name: &str) {
    let expected = case.pointer(name).and_then(Value::as_f64).unwrap();
    assert!(
        (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "{name}: {found} {expected}"
    );
}

#[test]
fn histograms_are_as_scipy_has_them() {
    for case in golden("histograms") {
        let (p, q) = (numbers(&case["p"]), numbers(&case["q"]));
        close(FDivergence::KullbackLeibler.between(&p, &q), &case, "/kl");
        close(FDivergence::ReverseKullbackLeibler.between(&p, &q), &case, "/kl_reverse");
        close(FDivergence::JensenShannon.between(&p, &q), &case, "/js");
    }
}

#[test]
fn samples_on_the_line_are_as_scipy_has_them() {
    for case in golden("line") {
        let masses = |name: &str| {
            let masses = numbers(&case[name]);
            let total: f64 = masses.iter().sum();
            masses.iter().map(|w| w / total).collect::<Vec<_>>()
        };
        let (x, y, a, b) = (numbers(&case["x"]), numbers(&case["y"]), masses("a"), masses("b"));
        close(wasserstein_1d_weighted((&x, &a), (&y, &b), 1.0).unwrap(), &case, "/w1");
        let p = DiscreteMeasure::new(points(&case["x"]), a.into()).unwrap();
        let q = DiscreteMeasure::new(points(&case["y"]), b.into()).unwrap();
        close(energy(&p, &q).unwrap().value, &case, "/energy");
    }
}

#[test]
fn samples_in_space_are_as_pot_and_numpy_have_them() {
    for case in golden("plane") {
        let weighted = |x: &str, a: &str| {
            DiscreteMeasure::new(points(&case[x]), numbers(&case[a]).into()).unwrap()
        };
        let (p, q) = (weighted("x", "a"), weighted("y", "b"));
        let directions = points(&case["projections"]);
        for (order, name) in [(1.0, "/sliced/1"), (2.0, "/sliced/2")] {
            close(sliced_wasserstein(&p, &q, order, directions.view()).unwrap(), &case, name);
        }
        let sigma = case["sigma"].as_f64().unwrap();
        close(mmd(&p, &q, sigma).unwrap(), &case, "/mmd_v");
        close(energy(&p, &q).unwrap().value, &case, "/energy");
        let x = DiscreteMeasure::uniform(points(&case["x"])).unwrap();
        let y = DiscreteMeasure::uniform(points(&case["y"])).unwrap();
        close(kl_nearest_neighbors(&x, &y, 3).unwrap(), &case, "/kl_knn");
        close(mmd_unbiased(&x, &y, sigma).unwrap().value, &case, "/mmd");
        // Of an even number of distances numpy takes the mean of the middle two.
        assert!((median_bandwidth(&x, &y).unwrap() / sigma - 1.0).abs() < 0.01);
    }
}
