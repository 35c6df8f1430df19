//! What a forward pass records and a backward pass needs.
//!
//! Everything is allocated once for the largest batch; smaller batches use the first rows. A step
//! of training allocates nothing but what `gemm` packs its factors into.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

use super::activation::Record;
use super::dense::Dense;
use super::mlp::Mlp;
use super::real::Real;

/// The workspace of an [`Mlp`] for batches of up to a given number of rows.
#[derive(Debug, Clone)]
pub struct Tape<T> {
    /// Rows of the batch recorded last.
    pub(super) rows: usize,
    pub(super) inputs: Array2<T>,
    pub(super) layers: Vec<Trace<T>>,
    /// The gradient by the inputs, once one was asked for.
    pub(super) input_gradient: Array2<T>,
}

/// One layer's part.
#[derive(Debug, Clone)]
pub(super) struct Trace<T> {
    pub(super) kept: Kept<T>,
    /// The gradient by the outputs.
    pub(super) u: Array2<T>,
    /// The gradient by the pre-activations.
    pub(super) s: Array2<T>,
}

/// What a layer's forward pass leaves.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    /// Pre-activations.
    pub(super) z: Array2<T>,
    /// Outputs.
    pub(super) a: Array2<T>,
    /// Where sorted outputs came from; empty unless the activation records it.
    order: Vec<u32>,
}

impl<T: Real> Tape<T> {
    /// Room for batches of up to `rows` rows through `network`.
    #[must_use]
    pub fn new(network: &Mlp<T>, rows: usize) -> Self {
        let inputs = Array2::zeros((rows, network.inputs()));
        let layers = network.layers.iter().map(|layer| Trace::new(layer, rows)).collect();
        Self { rows: 0, input_gradient: inputs.clone(), inputs, layers }
    }

    /// The most rows that a batch may have.
    pub fn capacity(&self) -> usize {
        self.inputs.nrows()
    }

    /// The outputs of the batch recorded last.
    pub fn outputs(&self) -> ArrayView2<'_, T> {
        self.inputs_of(self.layers.len())
    }

    /// The inputs of a layer: the batch, or the outputs of the layer below.
    pub(super) fn inputs_of(&self, layer: usize) -> ArrayView2<'_, T> {
        let x = layer.checked_sub(1).map_or(&self.inputs, |below| &self.layers[below].kept.a);
        first_rows(x, self.rows)
    }
}

impl<T: Real> Trace<T> {
    fn new(layer: &Dense, rows: usize) -> Self {
        let zeros = Array2::zeros((rows, layer.outputs));
        let ordered = if layer.activation.keeps_order() { zeros.len() } else { 0 };
        let kept = Kept { z: zeros.clone(), a: zeros.clone(), order: vec![0; ordered] };
        Self { kept, u: zeros.clone(), s: zeros }
    }

    /// a ← φ(z).
    pub(super) fn activate(&mut self, layer: &Dense, rows: usize) {
        let Kept { z, a, order } = &mut self.kept;
        let ordered = order.len().min(rows * layer.outputs);
        layer.activation.apply(flat(z, rows), flat_mut(a, rows), &mut order[..ordered]);
    }

    /// s ← Jᵀ u.
    pub(super) fn pull_back(&mut self, layer: &Dense, rows: usize) {
        let record = self.kept.record(rows);
        layer.activation.pull_back(record, flat(&self.u, rows), flat_mut(&mut self.s, rows));
    }
}

impl<T: Real> Kept<T> {
    /// The record of the first `rows` rows.
    pub(super) fn record(&self, rows: usize) -> Record<'_, T> {
        let (z, a) = (flat(&self.z, rows), flat(&self.a, rows));
        Record { z, a, order: &self.order[..self.order.len().min(z.len())] }
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
