//! The tape: outputs that a forward pass records for the backward pass, in blocks of rows.
//!
//! A batch is cut into blocks of at most [`MAX_BLOCK_ROWS`] rows as equal as they can be. Each
//! block goes through all layers on its own, with buffers of its own that stay in a core's cache,
//! and blocks are computed in parallel. Gradients by the parameters are sums over all rows: once
//! every block has its `s_l`, they are added up in [`panels`](super::panels), block by block in
//! order. The cut of a batch depends on its size alone, so that the bits do not depend on the
//! number of threads.
//!
//! Everything is allocated once for the largest batch; smaller batches use fewer or shorter blocks.
//! A step of training allocates only the packed factors of `gemm`, the windows of convolutions over a
//! few images, and one group of coordinates where groups are sorted.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::activation::ActivationRecord;
use super::elementwise::add_rows;
use super::layer::Layer;
use super::mlp::Mlp;
use super::panels::{
    MAX_BLOCK_ROWS, WeightPanel, WeightPanelMut, add_by_panels, each, part, parts,
};
use super::real::Real;

/// The workspace of an [`Mlp`] for batches of up to a given number of rows.
#[derive(Debug, Clone)]
pub struct Tape<T> {
    /// Rows of the batch recorded last.
    rows: usize,
    pub(super) blocks: Vec<RowBlock<T>>,
    panels: Vec<WeightPanel>,
    outputs: Array2<T>,
    /// The gradient by the inputs, once it has been requested.
    input_gradient: Array2<T>,
}

/// A block of rows of the batch, with its buffers.
#[derive(Debug, Clone)]
pub(super) struct RowBlock<T> {
    /// Index of its first row in the batch.
    pub(super) first: usize,
    /// Number of rows of the buffers in use.
    pub(super) rows: usize,
    inputs: Array2<T>,
    pub(super) layers: Vec<LayerTrace<T>>,
    pub(super) input_gradient: Array2<T>,
}

/// Buffers of one layer.
#[derive(Debug, Clone)]
pub(super) struct LayerTrace<T> {
    pub(super) kept: LayerOutputs<T>,
    /// u, the gradient by the outputs, and then in its place s, the one by the pre-activations.
    pub(super) s: Array2<T>,
    /// The sum of the rows of s.
    sum: Vec<T>,
}

/// Outputs of a layer that the backward pass needs.
#[derive(Debug, Clone)]
pub(super) struct LayerOutputs<T> {
    /// Pre-activations; without rows unless the activation keeps them.
    z: Array2<T>,
    /// Outputs.
    pub(super) a: Array2<T>,
    /// The ranks of sorted coordinates; empty unless the activation records them.
    rank: Vec<u32>,
}

/// The passes of a network over a tape.
impl<T: Real> Mlp<T> {
    /// The outputs for the rows of `inputs`, recorded on `tape`.
    ///
    /// # Panics
    /// If the inputs have other coordinates than the network's, or more rows than the tape.
    pub fn forward<'t>(&self, inputs: ArrayView2<T>, tape: &'t mut Tape<T>) -> ArrayView2<'t, T> {
        self.check(inputs);
        tape.forward(self, inputs);
        tape.outputs()
    }

    /// The outputs for any number of rows, without a record.
    ///
    /// # Panics
    /// If the inputs have other coordinates than the network's.
    #[must_use]
    pub fn evaluate(&self, inputs: ArrayView2<T>) -> Array2<T> {
        self.check(inputs);
        let mut outputs = Array2::zeros((inputs.nrows(), self.outputs()));
        let blocks = inputs.axis_chunks_iter(Axis(0), MAX_BLOCK_ROWS).into_par_iter();
        blocks.zip(outputs.axis_chunks_iter_mut(Axis(0), MAX_BLOCK_ROWS)).for_each_init(
            || RowBlock::new(self, inputs.nrows().min(MAX_BLOCK_ROWS)),
            |block, (x, mut y)| {
                block.rows = x.nrows();
                block.load(x);
                block.forward(self);
                y.assign(&block.outputs());
            },
        );
        outputs
    }

    pub(super) fn check(&self, inputs: ArrayView2<T>) {
        assert_eq!(inputs.ncols(), self.inputs(), "inputs of other coordinates");
    }

    /// Adds to `gradient` the gradient by the parameters of a loss whose gradient by the outputs
    /// on the tape is `by_outputs`.
    ///
    /// # Panics
    /// If `by_outputs` has another shape than the outputs, or `gradient` than the parameters.
    pub fn backward(&self, by_outputs: ArrayView2<T>, tape: &mut Tape<T>, gradient: &mut [T]) {
        tape.backward(self, by_outputs, Some(gradient), false);
    }

    /// Adds to `gradient` as [`Mlp::backward`] does, and returns the gradient by the inputs.
    ///
    /// # Panics
    /// If `by_outputs` has another shape than the outputs, or `gradient` than the parameters.
    pub fn backward_to_inputs<'t>(
        &self,
        by_outputs: ArrayView2<T>,
        tape: &'t mut Tape<T>,
        gradient: &mut [T],
    ) -> ArrayView2<'t, T> {
        tape.backward(self, by_outputs, Some(gradient), true);
        tape.input_gradient()
    }

    /// The gradient by the inputs alone, as training a generator through a fixed critic needs it.
    ///
    /// # Panics
    /// If `by_outputs` has another shape than the outputs on the tape.
    pub fn pull_back<'t>(
        &self,
        by_outputs: ArrayView2<T>,
        tape: &'t mut Tape<T>,
    ) -> ArrayView2<'t, T> {
        tape.backward(self, by_outputs, None, true);
        tape.input_gradient()
    }

    /// The gradient ∇f at each row on the tape, of a network with scalar outputs f.
    ///
    /// # Panics
    /// If the network has more than one output.
    pub fn input_gradient<'t>(&self, tape: &'t mut Tape<T>) -> ArrayView2<'t, T> {
        self.check_scalar();
        tape.ascend(self);
        tape.input_gradient()
    }

    pub(super) fn check_scalar(&self) {
        assert_eq!(self.outputs(), 1, "a gradient is that of a scalar");
    }
}

impl<T: Real> Tape<T> {
    /// Room for batches of up to `rows` rows through `network`.
    #[must_use]
    pub fn new(network: &Mlp<T>, rows: usize) -> Self {
        Self {
            rows: 0,
            blocks: blocks(rows, |most| RowBlock::new(network, most)),
            panels: WeightPanel::all(&network.layers),
            outputs: Array2::zeros((rows, network.outputs())),
            input_gradient: Array2::zeros((rows, network.inputs())),
        }
    }

    /// The most rows that a batch may have.
    pub fn capacity(&self) -> usize {
        self.outputs.nrows()
    }

    /// The outputs of the batch recorded last.
    pub fn outputs(&self) -> ArrayView2<'_, T> {
        first_rows(&self.outputs, self.rows)
    }

    /// Cuts a batch of `rows` rows into blocks.
    fn divide(&mut self, rows: usize) {
        assert!(rows <= self.capacity(), "{rows} rows on a tape for {}", self.capacity());
        self.rows = rows;
        divide(rows, self.blocks.iter_mut());
    }

    pub(super) fn forward(&mut self, network: &Mlp<T>, inputs: ArrayView2<T>) {
        self.divide(inputs.nrows());
        each(&mut self.blocks, |block| {
            block.load(inputs);
            block.forward(network);
        });
        for block in &self.blocks {
            block.place(block.outputs(), &mut self.outputs);
        }
    }

    /// From the gradient by the outputs down to the parameters if there is a gradient to add to,
    /// and to the inputs if asked.
    pub(super) fn backward(
        &mut self,
        network: &Mlp<T>,
        by_outputs: ArrayView2<T>,
        gradient: Option<&mut [T]>,
        to_inputs: bool,
    ) {
        self.check(by_outputs);
        let sums = gradient.is_some();
        each(&mut self.blocks, |block| {
            block.seed_outputs(by_outputs);
            block.backward(network, sums, to_inputs);
        });
        if let Some(gradient) = gradient {
            let blocks = &self.blocks;
            add_by_panels(&self.panels, gradient, &|panel, target| {
                for block in blocks {
                    block.add_to(panel, target);
                }
            });
        }
        if to_inputs {
            self.collect_input_gradient();
        }
    }

    /// The gradient by the inputs of the sum of scalar outputs.
    pub(super) fn ascend(&mut self, network: &Mlp<T>) {
        each(&mut self.blocks, |block| {
            block.seed_with_ones();
            block.backward(network, false, true);
        });
        self.collect_input_gradient();
    }

    pub(super) fn check(&self, by_outputs: ArrayView2<T>) {
        let shape = self.outputs().dim();
        assert_eq!(by_outputs.dim(), shape, "the gradient by the outputs has another shape");
    }

    fn collect_input_gradient(&mut self) {
        for block in &self.blocks {
            block.place(first_rows(&block.input_gradient, block.rows), &mut self.input_gradient);
        }
    }

    pub(super) fn input_gradient(&self) -> ArrayView2<'_, T> {
        first_rows(&self.input_gradient, self.rows)
    }

    pub(super) fn panels(&self) -> &[WeightPanel] {
        &self.panels
    }
}

/// Blocks with room for `rows` rows.
pub(super) fn blocks<B>(rows: usize, block: impl Fn(usize) -> B) -> Vec<B> {
    (0..parts(rows)).map(|_| block(rows.min(MAX_BLOCK_ROWS))).collect()
}

/// Cuts `rows` rows into blocks; those that are not used get none.
pub(super) fn divide<'b, T: 'b>(rows: usize, blocks: impl Iterator<Item = &'b mut RowBlock<T>>) {
    let used = parts(rows);
    for (k, block) in blocks.enumerate() {
        let own = if k < used { part(k, rows, used) } else { rows..rows };
        (block.first, block.rows) = (own.start, own.len());
    }
}

impl<T: Real> RowBlock<T> {
    pub(super) fn new(network: &Mlp<T>, rows: usize) -> Self {
        let inputs = Array2::zeros((rows, network.inputs()));
        let layers = network.layers.iter().map(|layer| LayerTrace::new(layer, rows)).collect();
        Self { first: 0, rows: 0, input_gradient: inputs.clone(), inputs, layers }
    }

    /// Takes its rows of the batch.
    pub(super) fn load(&mut self, batch: ArrayView2<T>) {
        let own = self.own(batch);
        first_rows_mut(&mut self.inputs, self.rows).assign(&own);
    }

    /// Records what the layers make of its rows.
    pub(super) fn forward(&mut self, network: &Mlp<T>) {
        let rows = self.rows;
        for (l, layer) in network.layers.iter().enumerate() {
            let (below, rest) = self.layers.split_at_mut(l);
            let x = below.last().map_or(&self.inputs, |trace| &trace.kept.a);
            let trace = &mut rest[0];
            trace.kept.forward(layer, &network.parameters, first_rows(x, rows));
        }
    }

    /// The rows of the block in a matrix of the batch.
    fn own<'m>(&self, batch: ArrayView2<'m, T>) -> ArrayView2<'m, T> {
        batch.slice_move(s![self.first..self.first + self.rows, ..])
    }

    pub(super) fn outputs(&self) -> ArrayView2<'_, T> {
        self.inputs_of(self.layers.len())
    }

    /// The inputs of a layer: the block's, or the outputs of the layer below.
    pub(super) fn inputs_of(&self, layer: usize) -> ArrayView2<'_, T> {
        let x = layer.checked_sub(1).map_or(&self.inputs, |below| &self.layers[below].kept.a);
        first_rows(x, self.rows)
    }

    pub(super) fn seed_outputs(&mut self, by_outputs: ArrayView2<T>) {
        let own = self.own(by_outputs);
        self.top().assign(&own);
    }

    pub(super) fn seed_with_ones(&mut self) {
        self.top().fill(T::one());
    }

    fn top(&mut self) -> ArrayViewMut2<'_, T> {
        let last = self.layers.len() - 1;
        first_rows_mut(&mut self.layers[last].s, self.rows)
    }

    /// `s_l` of every layer from the top's u, their sums if asked, and the inputs' gradient if asked.
    pub(super) fn backward(&mut self, network: &Mlp<T>, sums: bool, to_inputs: bool) {
        let rows = self.rows;
        for (l, layer) in network.layers.iter().enumerate().rev() {
            let (below, rest) = self.layers.split_at_mut(l);
            let trace = &mut rest[0];
            trace.pull_back(layer, rows);
            if sums {
                trace.sum_up(rows);
            }
            let into = match below.last_mut() {
                Some(trace) => &mut trace.s,
                None if to_inputs => &mut self.input_gradient,
                None => return,
            };
            let s = first_rows(&trace.s, rows);
            layer.pull_back(&network.parameters, s, first_rows_mut(into, rows));
        }
    }

    /// Adds its part of ∂W and ∂b.
    pub(super) fn add_to(&self, panel: &WeightPanel, target: &mut WeightPanelMut<T>) {
        let trace = &self.layers[panel.layer];
        target.add_product(self.inputs_of(panel.layer), first_rows(&trace.s, self.rows));
        target.add_bias(&trace.sum, self.rows);
    }

    fn place(&self, own: ArrayView2<T>, batch: &mut Array2<T>) {
        batch.slice_mut(s![self.first..self.first + self.rows, ..]).assign(&own);
    }
}

impl<T: Real> LayerTrace<T> {
    fn new(layer: &Layer, rows: usize) -> Self {
        let zeros = |kept: bool| Array2::zeros((if kept { rows } else { 0 }, layer.outputs));
        let ranked = if layer.activation.keeps_ranks() { rows * layer.outputs } else { 0 };
        let z = zeros(layer.activation.keeps_z());
        let kept = LayerOutputs { z, a: zeros(true), rank: vec![0; ranked] };
        Self { kept, s: zeros(true), sum: vec![T::zero(); layer.biases] }
    }

    /// From u to s = Jᵀ u.
    fn pull_back(&mut self, layer: &Layer, rows: usize) {
        layer.activation.pull_back(self.kept.record(rows), flat_mut(&mut self.s, rows));
    }

    fn sum_up(&mut self, rows: usize) {
        self.sum.fill(T::zero());
        add_rows(flat(&self.s, rows), &mut self.sum);
    }
}

impl<T: Real> LayerOutputs<T> {
    /// a ← φ(A(x) + b).
    fn forward(&mut self, layer: &Layer, parameters: &[T], x: ArrayView2<T>) {
        let Self { z, a, rank } = self;
        let (rows, bias, activation) = (x.nrows(), layer.bias(parameters), layer.activation);
        if activation.keeps_z() {
            layer.push_forward(parameters, x, first_rows_mut(z, rows));
            let ranked = rank.len().min(rows * layer.outputs);
            activation.apply(bias, flat_mut(z, rows), flat_mut(a, rows), &mut rank[..ranked]);
        } else {
            layer.push_forward(parameters, x, first_rows_mut(a, rows));
            activation.apply_in_place(bias, flat_mut(a, rows));
        }
    }

    /// The record of the first `rows` rows.
    pub(super) fn record(&self, rows: usize) -> ActivationRecord<'_, T> {
        let a = flat(&self.a, rows);
        let z = if self.z.is_empty() { a } else { flat(&self.z, rows) };
        ActivationRecord { z, a, rank: &self.rank[..self.rank.len().min(z.len())] }
    }
}

pub(super) fn first_rows<T>(buffer: &Array2<T>, rows: usize) -> ArrayView2<'_, T> {
    buffer.slice(s![..rows, ..])
}

pub(super) fn first_rows_mut<T>(buffer: &mut Array2<T>, rows: usize) -> ArrayViewMut2<'_, T> {
    buffer.slice_mut(s![..rows, ..])
}

/// The first rows, one after another.
pub(super) fn flat<T>(buffer: &Array2<T>, rows: usize) -> &[T] {
    let all = buffer.as_slice().expect("buffers are in standard layout");
    &all[..rows * buffer.ncols()]
}

pub(super) fn flat_mut<T>(buffer: &mut Array2<T>, rows: usize) -> &mut [T] {
    let columns = buffer.ncols();
    let all = buffer.as_slice_mut().expect("buffers are in standard layout");
    &mut all[..rows * columns]
}
