//! Convolutions: against loops by hand, their derivatives by finite differences, their norms.

use deblais::nn::{
    Activation, Affine, Convolution, Init, Mlp, PenalizedTape, Real, ShapeError, Tape,
    spectral_norm,
};
use deblais::seed::Seed;
use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::ThreadPoolBuilder;

use super::backward::{check_inputs, weighted};
use super::check_parameters;
use super::penalized::{penalize, penalty, two_sided};

/// Windows that overlap and that leave gaps, that fit and that leave pixels over, with padding on
/// every side or none, on images that are no squares.
const WINDOWS: [Convolution; 6] = [
    convolution((5, 4), (2, 3), (3, 1, 1)),
    convolution((6, 4), (2, 3), (4, 2, 1)),
    convolution((5, 7), (1, 2), (3, 2, 0)),
    convolution((4, 5), (3, 2), (1, 1, 0)),
    convolution((5, 6), (2, 2), (2, 3, 1)),
    convolution((3, 3), (2, 4), (5, 1, 2)),
];

const fn convolution(
    (height, width): (usize, usize),
    (channels, filters): (usize, usize),
    (kernel, stride, padding): (usize, usize, usize),
) -> Convolution {
    Convolution { height, width, channels, filters, kernel, stride, padding }
}

fn inputs(affine: Affine) -> usize {
    match affine {
        Affine::Dense(outputs) => outputs,
        Affine::Convolution(c) => c.height * c.width * c.channels,
        Affine::Transposed(c) => c.positions().0 * c.positions().1 * c.filters,
    }
}

fn build<T: Real>(layers: &[(Affine, Activation)], seed: u64) -> Mlp<T> {
    let mut stream = Seed(seed).stream("networks");
    let mut network = Mlp::new(inputs(layers[0].0), layers, Init::He, &mut stream).unwrap();
    for layer in 0..network.depth() {
        network.bias_mut(layer).mapv_inplace(|_| T::of(0.5 * stream.normal()));
    }
    network
}

fn draws(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream("images");
    Array2::from_shape_simple_fn((rows, columns), || stream.normal())
}

/// Calls `visit` with the places of an image, of a position's answers and of a weight that belong
/// together, from the definition.
fn each_term(c: Convolution, mut visit: impl FnMut(usize, usize, (usize, usize))) {
    let (down, across) = c.positions();
    for (i, j) in (0..down).flat_map(|i| (0..across).map(move |j| (i, j))) {
        for (p, q) in (0..c.kernel).flat_map(|p| (0..c.kernel).map(move |q| (p, q))) {
            let (row, column) = (i * c.stride + p, j * c.stride + q);
            let (Some(row), Some(column)) =
                (row.checked_sub(c.padding), column.checked_sub(c.padding))
            else {
                continue;
            };
            if row >= c.height || column >= c.width {
                continue;
            }
            for (channel, filter) in
                (0..c.channels).flat_map(|from| (0..c.filters).map(move |to| (from, to)))
            {
                visit(
                    (row * c.width + column) * c.channels + channel,
                    (i * across + j) * c.filters + filter,
                    ((p * c.kernel + q) * c.channels + channel, filter),
                );
            }
        }
    }
}

fn by_hand(affine: Affine, w: ArrayView2<f64>, b: ArrayView1<f64>, x: ArrayView1<f64>) -> Vec<f64> {
    let (c, up) = match affine {
        Affine::Convolution(c) => (c, false),
        Affine::Transposed(c) => (c, true),
        Affine::Dense(_) => unreachable!(),
    };
    let (down, across) = c.positions();
    let outputs = if up { c.height * c.width * c.channels } else { down * across * c.filters };
    let mut z: Vec<f64> = (0..outputs).map(|k| b[k % b.len()]).collect();
    each_term(c, |pixel, answer, (seen, filter)| {
        if up {
            z[pixel] += w[[filter, seen]] * x[answer];
        } else {
            z[answer] += w[[seen, filter]] * x[pixel];
        }
    });
    z
}

/// Each window as a convolution and transposed.
fn both_ways() -> impl Iterator<Item = Affine> {
    WINDOWS.into_iter().flat_map(|c| [Affine::Convolution(c), Affine::Transposed(c)])
}

#[test]
fn a_layer_is_what_its_definition_says() {
    for affine in both_ways() {
        let network = build::<f64>(&[(affine, Activation::Identity)], 1);
        let x = draws(9, network.inputs(), 2);
        let outputs = network.evaluate(x.view());
        for (x, found) in x.rows().into_iter().zip(outputs.rows()) {
            let expected = by_hand(affine, network.weights(0), network.bias(0), x);
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                // Sums of at most fifty terms of size 1, in another order.
                assert!((found - expected).abs() < 1e-13, "{affine:?}: {found} for {expected}");
            }
        }
    }
}

#[test]
fn halving_halves() {
    let c = Convolution::halving((28, 12), 3, 5);
    assert_eq!(c.positions(), (14, 6));
    // The largest window there is: P is made for an image at a time.
    let large = Affine::Convolution(convolution((60, 60), (3, 2), (9, 1, 4)));
    let network = build::<f64>(&[(large, Activation::Identity)], 1);
    let x = draws(3, network.inputs(), 2);
    let outputs = network.evaluate(x.view());
    let expected = by_hand(large, network.weights(0), network.bias(0), x.row(2));
    assert!(outputs.row(2).iter().zip(expected).all(|(z, by_hand)| (z - by_hand).abs() < 1e-12));
}

/// Networks of convolutions down, up, and of fully connected layers around, of all activations.
fn networks(outputs: usize) -> Vec<Mlp<f64>> {
    let down = Affine::Convolution(convolution((6, 4), (2, 4), (4, 2, 1)));
    let flat = Affine::Convolution(convolution((3, 2), (4, 2), (3, 1, 1)));
    let up = Affine::Transposed(convolution((5, 3), (2, 2), (3, 2, 1)));
    let top = (Affine::Dense(outputs), Activation::Identity);
    let activations = [
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.2 },
        Activation::Tanh,
        Activation::Softplus,
        Activation::MaxMin,
        Activation::GroupSort { size: 2 },
    ];
    let mut shapes: Vec<Vec<_>> = activations
        .into_iter()
        .map(|activation| vec![(down, activation), (flat, activation), (up, activation), top])
        .collect();
    let start = (Affine::Dense(12), Activation::Tanh);
    shapes.push(vec![(down, Activation::Tanh), start, (up, Activation::MaxMin), top]);
    shapes.push(vec![(down, Activation::MaxMin), (flat, Activation::Sigmoid), top]);
    shapes.iter().map(|shape| build(shape, 3)).collect()
}

#[test]
fn gradients_by_weights_and_images_are_the_differences_of_values() {
    for network in networks(2) {
        let x = draws(7, network.inputs(), 4);
        let weights = draws(7, 2, 5);
        let mut tape = Tape::new(&network, 8);
        network.forward(x.view(), &mut tape);
        let mut gradient = vec![0.0; network.parameters().len()];
        let by_images =
            network.backward_to_inputs(weights.view(), &mut tape, &mut gradient).to_owned();
        check_parameters(&network, &gradient, |moved| weighted(moved, &x, &weights));
        check_inputs(&x, &by_images, |moved| weighted(&network, moved, &weights));
    }
}

#[test]
fn penalty_gradients_are_the_differences_of_penalties() {
    for network in networks(1) {
        let x = draws(5, network.inputs(), 6);
        let mut tape = PenalizedTape::new(&network, 0, 6);
        let mut gradient = vec![0.0; network.parameters().len()];
        let value = penalize(&network, x.view(), two_sided, &mut gradient, &mut tape);
        assert!((value - penalty(&network, &x, two_sided)).abs() < 1e-12);
        check_parameters(&network, &gradient, |moved| penalty(moved, &x, two_sided));
    }
}

/// Batches that are cut into blocks and tiles, gradients that are cut in the midst of a layer.
#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let layers = [
        (Affine::Dense(7 * 7 * 8), Activation::Tanh),
        (
            Affine::Transposed(Convolution::halving((14, 14), 4, 8)),
            Activation::LeakyRelu { slope: 0.2 },
        ),
        (Affine::Convolution(Convolution::halving((14, 14), 4, 32)), Activation::Softplus),
        (Affine::Dense(1), Activation::Identity),
    ];
    let network = build::<f32>(&layers, 7);
    let x = draws(300, network.inputs(), 8).mapv(f32::of);
    let slopes = Array2::from_elem((300, 1), 1.0);
    let gradient = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut tape = PenalizedTape::new(&network, 300, 150);
            let mut gradient = vec![0.0; network.parameters().len()];
            tape.forward(&network, x.view(), x.slice(ndarray::s![..150, ..]));
            let value = tape.backward(&network, slopes.view(), two_sided, &mut gradient);
            (value, gradient.iter().map(|g| g.to_bits()).collect::<Vec<_>>())
        })
    };
    let alone = gradient(1);
    assert!(alone.0 > 0.0);
    assert!(alone == gradient(2) && alone == gradient(3));
}

#[test]
fn no_map_stretches_more_than_overlap_times_its_weights() {
    for affine in both_ways() {
        let mut network = build::<f64>(&[(affine, Activation::Identity)], 9);
        network.bias_mut(0).fill(0.0);
        let bound = network.overlap(0) * spectral_norm(network.weights(0));
        // Power iteration: its norms rise to that of the map.
        let mut x = draws(1, network.inputs(), 10);
        let mut tape = Tape::new(&network, 1);
        let mut norm = 0.0;
        for _ in 0..200 {
            let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
            x /= length;
            let z = network.forward(x.view(), &mut tape).to_owned();
            norm = z.iter().map(|z| z * z).sum::<f64>().sqrt();
            x = network.pull_back(z.view(), &mut tape).to_owned();
        }
        assert!(norm <= bound * (1.0 + 1e-12), "{affine:?}: {norm} above {bound}");
        // Without overlap P only moves numbers, and some window lies within each of these images.
        if network.overlap(0) == 1.0 {
            assert!(norm >= bound * (1.0 - 1e-6), "{affine:?}: {norm} below {bound}");
        }
    }
}

#[test]
fn what_is_no_convolution_is_refused() {
    let build = |c: Convolution, inputs| {
        let layers = [(Affine::Convolution(c), Activation::MaxMin)];
        Mlp::<f64>::new(inputs, &layers, Init::He, &mut Seed(1).stream("w")).map(|_| ())
    };
    let good = convolution((5, 4), (2, 4), (3, 1, 1));
    assert_eq!(build(good, 40), Ok(()));
    assert_eq!(build(good, 39), Err(ShapeError::Image { layer: 0, expected: 40, got: 39 }));
    let odd = Convolution { filters: 3, ..good };
    assert_eq!(build(odd, 40), Err(ShapeError::Groups { layer: 0, outputs: 3, size: 2 }));
    for bad in [
        Convolution { stride: 0, ..good },
        Convolution { kernel: 0, padding: 0, ..good },
        Convolution { kernel: 7, ..good },
        Convolution { padding: 3, ..good },
        Convolution { filters: usize::MAX, ..good },
    ] {
        assert_eq!(build(bad, 40), Err(ShapeError::Window { layer: 0 }), "{bad:?}");
    }
}

#[test]
fn a_network_is_rebuilt_from_what_is_saved() {
    let network = &networks(1)[0];
    let text = serde_json::to_string(&network.layers()).unwrap();
    assert!(text.ends_with(r#"[1,"identity"]]"#), "fully connected layers are numbers: {text}");
    let layers: Vec<(Affine, Activation)> = serde_json::from_str(&text).unwrap();
    let again =
        Mlp::with_parameters(network.inputs(), &layers, network.parameters().to_vec()).unwrap();
    assert_eq!(&again, network);
}
