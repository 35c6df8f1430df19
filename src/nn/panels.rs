//! Gradients by the parameters, added up in panels.
//!
//! A panel is some rows of one layer's weights, which lie one after another in the parameter
//! vector; the biases belong to the last panel of a layer. Panels are computed in parallel; each adds
//! up the contributions of all blocks of rows in order. The cut depends on the network alone.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;

use super::elementwise::add_rows;
use super::layer::Layer;
use super::product::add_product;
use super::real::Real;

/// Largest number of rows of a block of a batch: enough for `gemm` to be fast, few enough for the
/// cache.
pub(super) const MAX_BLOCK_ROWS: usize = 256;

/// Smallest number of rows that is cut into two parts or more.
const MIN_SPLIT_ROWS: usize = 128;

/// Approximate largest number of weights of a panel.
const MAX_PANEL_WEIGHTS: usize = 1 << 17;

/// Number of parts that a batch of `rows` rows is cut into: an even number, so that two threads have
/// equal work, and no part of more than [`MAX_BLOCK_ROWS`] rows.
pub(super) fn parts(rows: usize) -> usize {
    if rows < MIN_SPLIT_ROWS { 1 } else { 2 * rows.div_ceil(2 * MAX_BLOCK_ROWS) }
}

/// The k-th of equal parts.
pub(super) fn part(k: usize, rows: usize, parts: usize) -> Range<usize> {
    k * rows / parts..(k + 1) * rows / parts
}

/// Some rows of a layer's weights, and the biases if they are the last ones.
#[derive(Debug, Clone)]
pub(super) struct WeightPanel {
    pub(super) layer: usize,
    /// The layer itself.
    of: Layer,
    rows: Range<usize>,
    /// The range of the panel in the parameter vector.
    place: Range<usize>,
}

/// A panel of a gradient.
pub(super) struct WeightPanelMut<'g, T> {
    layer: Layer,
    rows: Range<usize>,
    weights: ArrayViewMut2<'g, T>,
    /// Empty unless the panel is the last of its layer.
    bias: &'g mut [T],
}

impl WeightPanel {
    /// The panels of a network's parameters in order: the weights of all layers are cut into equal
    /// shares, each rounded to whole rows.
    pub(super) fn all(layers: &[Layer]) -> Vec<Self> {
        let size: usize = layers.iter().map(Layer::size).sum();
        let shares = 2 * size.div_ceil(2 * MAX_PANEL_WEIGHTS);
        let (mut panels, mut before) = (vec![], 0);
        for (l, layer) in layers.iter().enumerate() {
            let (rows, columns) = layer.shape;
            let row_at = |weights: usize| (weights.saturating_sub(before) / columns).min(rows);
            let mut ends: Vec<usize> = (1..shares).map(|k| row_at(k * size / shares)).collect();
            ends.push(rows);
            let mut start = 0;
            for end in ends {
                if end > start {
                    panels.push(Self::new(l, layer, start..end));
                    start = end;
                }
            }
            before += layer.size();
        }
        panels
    }

    fn new(l: usize, layer: &Layer, rows: Range<usize>) -> Self {
        let (all, columns) = layer.shape;
        let end = if rows.end == all { layer.end() } else { layer.start + rows.end * columns };
        let place = layer.start + rows.start * columns..end;
        Self { layer: l, of: *layer, rows, place }
    }

    fn cut<'g, T>(&self, gradient: &'g mut [T]) -> WeightPanelMut<'g, T> {
        let shape = (self.rows.len(), self.of.shape.1);
        let (weights, bias) = gradient.split_at_mut(shape.0 * shape.1);
        let weights =
            ArrayViewMut2::from_shape(shape, weights).expect("the slice has the size of the shape");
        WeightPanelMut { layer: self.of, rows: self.rows.clone(), weights, bias }
    }
}

impl<T: Real> WeightPanelMut<'_, T> {
    /// Adds xᵀ s, for the layer's inputs x, to the part of ∂W in the panel.
    pub(super) fn add_product(&mut self, x: ArrayView2<T>, s: ArrayView2<T>) {
        let Self { layer, rows, weights, .. } = self;
        layer.each_pair(x, s, |a, b| {
            let a = a.slice_move(s![.., rows.clone()]);
            add_product(a.reversed_axes(), b, weights.view_mut());
        });
    }

    /// ∂b ← ∂b + sum, unless the sum is over no rows.
    pub(super) fn add_bias(&mut self, sum: &[T], rows: usize) {
        if rows > 0 && !self.bias.is_empty() {
            add_rows(sum, self.bias);
        }
    }
}

/// Calls `add` for every panel with its part of the gradient.
pub(super) fn add_by_panels<T: Real>(
    panels: &[WeightPanel],
    gradient: &mut [T],
    add: &(impl Fn(&WeightPanel, &mut WeightPanelMut<T>) + Sync),
) {
    let end = panels.last().map_or(0, |panel| panel.place.end);
    assert_eq!(gradient.len(), end, "another network's gradient");
    halve(panels, gradient, add, rayon::current_num_threads() == 1);
}

/// Halves of the panels in parallel, down to single ones.
fn halve<T: Real>(
    panels: &[WeightPanel],
    gradient: &mut [T],
    add: &(impl Fn(&WeightPanel, &mut WeightPanelMut<T>) + Sync),
    alone: bool,
) {
    if let [panel] = panels {
        return add(panel, &mut panel.cut(gradient));
    }
    let (left, right) = panels.split_at(middle(panels));
    let (first, second) = gradient.split_at_mut(right[0].place.start - left[0].place.start);
    if alone {
        halve(left, first, add, alone);
        halve(right, second, add, alone);
    } else {
        rayon::join(|| halve(left, first, add, alone), || halve(right, second, add, alone));
    }
}

/// The index at which two panels or more are cut into halves of about equal weights.
fn middle(panels: &[WeightPanel]) -> usize {
    let (start, end) = (panels[0].place.start, panels[panels.len() - 1].place.end);
    let off = |k: &usize| panels[*k].place.start.abs_diff(usize::midpoint(start, end));
    (1..panels.len()).min_by_key(off).expect("two panels or more")
}

/// Runs a training step on a thread of rayon's pool, so that its parallel rounds need no
/// wake-up of threads in between. On one thread it is a plain call.
pub fn on_the_pool<R: Send>(step: impl FnOnce() -> R + Send) -> R {
    if rayon::current_num_threads() == 1 { step() } else { rayon::scope(|_| step()) }
}

/// Runs `work` on each block, in parallel if there are several blocks and threads.
pub(super) fn each<B: Send>(blocks: &mut [B], work: impl Fn(&mut B) + Sync + Send) {
    if blocks.len() < 2 || rayon::current_num_threads() == 1 {
        blocks.iter_mut().for_each(work);
    } else {
        blocks.par_iter_mut().with_max_len(1).for_each(work);
    }
}

/// Runs over blocks of two kinds in parallel. Both lists are halved together, so that two threads share
/// each kind equally.
pub(super) fn for_each_of_two<A: Send, B: Send>(
    (a, b): (&mut [A], &mut [B]),
    of_a: &(impl Fn(&mut A) + Sync),
    of_b: &(impl Fn(&mut B) + Sync),
) {
    if (a.len() < 2 && b.len() < 2) || rayon::current_num_threads() == 1 {
        b.iter_mut().for_each(of_b);
        a.iter_mut().for_each(of_a);
        return;
    }
    let ((a, more_a), (b, more_b)) = (a.split_at_mut(a.len() / 2), b.split_at_mut(b.len() / 2));
    rayon::join(
        || for_each_of_two((a, b), of_a, of_b),
        || for_each_of_two((more_a, more_b), of_a, of_b),
    );
}
