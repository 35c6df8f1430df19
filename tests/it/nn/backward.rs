//! Gradients by the parameters and by the inputs.

use deblais::nn::{Mlp, Tape};
use deblais::seed::Seed;
use ndarray::{Array1, Array2, s};

use super::{ALLOWED, H, check_parameters, networks, points, shape};

/// Weights of the outputs in the scalar that is differentiated.
fn weights(outputs: usize) -> Array2<f64> {
    let mut stream = Seed(13).stream("weights");
    Array2::from_shape_simple_fn((7, outputs), || stream.normal())
}

pub(crate) fn weighted(network: &Mlp<f64>, points: &Array2<f64>, weights: &Array2<f64>) -> f64 {
    (network.evaluate(points.view()) * weights).sum()
}

pub(crate) fn check_inputs(
    points: &Array2<f64>,
    found: &Array2<f64>,
    value: impl Fn(&Array2<f64>) -> f64,
) {
    for (index, &found) in found.indexed_iter() {
        let at = |h: f64| {
            let mut moved = points.clone();
            moved[index] += h;
            value(&moved)
        };
        let slope = (at(H) - at(-H)) / (2.0 * H);
        assert!((found - slope).abs() <= ALLOWED * slope.abs().max(1.0), "{found} for {slope}");
    }
}

#[test]
fn gradients_are_the_differences_of_values() {
    let (points, weights) = (points(), weights(2));
    for network in networks(2) {
        // A tape with room to spare, used before.
        let mut tape = Tape::new(&network, 10);
        network.forward(Array2::ones((10, 3)).view(), &mut tape);
        network.forward(points.view(), &mut tape);
        let mut gradient = vec![0.0; network.parameters().len()];
        let by_inputs =
            network.backward_to_inputs(weights.view(), &mut tape, &mut gradient).to_owned();
        check_parameters(&network, &gradient, |moved| weighted(moved, &points, &weights));
        check_inputs(&points, &by_inputs, |moved| weighted(&network, moved, &weights));

        assert_eq!(by_inputs, network.pull_back(weights.view(), &mut tape));
        let mut alone = vec![0.0; gradient.len()];
        network.backward(weights.view(), &mut tape, &mut alone);
        assert_eq!(alone, gradient, "the parameters' gradient does not depend on who asks");
        network.backward(weights.view(), &mut tape, &mut alone);
        for (twice, once) in alone.iter().zip(gradient) {
            assert!((twice - 2.0 * once).abs() <= 1e-13, "gradients are added to what is there");
        }
    }
}

#[test]
fn input_gradients_are_those_of_scalars() {
    let points = points();
    for network in networks(1) {
        let mut tape = Tape::new(&network, 7);
        network.forward(points.view(), &mut tape);
        let gradient = network.input_gradient(&mut tape).to_owned();
        check_inputs(&points, &gradient, |moved| network.evaluate(moved.view()).sum());
    }
}

#[test]
fn a_batch_is_its_rows() {
    // More than one block of `evaluate`, the last one short, and a strided view.
    let mut stream = Seed(14).stream("points");
    let many = Array2::from_shape_simple_fn((3, 2 * 300), || stream.normal());
    let points = many.slice(s![.., ..;2]).reversed_axes();
    for network in networks(2) {
        let outputs = network.evaluate(points);
        assert_eq!(outputs.dim(), (300, 2));
        for (x, y) in points.rows().into_iter().zip(outputs.rows()) {
            let alone = network.evaluate(x.insert_axis(ndarray::Axis(0)));
            let worst = (&alone.row(0) - &y).fold(0.0, |worst: f64, e| worst.max(e.abs()));
            // Sums of at most eight terms of size 1 in another order, through four layers.
            assert!(worst < 1e-13, "{:?}: {worst:e}", shape(&network));
        }
    }
    assert_eq!(networks(2)[0].evaluate(Array2::zeros((0, 3)).view()).dim(), (0, 2));
}

#[test]
fn one_layer_is_affine() {
    let mut network = networks(2).pop().unwrap();
    let x = points();
    let by_hand = (x.dot(&network.weights(0)) + network.bias(0)).mapv(f64::tanh);
    assert!((network.evaluate(x.view()) - by_hand).iter().all(|e| e.abs() < 1e-15));
    network.weights_mut(0).fill(0.0);
    network.bias_mut(0).assign(&Array1::from(vec![0.0, 1.0]));
    assert_eq!(network.parameters(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
#[should_panic(expected = "inputs of other coordinates")]
fn one_coordinate_is_not_taken_for_three() {
    let network = &networks(2)[0];
    network.forward(Array2::zeros((4, 1)).view(), &mut Tape::new(network, 4));
}

#[test]
#[should_panic(expected = "the gradient by the outputs has another shape")]
fn one_derivative_is_not_taken_for_all_rows() {
    let network = &networks(2)[0];
    let mut tape = Tape::new(network, 4);
    network.forward(Array2::zeros((4, 3)).view(), &mut tape);
    network.pull_back(Array2::zeros((1, 2)).view(), &mut tape);
}
