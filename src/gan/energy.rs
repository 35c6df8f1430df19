//! EBGAN: the critic is an autoencoder, and its output t at a point the error of its copy.
//!
//! ```text
//! t(x) = ‖Dec(Enc(x)) − x‖²/d
//! critic:     min  E t(x) + E max(0, m − t(G(z)))            the hinge point by point
//! generator:  min  E t(G(z)) + p·PT,   PT = 1/(n(n−1)) Σ_{i≠j} (s_iᵀs_j/(‖s_i‖‖s_j‖))²
//! ```
//!
//! with the codes `s_i = Enc(G(z_i))`.
//!
//! **Idea.** Points near the data are copied well, others badly, since the critic is pushed up to
//! the margin m there and no further. PT, the pull-away term, is smallest where the codes of a
//! batch are orthogonal, so that they do not all lie in one mode. An autoencoder can be pretrained on
//! real points alone; no other critic here can.
//!
//! **Gradients.** With r = Dec(Enc(x)) − x: `∂t/∂x = (2/d)(Jᵀr − r)`. With u = s/‖s‖ and the Gram
//! matrix `C = UUᵀ`: `∂PT/∂u_i = 4/(n(n−1)) Σ_{j≠i} C_ij u_j`, and through the norm
//! `∂PT/∂s_i = (I − u_i u_iᵀ) ∂PT/∂u_i / ‖s_i‖`.
//!
//! **Complexity.** 6 operations a weight and row, and n²·(code) for PT.
//!
//! **Reference.** Zhao, Mathieu, LeCun 2017, "Energy-based generative adversarial network", ICLR.
//!
//! **Failure modes.** A code as large as the data lets the copy be perfect everywhere, which only
//! the margin works against. With m = 0 the critic ignores the generator, which collapses to the
//! points that are copied best.

use ndarray::{Array2, ArrayView2, Axis, s};

use super::adversary::{Adversary, CriticUpdate};
use super::networks::{Layers, PointShape, check_memory};
use super::saved::{SavedAdversary, SavedNetwork};
use super::{GanError, NetworkSettings, Objective, Recipe};
use crate::nn::{Mlp, Optimizer, Real, Tape};
use crate::seed::{Seed, Stream};

/// An autoencoder with buffers for a batch.
#[derive(Debug, Clone)]
struct Autoencoder<T> {
    encoder: Mlp<T>,
    decoder: Mlp<T>,
    encoding: Tape<T>,
    decoding: Tape<T>,
    /// r, a row a point.
    residual: Array2<T>,
}

/// The gradients of encoder and decoder.
type Gradients<T> = [Vec<T>; 2];

impl<T: Real> Autoencoder<T> {
    fn new(
        settings: &NetworkSettings,
        shape: PointShape,
        rows: usize,
        seed: Seed,
    ) -> Result<Self, GanError> {
        let build = |(inputs, layers): (usize, Layers), name| {
            let network = Mlp::new(inputs, &layers, settings.init, &mut seed.stream(name))?;
            check_memory(&network, rows, "critic").map(|()| network)
        };
        let [down, up] = settings.autoencoder(shape, "critic")?;
        let encoder = build(down, "encoder's weights")?;
        let decoder = build(up, "decoder's weights")?;
        Ok(Self {
            encoding: Tape::new(&encoder, rows),
            decoding: Tape::new(&decoder, rows),
            residual: Array2::zeros((rows, shape.dim)),
            encoder,
            decoder,
        })
    }

    /// t at each row.
    fn forward(&mut self, x: ArrayView2<'_, T>) -> Vec<T> {
        let code = self.encoder.forward(x, &mut self.encoding);
        let copy = self.decoder.forward(code, &mut self.decoding);
        let mut residual = self.residual.slice_mut(s![..x.nrows(), ..]);
        residual.assign(&copy);
        residual -= &x;
        energies(residual.view())
    }

    /// Back-propagation from the derivatives by t and from a gradient by the codes: adds to the
    /// gradients by the parameters and returns the gradient by x.
    fn backward(
        &mut self,
        by_energy: &[T],
        by_code: Option<Array2<T>>,
        [of_encoder, of_decoder]: &mut Gradients<T>,
    ) -> Array2<T> {
        let rows = by_energy.len();
        let mut by_copy = self.residual.slice(s![..rows, ..]).to_owned();
        let scale = T::of(2.0 / by_copy.ncols() as f64);
        for (mut row, &slope) in by_copy.outer_iter_mut().zip(by_energy) {
            row.mapv_inplace(|r| scale * slope * r);
        }
        let decoder = &self.decoder;
        let through = decoder.backward_to_inputs(by_copy.view(), &mut self.decoding, of_decoder);
        let through = match by_code {
            Some(by_code) => by_code + through,
            None => through.to_owned(),
        };
        let encoder = &self.encoder;
        let by_x = encoder.backward_to_inputs(through.view(), &mut self.encoding, of_encoder);
        &by_x - &by_copy
    }

    /// t at any number of points.
    fn evaluate(&self, x: ArrayView2<'_, T>) -> Vec<T> {
        let copy = self.decoder.evaluate(self.encoder.evaluate(x).view());
        energies((copy - x).view())
    }

    fn gradients(&self) -> Gradients<T> {
        [&self.encoder, &self.decoder].map(|network| vec![T::zero(); network.parameters().len()])
    }
}

fn energies<T: Real>(residual: ArrayView2<'_, T>) -> Vec<T> {
    let share = T::of(1.0 / residual.ncols() as f64);
    residual.outer_iter().map(|r| share * r.dot(&r)).collect()
}

/// PT of codes (n, k), and its gradient.
fn pull_away<T: Real>(codes: ArrayView2<'_, T>) -> (f64, Array2<T>) {
    let n = codes.nrows();
    let pairs = (n * n.saturating_sub(1)).max(1) as f64;
    // A code at the origin has no direction; this keeps its gradient finite.
    let least = T::of(1e-12);
    let norms = codes.map_axis(Axis(1), |s| s.dot(&s).sqrt().max(least));
    let mut directions = codes.to_owned();
    for (mut u, &norm) in directions.outer_iter_mut().zip(&norms) {
        u.mapv_inplace(|s| s / norm);
    }
    let mut cosines = directions.dot(&directions.t());
    cosines.diag_mut().fill(T::zero());
    let value = cosines.iter().map(|c| c.wide().powi(2)).sum::<f64>() / pairs;
    let mut gradient = cosines.dot(&directions);
    gradient.mapv_inplace(|g| T::of(4.0 / pairs) * g);
    for ((mut g, u), &norm) in gradient.outer_iter_mut().zip(directions.outer_iter()).zip(&norms) {
        let along = g.dot(&u);
        g.zip_mut_with(&u, |g, &u| *g = (*g - along * u) / norm);
    }
    (value, gradient)
}

/// An autoencoder as a GAN's critic.
pub(super) struct EnergyCritic {
    objective: Objective,
    /// p.
    pull_away: f64,
    autoencoder: Autoencoder<f32>,
    optimizers: [Optimizer<f32>; 2],
    gradients: Gradients<f32>,
    /// The gradient of the generator's loss by its points.
    by_points: Array2<f32>,
}

impl EnergyCritic {
    pub(super) fn new(recipe: &Recipe, shape: PointShape, seed: Seed) -> Result<Self, GanError> {
        let settings = &recipe.critic;
        let autoencoder = Autoencoder::new(settings, shape, 2 * recipe.batch, seed)?;
        let gradients = autoencoder.gradients();
        Ok(Self {
            objective: recipe.objective,
            pull_away: recipe.pull_away,
            optimizers: [0, 1].map(|k| Optimizer::new(settings.rule, gradients[k].len())),
            gradients,
            by_points: Array2::zeros((recipe.batch, shape.dim)),
            autoencoder,
        })
    }

    fn step(&mut self, rate: f64) {
        let Autoencoder { encoder, decoder, .. } = &mut self.autoencoder;
        let networks = [encoder, decoder].into_iter().zip(&mut self.optimizers);
        for ((network, optimizer), gradient) in networks.zip(&mut self.gradients) {
            optimizer.step(network.parameters_mut(), gradient, rate);
            gradient.fill(0.0);
        }
    }
}

impl Adversary for EnergyCritic {
    fn set_stream(&mut self, _stream: Stream) {}

    fn update(
        &mut self,
        real: ArrayView2<'_, f32>,
        generated: ArrayView2<'_, f32>,
        rate: f64,
    ) -> CriticUpdate {
        let rows = real.nrows();
        let points = ndarray::concatenate![Axis(0), real, generated];
        let energies = self.autoencoder.forward(points.view());
        let mut slopes = vec![0.0; energies.len()];
        let loss = self.objective.critic(energies.split_at(rows), slopes.split_at_mut(rows));
        self.autoencoder.backward(&slopes, None, &mut self.gradients);
        self.step(rate);
        CriticUpdate { loss, penalty: 0.0 }
    }

    fn pretrain(&mut self, real: ArrayView2<'_, f32>, rate: f64) -> f64 {
        let energies = self.autoencoder.forward(real);
        let mut slopes = vec![0.0; energies.len()];
        // On real points the critic minimizes the energy, as the generator does on its own points.
        let loss = self.objective.generator(&energies, &mut slopes);
        self.autoencoder.backward(&slopes, None, &mut self.gradients);
        self.step(rate);
        loss
    }

    fn generator_loss(&mut self, generated: ArrayView2<'_, f32>) -> (f64, ArrayView2<'_, f32>) {
        let energies = self.autoencoder.forward(generated);
        let mut slopes = vec![0.0; energies.len()];
        let mut loss = self.objective.generator(&energies, &mut slopes);
        let by_code = (self.pull_away > 0.0).then(|| {
            let (value, gradient) = pull_away(self.autoencoder.encoding.outputs());
            loss += self.pull_away * value;
            gradient * f32::of(self.pull_away)
        });
        self.by_points = self.autoencoder.backward(&slopes, by_code, &mut self.gradients);
        // The generator's update does not change the critic.
        self.gradients.iter_mut().for_each(|gradient| gradient.fill(0.0));
        (loss, self.by_points.view())
    }

    fn values(&self, points: ArrayView2<'_, f32>) -> Vec<f32> {
        self.autoencoder.evaluate(points)
    }

    fn saved(&self) -> SavedAdversary {
        let networks = [&self.autoencoder.encoder, &self.autoencoder.decoder];
        let pairs = networks.into_iter().zip(&self.optimizers);
        let networks = pairs.map(|(network, optimizer)| SavedNetwork::of(network, optimizer));
        SavedAdversary { networks: networks.collect(), memory: Vec::new() }
    }

    fn restore(&mut self, saved: SavedAdversary) -> Result<(), GanError> {
        let [encoder, decoder] = <[SavedNetwork; 2]>::try_from(saved.networks)
            .map_err(|_| GanError::Checkpoint { what: "an autoencoder is two networks" })?;
        let [of_encoder, of_decoder] = &mut self.optimizers;
        encoder.restore(&mut self.autoencoder.encoder, of_encoder)?;
        decoder.restore(&mut self.autoencoder.decoder, of_decoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(rows: usize, dim: usize) -> Array2<f64> {
        let mut stream = Seed(3).stream("points");
        Array2::from_shape_simple_fn((rows, dim), || stream.normal())
    }

    fn autoencoder() -> Autoencoder<f64> {
        let recipe = Recipe::named(
            "ebgan",
            &["critic.width=7", "critic.depth=1", "critic.code=2", "critic.activation=tanh"],
        );
        let shape = PointShape { dim: 3, image: None };
        Autoencoder::new(&recipe.unwrap().critic, shape, 5, Seed(1)).unwrap()
    }

    /// `Σ w_i t_i + 0.7·PT`, and its gradients by the parameters and by the points.
    fn objective(
        network: &mut Autoencoder<f64>,
        x: &Array2<f64>,
    ) -> (f64, Gradients<f64>, Array2<f64>) {
        let weights = [0.3, -1.2, 0.8, 2.0, 0.5];
        let energies = network.forward(x.view());
        let (spread, by_code) = pull_away(network.encoding.outputs());
        let value = energies.iter().zip(weights).map(|(t, w)| t * w).sum::<f64>() + 0.7 * spread;
        let mut gradients = network.gradients();
        let by_x = network.backward(&weights, Some(by_code * 0.7), &mut gradients);
        (value, gradients, by_x)
    }

    #[test]
    fn gradients_of_energies_and_pull_away_are_the_differences_of_values() {
        let (h, x) = (1e-5, points(5, 3));
        let mut network = autoencoder();
        let (_, gradients, by_x) = objective(&mut network, &x);
        let close = |slope: f64, ahead: f64, behind: f64| {
            let difference = (ahead - behind) / (2.0 * h);
            assert!(
                (slope - difference).abs() < 1e-7 * difference.abs().max(1.0),
                "{slope} {difference}"
            );
        };
        for (index, &slope) in by_x.indexed_iter() {
            let moved = |by: f64| {
                let mut x = x.clone();
                x[index] += by;
                objective(&mut network.clone(), &x).0
            };
            close(slope, moved(h), moved(-h));
        }
        for (part, gradient) in gradients.iter().enumerate() {
            for (k, &slope) in gradient.iter().enumerate() {
                let moved = |by: f64| {
                    let mut network = network.clone();
                    let Autoencoder { encoder, decoder, .. } = &mut network;
                    [encoder, decoder][part].parameters_mut()[k] += by;
                    objective(&mut network, &x).0
                };
                close(slope, moved(h), moved(-h));
            }
        }
    }

    #[test]
    fn pull_away_is_one_for_equal_codes_and_zero_for_orthogonal_ones() {
        let equal = Array2::from_elem((4, 3), 2.0);
        assert!((pull_away(equal.view()).0 - 1.0).abs() < 1e-12);
        assert_eq!(pull_away(Array2::<f64>::eye(3).view()).0, 0.0);
    }

    #[test]
    fn evaluation_is_the_forward_pass() {
        let mut network = autoencoder();
        let x = points(5, 3);
        assert_eq!(network.evaluate(x.view()), network.forward(x.view()));
    }
}
