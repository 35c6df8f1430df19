//! A network learns a function of one variable, with gradients that were derived by hand: Adam on
//! single-precision batches, then the error in double precision between the points it has seen.

use std::f64::consts::PI;

use deblais::nn::{Activation, Init, Mlp, Optimizer, Real, Rule, Schedule, Tape};
use deblais::seed::Seed;
use ndarray::Array2;

const STEPS: u64 = 3000;
const BATCH: usize = 128;

/// A wave whose frequency grows, on [−1, 1].
fn wave(x: f64) -> f64 {
    (PI * x * (1.5 + x)).sin()
}

/// The root mean square error on a fine grid of [−1, 1].
fn error(network: &Mlp<f32>) -> f64 {
    let grid = Array2::from_shape_fn((1001, 1), |(k, _)| k as f64 / 500.0 - 1.0);
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
        let x = Array2::from_shape_simple_fn((BATCH, 1), || 2.0 * points.uniform() - 1.0);
        let y = x.mapv(|x| f32::of(wave(x)));
        // The mean of (f(x) − y)²/2 has the derivative (f(x) − y)/n.
        let outputs = network.forward(x.mapv(f32::of).view(), &mut tape);
        let by_outputs = (&outputs - &y) / BATCH as f32;
        gradient.fill(0.0);
        network.backward(by_outputs.view(), &mut tape, &mut gradient);
        let rate = 1e-2 * Schedule::Cosine.factor(step, STEPS);
        optimizer.step(network.parameters_mut(), &gradient, rate);
        if (step + 1) % 1000 == 0 {
            println!("{:>6}{:>12.6}", step + 1, error(&network));
        }
    }
    let after = error(&network);
    assert!(before > 0.5 && after < 0.02, "the wave is learnt: {before} fell to {after}");
    Ok(())
}
