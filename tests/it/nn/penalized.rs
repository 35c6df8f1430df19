//! Gradients of penalties on input gradients, alone and beside a loss.

use deblais::nn::{Activation, Init, Loss, Mlp, PenalizedTape, Real, Tape};
use deblais::seed::Seed;
use ndarray::{Array2, ArrayView2, s};

use super::{check_parameters, networks, points, shape};

/// A penalty and its derivative.
pub(crate) type Psi = fn(f64) -> (f64, f64);

/// Σ ψ(‖∇f(x)‖) by back-propagation once.
pub(crate) fn penalty(network: &Mlp<f64>, points: &Array2<f64>, psi: Psi) -> f64 {
    let mut tape = Tape::new(network, points.nrows());
    network.forward(points.view(), &mut tape);
    let gradients = network.input_gradient(&mut tape);
    gradients.rows().into_iter().map(|g| psi(g.dot(&g).sqrt()).0).sum()
}

/// Adds the penalty's gradient alone.
pub(crate) fn penalize<T: Real>(
    network: &Mlp<T>,
    points: ArrayView2<T>,
    psi: Psi,
    gradient: &mut [T],
    tape: &mut PenalizedTape<T>,
) -> f64 {
    let outputs = tape.forward(network, points.slice(s![..0, ..]), points);
    assert_eq!(outputs.dim(), (0, 1));
    tape.backward(network, Array2::zeros((0, 1)).view(), psi, gradient)
}

pub(crate) fn two_sided(norm: f64) -> (f64, f64) {
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
            // A workspace with room to spare, used before.
            let mut tape = PenalizedTape::new(&network, 0, 9);
            let mut gradient = vec![0.0; network.parameters().len()];
            penalize(&network, Array2::ones((9, 3)).view(), psi, &mut gradient, &mut tape);

            gradient.fill(0.0);
            let value = penalize(&network, points.view(), psi, &mut gradient, &mut tape);
            assert!((value - penalty(&network, &points, psi)).abs() < 1e-12);
            check_parameters(&network, &gradient, |moved| penalty(moved, &points, psi));

            let once = gradient.clone();
            penalize(&network, points.view(), psi, &mut gradient, &mut tape);
            for (twice, once) in gradient.iter().zip(once) {
                assert!((twice - 2.0 * once).abs() <= 1e-13 * once.abs().max(1.0), "added");
            }
        }
    }
}

/// A batch of each size, whose blocks are several, unequal and partly unused: the sum of what
/// single points contribute, each on tapes of its own.
#[test]
fn a_step_is_the_sum_of_its_points() {
    let mut stream = Seed(15).stream("points");
    let mut draw = |rows: usize| Array2::from_shape_simple_fn((rows, 3), || stream.normal());
    let (many, others) = (draw(300), draw(290));
    for network in networks(1) {
        let size = network.parameters().len();
        let mut tape = PenalizedTape::new(&network, 300, 290);
        for (losses, penalties) in [(300, 290), (129, 128), (1, 257), (5, 0), (0, 2), (0, 0)] {
            let (y, x) = (many.slice(s![..losses, ..]), others.slice(s![..penalties, ..]));
            let mut gradient = vec![0.0; size];
            let outputs = tape.forward(&network, y, x).to_owned();
            assert_eq!(outputs, tape.outputs());
            let mut by_outputs = Array2::zeros((losses, 1));
            if losses > 0 {
                let flat = by_outputs.as_slice_mut().unwrap();
                Loss::CrossEntropy.real(outputs.as_slice().unwrap(), flat);
            }
            let value = tape.backward(&network, by_outputs.view(), two_sided, &mut gradient);

            let (mut expected, mut sum) = (vec![0.0; size], 0.0);
            let mut alone = Tape::new(&network, 1);
            for (k, y) in y.rows().into_iter().enumerate() {
                let output = network.forward(y.insert_axis(ndarray::Axis(0)), &mut alone);
                assert!((output[[0, 0]] - outputs[[k, 0]]).abs() < 1e-13);
                network.backward(by_outputs.slice(s![k..=k, ..]), &mut alone, &mut expected);
            }
            let mut alone = PenalizedTape::new(&network, 0, 1);
            for x in x.rows() {
                let x = x.insert_axis(ndarray::Axis(0));
                sum += penalize(&network, x, two_sided, &mut expected, &mut alone);
            }
            // Sums of 590 terms whose sizes are at most some tens, in another order.
            assert!((value - sum).abs() < 1e-11);
            for (found, expected) in gradient.iter().zip(&expected) {
                let error = (found - expected).abs();
                let shape = shape(&network);
                assert!(error < 1e-11 * expected.abs().max(1.0), "{shape:?}: {found}, {expected}");
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
    let mut tape = PenalizedTape::new(&network, 0, 7);
    let mut gradient = vec![0.0; 4];
    let value = penalize(&network, points().view(), two_sided, &mut gradient, &mut tape);
    assert_eq!(value, 7.0 * 4.0);
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
    let mut tape = PenalizedTape::new(&network, 0, 7);
    let mut gradient = vec![0.0; network.parameters().len()];
    // ψ(0) = 1 for each of seven points, and no direction to go.
    let value = penalize(&network, points().view(), two_sided, &mut gradient, &mut tape);
    assert_eq!(value, 7.0);
    assert!(gradient.iter().all(|&g| g == 0.0), "{gradient:?}");
}

#[test]
fn single_precision_agrees_with_double() {
    for network in networks(1) {
        let narrow = network.cast::<f32>();
        let mut wide_gradient = vec![0.0; network.parameters().len()];
        let mut narrow_gradient = vec![0.0; network.parameters().len()];
        let mut tape = PenalizedTape::new(&network, 0, 7);
        penalize(&network, points().view(), square, &mut wide_gradient, &mut tape);
        let mut tape = PenalizedTape::new(&narrow, 0, 7);
        let points = points().mapv(f32::of);
        penalize(&narrow, points.view(), square, &mut narrow_gradient, &mut tape);
        let size = wide_gradient.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
        for (wide, narrow) in wide_gradient.iter().zip(narrow_gradient) {
            // Some ten roundings of f32 in a row, seven points added up.
            assert!((wide - f64::from(narrow)).abs() <= 1e-5 * size, "{narrow} for {wide}");
        }
    }
}

#[test]
#[should_panic(expected = "8 points of a penalty where there is room for 7")]
fn more_points_than_there_is_room_for_are_refused() {
    let network = &networks(1)[0];
    let points = Array2::zeros((8, 3));
    PenalizedTape::new(network, 9, 7).forward(network, points.view(), points.view());
}

#[test]
#[should_panic(expected = "a gradient is that of a scalar")]
fn vectors_have_no_penalty() {
    let network = &networks(2)[0];
    let mut tape = PenalizedTape::new(network, 0, 1);
    tape.forward(network, Array2::zeros((0, 3)).view(), Array2::zeros((1, 3)).view());
    tape.backward(network, Array2::zeros((0, 2)).view(), two_sided, &mut []);
}
