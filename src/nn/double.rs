//! Double back-propagation: the gradient by the parameters of a penalty on input gradients,
//! `P = Σ_i ψ(‖∇f(x_i)‖)`, for a network with scalar outputs f.
//!
//! Back-propagation computes the rows `g_i = ∇f(x_i)` by `s_l = J_lᵀ u_l`, `u_{l−1} = s_l W_lᵀ`,
//! `g = u_0`. That is a network of its own, and P is differentiated by back-propagation through it,
//! upwards, from `q_0 = ∂P/∂g` with the rows `ψ'(‖g_i‖) g_i/‖g_i‖`:
//!
//! ```text
//! p_l = q_{l−1} W_l,   ∂P/∂W_l = q_{l−1}ᵀ s_l,   q_l = J_l p_l
//! ```
//!
//! For piecewise linear activations this is all: their J is constant around almost every point.
//! (Hence no gradient by the biases.) For smooth ones J depends on z, which adds
//! `c_l = ∂P/∂z_l = φ''(z_l) ⊙ u_l ⊙ p_l` at each layer, and these flow down to the parameters by
//! one more ordinary pass, from the highest layer that is curved.
//!
//! A step costs 4 operations a weight and row upwards and 4 downwards, besides the forward pass and
//! the input gradient. Where `g_i = 0` the norm has no derivative and the row of `q_0` is 0, which
//! is right for every ψ with ψ'(0) = 0 and a subgradient of every convex ψ that grows.
//!
//! References: Drucker, Le Cun 1992, "Improving generalization performance using double
//! backpropagation", IEEE Trans. Neural Networks 3; Gulrajani et al. 2017, "Improved training of
//! Wasserstein GANs", NeurIPS.

use ndarray::{Array2, ArrayView2, Zip};

use super::dense::Dense;
use super::mlp::Mlp;
use super::real::Real;
use super::tape::{Tape, first_rows, first_rows_mut, flat, flat_mut};
use crate::math::NeumaierSum;

/// The workspace of double back-propagation, allocated once for the largest batch.
#[derive(Debug, Clone)]
pub struct DoubleTape<T> {
    /// `q_l` for each layer's inputs.
    directions: Vec<Array2<T>>,
    layers: Vec<Bend<T>>,
}

/// One layer's part.
#[derive(Debug, Clone)]
struct Bend<T> {
    /// p, the direction by the pre-activations.
    p: Array2<T>,
    /// c, the penalty's gradient by the pre-activations; without rows unless φ is curved.
    c: Array2<T>,
}

impl<T: Real> Bend<T> {
    fn new(layer: &Dense, rows: usize) -> Self {
        let curved = if layer.activation.is_curved() { rows } else { 0 };
        let zeros = |rows| Array2::zeros((rows, layer.outputs));
        Self { p: zeros(rows), c: zeros(curved) }
    }
}

impl<T: Real> DoubleTape<T> {
    /// Room for batches of up to `rows` rows through `network`.
    #[must_use]
    pub fn new(network: &Mlp<T>, rows: usize) -> Self {
        let directions = network.layers.iter().map(|layer| Array2::zeros((rows, layer.inputs)));
        let layers = network.layers.iter().map(|layer| Bend::new(layer, rows));
        Self { directions: directions.collect(), layers: layers.collect() }
    }

    /// `Σ_i ψ(‖∇f(x_i)‖)` over the rows `x_i` on `tape`, whose gradient by the parameters is added to
    /// `gradient`. `psi` returns ψ and ψ'. The tape keeps the outputs; gradients on it are lost.
    ///
    /// # Panics
    /// If the network has more than one output, or the tape more rows than this workspace.
    pub fn penalise(
        &mut self,
        network: &Mlp<T>,
        tape: &mut Tape<T>,
        psi: impl Fn(f64) -> (f64, f64),
        gradient: &mut [T],
    ) -> f64 {
        assert_eq!(gradient.len(), network.parameters.len(), "another network's gradient");
        let value = self.aim(network.input_gradient(tape), psi);
        self.upwards(network, tape, gradient);
        self.downwards(network, tape, gradient);
        value
    }

    /// `q_0 ← ∂P/∂g`; returns P.
    fn aim(&mut self, g: ArrayView2<T>, psi: impl Fn(f64) -> (f64, f64)) -> f64 {
        let mut value = NeumaierSum::default();
        let mut q = first_rows_mut(&mut self.directions[0], g.nrows());
        Zip::from(g.rows()).and(q.rows_mut()).for_each(|g, mut q| {
            let norm = g.iter().map(|&x| x.wide().powi(2)).sum::<f64>().sqrt();
            let (penalty, slope) = psi(norm);
            value.add(penalty);
            let stretch = if norm == 0.0 { 0.0 } else { slope / norm };
            q.zip_mut_with(&g, |q, &g| *q = T::of(stretch * g.wide()));
        });
        value.value()
    }

    /// From `q_0` up through the pass that computed the input gradients.
    fn upwards(&mut self, network: &Mlp<T>, tape: &Tape<T>, gradient: &mut [T]) {
        let rows = tape.rows;
        for (l, (layer, trace)) in network.layers.iter().zip(&tape.layers).enumerate() {
            let (done, above) = self.directions.split_at_mut(l + 1);
            let (q, Bend { p, c }) = (first_rows(&done[l], rows), &mut self.layers[l]);
            layer.push_forward(&network.parameters, q, first_rows_mut(p, rows));
            layer.add_weight_gradient(q, first_rows(&trace.s, rows), gradient);
            let (record, p) = (trace.kept.record(rows), flat(p, rows));
            if layer.activation.is_curved() {
                layer.activation.curve(record, flat(&trace.u, rows), p, flat_mut(c, rows));
            }
            if let Some(next) = above.first_mut() {
                layer.activation.push_forward(record, p, flat_mut(next, rows));
            }
        }
    }

    /// From the c of the curved layers down through the forward pass.
    fn downwards(&mut self, network: &Mlp<T>, tape: &mut Tape<T>, gradient: &mut [T]) {
        let rows = tape.rows;
        let Some(top) = network.layers.iter().rposition(|layer| layer.activation.is_curved())
        else {
            return;
        };
        first_rows_mut(&mut tape.layers[top].s, rows)
            .assign(&first_rows(&self.layers[top].c, rows));
        for (l, layer) in network.layers[..=top].iter().enumerate().rev() {
            let s = first_rows(&tape.layers[l].s, rows);
            layer.add_weight_gradient(tape.inputs_of(l), s, gradient);
            layer.add_bias_gradient(s, gradient);
            let (below, rest) = tape.layers.split_at_mut(l);
            let Some(trace) = below.last_mut() else { return };
            let s = first_rows(&rest[0].s, rows);
            layer.pull_back(&network.parameters, s, first_rows_mut(&mut trace.u, rows));
            let lower = &network.layers[l - 1];
            trace.pull_back(lower, rows);
            if lower.activation.is_curved() {
                let mut s = first_rows_mut(&mut trace.s, rows);
                s += &first_rows(&self.layers[l - 1].c, rows);
            }
        }
    }
}
