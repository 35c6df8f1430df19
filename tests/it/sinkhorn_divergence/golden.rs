//! The Sinkhorn divergence and its terms as OTT-JAX and POT have them
//! (`tests/data/sinkhorn/divergence.py` made the values).

use deblais::cost::{Cityblock, Euclidean, GroundCost, SqEuclidean};
use deblais::measure::DiscreteMeasure;
use deblais::solvers::sinkhorn::{Epsilon, Sinkhorn, SinkhornDivergence};
use ndarray::Array2;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The measures of `golden.json`.
fn measures() -> [DiscreteMeasure; 2] {
    let golden: Value =
        serde_json::from_str(include_str!("../../data/sinkhorn/golden.json")).unwrap();
    [("x", "a"), ("y", "b")].map(|(points, masses)| {
        let rows: Vec<f64> = golden[points].as_array().unwrap().iter().flat_map(numbers).collect();
        let support = Array2::from_shape_vec((rows.len() / 2, 2), rows).unwrap();
        DiscreteMeasure::new(support, numbers(&golden[masses]).into()).unwrap()
    })
}

fn divergence<G: Into<GroundCost>>(ground: G, epsilon: f64) -> SinkhornDivergence {
    let epsilon = Epsilon::Absolute(epsilon);
    let solver = Sinkhorn { epsilon, tolerance: 1e-12, ..Sinkhorn::default() };
    let [x, y] = measures();
    solver.divergence(&x, &y, ground).unwrap()
}

#[test]
fn values_and_terms_equal_those_of_ott_and_pot() {
    let golden: Value =
        serde_json::from_str(include_str!("../../data/sinkhorn/divergence.json")).unwrap();
    let answers = golden["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 9);
    for expected in answers {
        let number = |name: &str| expected[name].as_f64().unwrap();
        let epsilon = number("epsilon");
        let found = match expected["cost"].as_str().unwrap() {
            "sqeuclidean" => divergence(SqEuclidean, epsilon),
            "euclidean" => divergence(Euclidean, epsilon),
            "cityblock" => divergence(Cityblock, epsilon),
            other => panic!("no cost {other}"),
        };
        for (name, have) in [
            ("value", found.value),
            ("cross", found.cross.entropic_cost),
            ("source", found.source.entropic_cost),
            ("target", found.target.entropic_cost),
        ] {
            assert!((have - number(name)).abs() <= 1e-10, "{name} {have}: {expected}");
        }
    }
}
