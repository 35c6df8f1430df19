//! Networks: every derivative against finite differences, and the steps made of them.

mod backward;
mod convolution;
mod penalized;
mod repeatable;

use deblais::nn::{Activation, Init, Mlp};
use deblais::seed::Seed;
use ndarray::Array2;

/// Every activation, and a width that its groups divide.
const ACTIVATIONS: [(Activation, usize); 9] = [
    (Activation::Identity, 5),
    (Activation::Relu, 7),
    (Activation::LeakyRelu { slope: 0.2 }, 7),
    (Activation::Tanh, 5),
    (Activation::Softplus, 5),
    (Activation::Sigmoid, 5),
    (Activation::MaxMin, 6),
    (Activation::GroupSort { size: 3 }, 6),
    (Activation::GroupSort { size: 8 }, 8),
];

/// Half the distance of central differences: their truncation and their rounding are both near
/// 1e-10 then. Kinks are rarely that near; a draw that met one would fail.
const H: f64 = 1e-5;

/// What the difference of a derivative and its central difference may be.
const ALLOWED: f64 = 1e-8;

/// Networks of each activation with one and two hidden layers, and two that mix smooth layers with
/// the others above and below.
fn networks(outputs: usize) -> Vec<Mlp<f64>> {
    let top = (outputs, Activation::Identity);
    let mut shapes = vec![
        vec![(6, Activation::Tanh), (6, Activation::GroupSort { size: 3 }), top],
        vec![(6, Activation::MaxMin), (5, Activation::Softplus), (4, Activation::Relu), top],
    ];
    for (activation, width) in ACTIVATIONS {
        shapes.push(vec![(width, activation), top]);
        shapes.push(vec![(width, activation), (width, activation), top]);
    }
    // Smooth at the very top, where probabilities are.
    shapes.push(vec![(5, Activation::Relu), (outputs, Activation::Sigmoid)]);
    shapes.push(vec![(outputs, Activation::Tanh)]);
    let mut stream = Seed(11).stream("networks");
    let build = |shape: Vec<_>| {
        let mut network = Mlp::new(3, &shape, Init::Glorot, &mut stream).unwrap();
        for layer in 0..network.depth() {
            network.bias_mut(layer).mapv_inplace(|_| 0.5 * stream.normal());
        }
        network
    };
    shapes.into_iter().map(build).collect()
}

/// An odd number of points.
fn points() -> Array2<f64> {
    let mut stream = Seed(12).stream("points");
    Array2::from_shape_simple_fn((7, 3), || stream.normal())
}

fn shape(network: &Mlp<f64>) -> Vec<Activation> {
    (0..network.depth()).map(|layer| network.activation(layer)).collect()
}

/// Checks a gradient by the parameters of `value`.
fn check_parameters(network: &Mlp<f64>, gradient: &[f64], value: impl Fn(&Mlp<f64>) -> f64) {
    for (k, found) in gradient.iter().enumerate() {
        let at = |h: f64| {
            let mut moved = network.clone();
            moved.parameters_mut()[k] += h;
            value(&moved)
        };
        let slope = (at(H) - at(-H)) / (2.0 * H);
        let (error, shape) = ((found - slope).abs(), shape(network));
        assert!(error <= ALLOWED * slope.abs().max(1.0), "{shape:?} {k}: {found} for {slope}");
    }
}
