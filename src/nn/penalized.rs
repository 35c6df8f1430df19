//! A loss and a penalty on input gradients in one step: the gradient by the parameters of
//! `L(f(y_1), …) + P` with `P = Σ_i ψ(‖∇f(x_i)‖)`, by double back-propagation.
//!
//! Back-propagation computes the rows `g_i = ∇f(x_i)` by `s_l = J_lᵀ u_l`, `u_{l−1} = s_l W_lᵀ`,
//! `g = u_0`, from `u = 1` at the top, f being scalar. That is a network of its own, and P is
//! differentiated by back-propagation through it, upwards, from `q_0 = ∂P/∂g` with the rows
//! `ψ'(‖g_i‖) g_i/‖g_i‖`:
//!
//! ```text
//! p_l = q_{l−1} W_l,   ∂P/∂W_l = q_{l−1}ᵀ s_l,   q_l = J_l p_l
//! ```
//!
//! For piecewise linear activations this is all: their J is constant around almost every point.
//! (Hence no gradient by the biases.) For smooth ones J depends on z, which adds
//! `c_l = ∂P/∂z_l = φ''(z_l) ⊙ u_l ⊙ p_l` at each layer, and these flow down to the parameters by
//! one more ordinary pass, from the highest layer that is curved: `t_l = c_l + J_lᵀ t_{l+1} W_{l+1}ᵀ`,
//! `∂P/∂W_l += a_{l−1}ᵀ t_l`.
//!
//! Points of the loss go forward in the blocks of a [`Tape`], then backward in parallel with all passes
//! of the penalty's points. A weight costs 6 operations a row of the loss (4 in the first layer: the
//! gradient by y is not needed) and 8 a row of the penalty (12 for smooth activations). Where
//! `g_i = 0` the norm has no derivative and the row of `q_0` is 0: the derivative for every ψ with
//! ψ'(0) = 0, and a subgradient for every convex increasing ψ.
//!
//! References: Drucker, Le Cun 1992, "Improving generalization performance using double
//! backpropagation", IEEE Trans. Neural Networks 3; Gulrajani et al. 2017, "Improved training of
//! Wasserstein GANs", NeurIPS.

use std::mem::swap;

use ndarray::{Array2, ArrayView2, Zip};

use super::elementwise::add_rows;
use super::layer::Layer;
use super::mlp::Mlp;
use super::panels::{WeightPanel, WeightPanelMut, add_by_panels, for_each_of_two};
use super::real::Real;
use super::tape::{RowBlock, Tape, blocks, divide, first_rows, first_rows_mut, flat, flat_mut};
use crate::math::NeumaierSum;

/// The workspace of a loss and a penalty, allocated once for the largest batch.
#[derive(Debug, Clone)]
pub struct PenalizedTape<T> {
    /// The points of the loss.
    loss: Tape<T>,
    /// The points of the penalty.
    penalty: Vec<PenaltyBlock<T>>,
    /// The most points of the penalty.
    capacity: usize,
}

/// A block of the penalty's points.
#[derive(Debug, Clone)]
struct PenaltyBlock<T> {
    block: RowBlock<T>,
    traces: Vec<PenaltyTrace<T>>,
    /// The part of P of these points.
    value: f64,
}

/// The buffers of one layer for the penalty.
#[derive(Debug, Clone)]
struct PenaltyTrace<T> {
    /// The direction by the inputs: p of the layer below, and then in its place q.
    q: Array2<T>,
    /// t; without rows above the curved layers. At the very top it holds p first.
    t: Array2<T>,
    /// c, the penalty's gradient by the pre-activations; without rows unless φ is curved.
    c: Array2<T>,
    /// The sum of the rows of t.
    sum: Vec<T>,
}

impl<T: Real> PenalizedTape<T> {
    /// Room for `points` points of the loss and `penalized` of the penalty.
    #[must_use]
    pub fn new(network: &Mlp<T>, points: usize, penalized: usize) -> Self {
        let penalty = blocks(penalized, |rows| PenaltyBlock::new(network, rows));
        Self { loss: Tape::new(network, points), penalty, capacity: penalized }
    }

    /// The outputs for the rows of `points`. The points of the penalty, `penalized`, are only stored:
    /// their outputs are not needed. Both may be empty.
    ///
    /// # Panics
    /// If the points have other coordinates than the network's inputs, or are more than there is
    /// room for.
    pub fn forward(
        &mut self,
        network: &Mlp<T>,
        points: ArrayView2<T>,
        penalized: ArrayView2<T>,
    ) -> ArrayView2<'_, T> {
        network.check(points);
        network.check(penalized);
        let (rows, most) = (penalized.nrows(), self.capacity);
        assert!(rows <= most, "{rows} points of a penalty where there is room for {most}");
        divide(rows, self.penalty.iter_mut().map(|block_of_penalty| &mut block_of_penalty.block));
        self.penalty.iter_mut().for_each(|block_of_penalty| block_of_penalty.block.load(penalized));
        self.loss.forward(network, points);
        self.loss.outputs()
    }

    /// The outputs for the points of the loss.
    pub fn outputs(&self) -> ArrayView2<'_, T> {
        self.loss.outputs()
    }

    /// P, after the gradient by the parameters of L + P was added to `gradient`: `by_outputs` is
    /// the gradient of L by the outputs, and `psi` returns ψ and ψ'. The network has to be the one
    /// that went forward.
    ///
    /// # Panics
    /// If `by_outputs` has another shape than the outputs, `gradient` than the parameters, or the
    /// network more than one output and there is a penalty.
    pub fn backward(
        &mut self,
        network: &Mlp<T>,
        by_outputs: ArrayView2<T>,
        psi: impl Fn(f64) -> (f64, f64) + Sync,
        gradient: &mut [T],
    ) -> f64 {
        self.loss.check(by_outputs);
        if self.capacity > 0 {
            network.check_scalar();
        }
        let (loss, penalty) = (&mut self.loss.blocks, &mut self.penalty);
        let of_loss = |block: &mut RowBlock<T>| {
            block.seed_outputs(by_outputs);
            block.backward(network, true, false);
        };
        let of_penalty =
            |block_of_penalty: &mut PenaltyBlock<T>| block_of_penalty.differentiate(network, &psi);
        for_each_of_two((loss, penalty), &of_loss, &of_penalty);
        let (loss, penalty) = (&self.loss.blocks, &self.penalty);
        add_by_panels(self.loss.panels(), gradient, &|panel, target| {
            for block in loss {
                block.add_to(panel, target);
            }
            for block_of_penalty in penalty {
                block_of_penalty.add_to(network, panel, target);
            }
        });
        penalty
            .iter()
            .map(|block_of_penalty| block_of_penalty.value)
            .collect::<NeumaierSum>()
            .value()
    }
}

/// The highest layer whose φ is curved.
fn highest_curved<T: Real>(network: &Mlp<T>) -> Option<usize> {
    network.layers.iter().rposition(|layer| layer.activation.is_curved())
}

impl<T: Real> PenaltyBlock<T> {
    fn new(network: &Mlp<T>, rows: usize) -> Self {
        let top = highest_curved(network);
        let trace = |(l, layer)| PenaltyTrace::new(layer, rows, top.is_some_and(|top| l <= top));
        let traces = network.layers.iter().enumerate().map(trace).collect();
        Self { block: RowBlock::new(network, rows), traces, value: 0.0 }
    }

    /// Everything but the products with which the gradient is added up.
    fn differentiate(&mut self, network: &Mlp<T>, psi: impl Fn(f64) -> (f64, f64)) {
        if self.block.rows == 0 {
            self.value = 0.0;
            return;
        }
        self.block.forward(network);
        self.block.seed_with_ones();
        self.block.backward(network, false, true);
        self.value = self.penalty_gradient(psi);
        self.upwards(network);
        if let Some(top) = highest_curved(network) {
            self.downwards(network, top);
        }
    }

    /// `q_0 ← ∂P/∂g`; returns P.
    fn penalty_gradient(&mut self, psi: impl Fn(f64) -> (f64, f64)) -> f64 {
        let rows = self.block.rows;
        let g = first_rows(&self.block.input_gradient, rows);
        let mut q = first_rows_mut(&mut self.traces[0].q, rows);
        let mut value = NeumaierSum::default();
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
    fn upwards(&mut self, network: &Mlp<T>) {
        let rows = self.block.rows;
        for (l, (layer, trace)) in network.layers.iter().zip(&self.block.layers).enumerate() {
            let (done, above) = self.traces.split_at_mut(l + 1);
            let PenaltyTrace { q, t, c, .. } = &mut done[l];
            let curved = layer.activation.is_curved();
            let p = match above.first_mut() {
                Some(next) => &mut next.q,
                None if curved => t,
                // The highest layer needs no p unless it is curved.
                None => return,
            };
            layer.push_forward(&network.parameters, first_rows(q, rows), first_rows_mut(p, rows));
            let (record, p) = (trace.kept.record(rows), flat_mut(p, rows));
            if curved {
                layer.activation.curve(record, flat(&trace.s, rows), p, flat_mut(c, rows));
            }
            layer.activation.push_forward(record, p);
        }
    }

    /// From the c of the curved layers down through the forward pass.
    fn downwards(&mut self, network: &Mlp<T>, top: usize) {
        let rows = self.block.rows;
        let PenaltyTrace { t, c, .. } = &mut self.traces[top];
        swap(t, c);
        for (l, layer) in network.layers[..=top].iter().enumerate().rev() {
            let (below, rest) = self.traces.split_at_mut(l);
            let PenaltyTrace { t, sum, .. } = &mut rest[0];
            sum.fill(T::zero());
            add_rows(flat(t, rows), sum);
            let t = first_rows(t, rows);
            let Some(PenaltyTrace { t: below, c, .. }) = below.last_mut() else { return };
            layer.pull_back(&network.parameters, t, first_rows_mut(below, rows));
            let (lower, below) = (network.layers[l - 1].activation, flat_mut(below, rows));
            lower.pull_back(self.block.layers[l - 1].kept.record(rows), below);
            if lower.is_curved() {
                add_rows(flat(c, rows), below);
            }
        }
    }

    /// Adds its part of ∂W = qᵀ s + xᵀ t and `∂b = Σ_rows t`.
    fn add_to(&self, network: &Mlp<T>, panel: &WeightPanel, target: &mut WeightPanelMut<T>) {
        let (rows, l) = (self.block.rows, panel.layer);
        let PenaltyTrace { q, t, sum, .. } = &self.traces[l];
        target.add_product(first_rows(q, rows), first_rows(&self.block.layers[l].s, rows));
        if highest_curved(network).is_some_and(|top| l <= top) {
            target.add_product(self.block.inputs_of(l), first_rows(t, rows));
            target.add_bias(sum, rows);
        }
    }
}

impl<T: Real> PenaltyTrace<T> {
    /// `descends` if t goes through the layer.
    fn new(layer: &Layer, rows: usize, descends: bool) -> Self {
        let zeros = |kept: bool| Array2::zeros((if kept { rows } else { 0 }, layer.outputs));
        let (t, c) = (zeros(descends), zeros(layer.activation.is_curved()));
        let sum = vec![T::zero(); layer.biases];
        Self { q: Array2::zeros((rows, layer.inputs)), t, c, sum }
    }
}
