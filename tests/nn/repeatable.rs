//! The same seed, the same bits; and shapes that are refused.

use deblais::nn::{
    Activation, DoubleTape, Init, Loss, Mlp, Optimizer, Real, Rule, ShapeError, Tape,
};
use deblais::seed::Seed;
use ndarray::Array2;

/// A critic between two normal clouds after twenty steps of Adam, penalty included.
fn trained(seed: u64) -> Mlp<f32> {
    let mut draws = Seed(seed).stream("clouds");
    let layers = [(32, Activation::MaxMin), (32, Activation::MaxMin), (1, Activation::Identity)];
    let mut critic =
        Mlp::new(2, &layers, Init::Orthogonal, &mut Seed(seed).stream("critic")).unwrap();
    let (mut tape, mut double) = (Tape::new(&critic, 64), DoubleTape::new(&critic, 64));
    let mut optimizer = Optimizer::new(Rule::ADAM, critic.parameters().len());
    let mut gradient = vec![0.0; critic.parameters().len()];
    let mut derivative = Array2::zeros((64, 1));
    for _ in 0..20 {
        gradient.fill(0.0);
        for (loss, shift) in
            [(Loss::real as fn(_, &[f32], &mut [f32]) -> f64, 0.0), (Loss::fake, 2.0)]
        {
            let cloud = Array2::from_shape_simple_fn((64, 2), || f32::of(draws.normal() + shift));
            let outputs = critic.forward(cloud.view(), &mut tape).to_owned();
            let flat = derivative.as_slice_mut().unwrap();
            loss(Loss::Wasserstein, outputs.as_slice().unwrap(), flat);
            critic.backward(derivative.view(), &mut tape, &mut gradient);
            let psi = |norm: f64| ((norm - 1.0).powi(2) / 64.0, 2.0 * (norm - 1.0) / 64.0);
            double.penalise(&critic, &mut tape, psi, &mut gradient);
        }
        optimizer.step(critic.parameters_mut(), &gradient, 1e-3);
    }
    critic
}

#[test]
fn the_same_seed_trains_the_same_network() {
    let bits = |seed| trained(seed).parameters().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(1), bits(1));
    assert_ne!(bits(1), bits(2));
}

#[test]
fn shapes_that_make_no_network_are_refused() {
    let build = |inputs, layers: &[(usize, Activation)]| {
        Mlp::<f32>::new(inputs, layers, Init::He, &mut Seed(1).stream("w")).map(|_| ())
    };
    let relu = Activation::Relu;
    assert_eq!(build(2, &[]), Err(ShapeError::NoLayers));
    let error = ShapeError::EmptyLayer { layer: 0, inputs: 0, outputs: 3 };
    assert_eq!(build(0, &[(3, relu)]), Err(error));
    let error = ShapeError::EmptyLayer { layer: 1, inputs: 3, outputs: 0 };
    assert_eq!(build(2, &[(3, relu), (0, relu)]), Err(error));
    let error = build(2, &[(5, Activation::MaxMin)]).unwrap_err();
    assert_eq!(error, ShapeError::Groups { layer: 0, outputs: 5, size: 2 });
    assert_eq!(error.hint(), "a width of 6 would do");
    let error = build(2, &[(5, Activation::GroupSort { size: 0 })]).unwrap_err();
    assert_eq!(error, ShapeError::Groups { layer: 0, outputs: 5, size: 0 });
}

#[test]
fn another_precision_is_the_same_network() {
    let network = trained(3);
    assert_eq!(network.cast::<f64>().cast::<f32>(), network);
}
