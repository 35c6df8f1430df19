//! The same seed, the same bits; and shapes that are refused.

use deblais::nn::{
    Activation, Init, Loss, Mlp, Optimizer, PenalizedTape, Real, Rule, ShapeError, Tape,
};
use deblais::seed::{Seed, Stream};
use ndarray::{Array2, s};
use rayon::ThreadPoolBuilder;

fn cloud(rows: usize, shift: f64, draws: &mut Stream) -> Array2<f32> {
    Array2::from_shape_simple_fn((rows, 2), || f32::of(draws.normal() + shift))
}

/// A critic between two normal clouds after ten steps of Adam, penalty included. The batches fill
/// several blocks, the weights several panels, and the activation is a smooth one, which takes
/// every pass there is, or a sort.
fn trained(seed: u64, activation: Activation) -> Mlp<f32> {
    let mut draws = Seed(seed).stream("clouds");
    let layers = [(136, activation), (264, activation), (1, Activation::Identity)];
    let mut critic =
        Mlp::new(2, &layers, Init::Orthogonal, &mut Seed(seed).stream("critic")).unwrap();
    let mut tape = PenalizedTape::new(&critic, 600, 300);
    let mut optimizer = Optimizer::new(Rule::ADAM, critic.parameters().len());
    let mut gradient = vec![0.0; critic.parameters().len()];
    let mut by_outputs = Array2::zeros((600, 1));
    let psi = |norm: f64| ((norm - 1.0).powi(2) / 300.0, 2.0 * (norm - 1.0) / 300.0);
    for _ in 0..10 {
        let mut points = cloud(600, 0.0, &mut draws);
        points.slice_mut(s![300.., ..]).map_inplace(|x| *x += 2.0);
        let between = cloud(300, 1.0, &mut draws);
        let outputs = tape.forward(&critic, points.view(), between.view());
        let outputs = outputs.as_slice().unwrap();
        let (real, fake) = by_outputs.as_slice_mut().unwrap().split_at_mut(300);
        Loss::CrossEntropy.real(&outputs[..300], real);
        Loss::CrossEntropy.fake(&outputs[300..], fake);
        gradient.fill(0.0);
        tape.backward(&critic, by_outputs.view(), psi, &mut gradient);
        optimizer.step(critic.parameters_mut(), &gradient, 1e-3);
    }
    critic
}

/// A generator after five steps against a fixed critic.
fn generated(seed: u64) -> Mlp<f32> {
    let critic = trained(seed, Activation::LeakyRelu { slope: 0.2 });
    let mut draws = Seed(seed).stream("noise");
    let layers = [(200, Activation::Tanh), (140, Activation::MaxMin), (2, Activation::Identity)];
    let mut generator = Mlp::new(2, &layers, Init::He, &mut draws).unwrap();
    let (mut tape, mut judge) = (Tape::new(&generator, 300), Tape::new(&critic, 300));
    let mut optimizer = Optimizer::new(Rule::ADAM, generator.parameters().len());
    let mut gradient = vec![0.0; generator.parameters().len()];
    let share = Array2::from_elem((300, 1), -1.0 / 300.0);
    for _ in 0..5 {
        critic
            .forward(generator.forward(cloud(300, 0.0, &mut draws).view(), &mut tape), &mut judge);
        gradient.fill(0.0);
        let by_points = critic.pull_back(share.view(), &mut judge);
        generator.backward(by_points, &mut tape, &mut gradient);
        optimizer.step(generator.parameters_mut(), &gradient, 1e-3);
    }
    generator
}

fn bits(network: &Mlp<f32>) -> Vec<u32> {
    network.parameters().iter().map(|x| x.to_bits()).collect()
}

#[test]
fn the_same_seed_trains_the_same_network_on_any_number_of_threads() {
    let with = |threads: usize, train: fn(u64) -> Mlp<f32>| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bits(&train(1)))
    };
    let smooth = |seed| trained(seed, Activation::Softplus);
    let sorted = |seed| trained(seed, Activation::GroupSort { size: 4 });
    for train in [smooth, sorted, generated as fn(u64) -> Mlp<f32>] {
        let expected = bits(&train(1));
        assert!(expected.iter().all(|&x| f32::from_bits(x).is_finite()));
        for threads in [1, 2, 3] {
            assert!(with(threads, train) == expected, "{threads} threads");
        }
        assert_ne!(bits(&train(2)), expected);
    }
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
    let network = trained(3, Activation::MaxMin);
    assert_eq!(network.cast::<f64>().cast::<f32>(), network);
}
