//! Gradients of penalties on input gradients.

use deblais::nn::{Activation, DoubleTape, Init, Mlp, Real, Tape};
use deblais::seed::Seed;
use ndarray::Array2;

use super::{check_parameters, networks, points};

/// A penalty and its derivative.
type Psi = fn(f64) -> (f64, f64);

/// Σ ψ(‖∇f(x)‖) by back-propagation once.
fn penalty(network: &Mlp<f64>, points: &Array2<f64>, psi: Psi) -> f64 {
    let mut tape = Tape::new(network, points.nrows());
    network.forward(points.view(), &mut tape);
    let gradients = network.input_gradient(&mut tape);
    gradients.rows().into_iter().map(|g| psi(g.dot(&g).sqrt()).0).sum()
}

fn two_sided(norm: f64) -> (f64, f64) {
    ((norm - 1.0).powi(2), 2.0 * (norm - 1.0))
}

/// One-sided with a kink that no norm below meets.
fn one_sided(norm: f64) -> (f64, f64) {
    let excess = (norm - 0.3).max(0.0);
    (10.0 * excess * excess, 20.0 * excess)
}

fn square(norm: f64) -> (f64, f64) {
    (norm * norm, 2.0 * norm)
}

#[test]
fn penalty_gradients_are_the_differences_of_penalties() {
    let points = points();
    for psi in [two_sided, one_sided, square as Psi] {
        for network in networks(1) {
            // Workspaces with room to spare, used before.
            let (mut tape, mut double) = (Tape::new(&network, 9), DoubleTape::new(&network, 9));
            let mut gradient = vec![0.0; network.parameters().len()];
            network.forward(Array2::ones((9, 3)).view(), &mut tape);
            double.penalise(&network, &mut tape, psi, &mut gradient);

            gradient.fill(0.0);
            network.forward(points.view(), &mut tape);
            let value = double.penalise(&network, &mut tape, psi, &mut gradient);
            assert!((value - penalty(&network, &points, psi)).abs() < 1e-12);
            check_parameters(&network, &gradient, |moved| penalty(moved, &points, psi));

            let once = gradient.clone();
            network.forward(points.view(), &mut tape);
            double.penalise(&network, &mut tape, psi, &mut gradient);
            for (twice, once) in gradient.iter().zip(once) {
                assert!((twice - 2.0 * once).abs() <= 1e-13 * once.abs().max(1.0), "added");
            }
        }
    }
}

/// f(x) = w·x: P = n ψ(‖w‖), so its gradient is n ψ'(‖w‖) w/‖w‖.
#[test]
fn a_linear_function_has_a_closed_form() {
    let layers = [(1, Activation::Identity)];
    let mut network = Mlp::new(3, &layers, Init::He, &mut Seed(1).stream("w")).unwrap();
    network.parameters_mut().copy_from_slice(&[2.0, -1.0, 2.0, 7.0]);
    let (mut tape, mut double) = (Tape::new(&network, 7), DoubleTape::new(&network, 7));
    network.forward(points().view(), &mut tape);
    let mut gradient = vec![0.0; 4];
    assert_eq!(double.penalise(&network, &mut tape, two_sided, &mut gradient), 7.0 * 4.0);
    // ψ'(3) = 4.
    let expected = [2.0, -1.0, 2.0, 0.0].map(|w| 7.0 * 4.0 * w / 3.0);
    for (found, expected) in gradient.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-13, "{found} for {expected}");
    }
}

#[test]
fn where_the_gradient_vanishes_nothing_becomes_nan() {
    let layers = [(4, Activation::Tanh), (1, Activation::Identity)];
    let mut network = Mlp::new(3, &layers, Init::He, &mut Seed(1).stream("w")).unwrap();
    network.weights_mut(1).fill(0.0);
    let (mut tape, mut double) = (Tape::new(&network, 7), DoubleTape::new(&network, 7));
    network.forward(points().view(), &mut tape);
    let mut gradient = vec![0.0; network.parameters().len()];
    // ψ(0) = 1 for each of seven points, and no direction to go.
    assert_eq!(double.penalise(&network, &mut tape, two_sided, &mut gradient), 7.0);
    assert!(gradient.iter().all(|&g| g == 0.0), "{gradient:?}");
}

#[test]
fn single_precision_agrees_with_double() {
    for network in networks(1) {
        let narrow = network.cast::<f32>();
        let mut wide_gradient = vec![0.0; network.parameters().len()];
        let mut narrow_gradient = vec![0.0; network.parameters().len()];
        let mut tape = Tape::new(&network, 7);
        network.forward(points().view(), &mut tape);
        DoubleTape::new(&network, 7).penalise(&network, &mut tape, square, &mut wide_gradient);
        let mut tape = Tape::new(&narrow, 7);
        narrow.forward(points().mapv(f32::of).view(), &mut tape);
        DoubleTape::new(&narrow, 7).penalise(&narrow, &mut tape, square, &mut narrow_gradient);
        let size = wide_gradient.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
        for (wide, narrow) in wide_gradient.iter().zip(narrow_gradient) {
            // Some ten roundings of f32 in a row, seven points added up.
            assert!((wide - f64::from(narrow)).abs() <= 1e-5 * size, "{narrow} for {wide}");
        }
    }
}
