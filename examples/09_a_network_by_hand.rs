//! A network learns a function of one variable, with gradients that were derived by hand: Adam on
//! single-precision batches, then the error in double precision between the points it has seen.

use std::f64::consts::TAU;

use deblais::nn::{Activation, Init, Mlp, Optimizer, Rule, Schedule, Tape};
use deblais::seed::Seed;
use ndarray::Array2;

const STEPS: u64 = 4000;
const BATCH: usize = 128;

/// A wave whose frequency grows.
fn wave(x: f64) -> f64 {
    (TAU * x * (1.0 + x)).sin()
}

/// The root mean square error on a fine grid of [0, 1].
fn error(network: &Mlp<f32>) -> f64 {
    let grid = Array2::from_shape_fn((1001, 1), |(k, _)| k as f64 / 1000.0);
    let difference = network.cast::<f64>().evaluate(grid.view()) - grid.mapv(wave);
    (difference.mapv(|e| e * e).sum() / 1001.0).sqrt()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = Seed(1);
    let layers = [(64, Activation::Tanh), (64, Activation::Tanh), (1, Activation::Identity)];
    let mut network = Mlp::<f32>::new(1, &layers, Init::Glorot, &mut seed.stream("weights"))?;
    let mut optimizer = Optimizer::new(Rule::ADAM, network.parameters().len());
    let mut tape = Tape::new(&network, BATCH);
    let mut gradient = vec![0.0; network.parameters().len()];
    let mut points = seed.stream("points");

    let before = error(&network);
    println!("{:>6}{:>12}", "step", "error");
    println!("{:>6}{before:>12.6}", 0);
    for step in 0..STEPS {
        let x = Array2::from_shape_simple_fn((BATCH, 1), || points.uniform());
        let y = x.mapv(|x| wave(x) as f32);
        // The mean of (f(x) − y)²/2 has the derivative (f(x) − y)/n.
        let outputs = network.forward(x.mapv(|x| x as f32).view(), &mut tape);
        let by_outputs = (&outputs - &y) / BATCH as f32;
        gradient.fill(0.0);
        network.backward(by_outputs.view(), &mut tape, &mut gradient);
        let rate = 5e-3 * Schedule::Cosine.factor(step, STEPS);
        optimizer.step(network.parameters_mut(), &gradient, rate);
        if (step + 1) % 1000 == 0 {
            println!("{:>6}{:>12.6}", step + 1, error(&network));
        }
    }
    let after = error(&network);
    assert!(before > 0.5 && after < 5e-3, "the wave is learnt: {before} fell to {after}");
    Ok(())
}
