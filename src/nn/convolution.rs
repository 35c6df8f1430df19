//! Convolutions of images, and their transposes, as products of matrices.
//!
//! An image is a row: pixel by pixel from the top left, of each pixel its channels. A convolution
//! slides a window of k × k pixels over it in steps of `stride`, with `padding` zeros around the
//! image, and takes at each position the same linear map of what it sees. With P the linear map
//! that copies what the windows see into the rows of a matrix (im2col),
//!
//! ```text
//! z = P(x) W,   W (k²·channels, filters),   a row a position:  h' × w' of them,
//! h' = ⌊(h + 2·padding − k)/stride⌋ + 1
//! ```
//!
//! z read as a row is an image again, of `filters` channels. Since it is linear in x and in W, for
//! s = ∂L/∂z
//!
//! ```text
//! ∂L/∂x = Pᵀ(s Wᵀ),   ∂L/∂W = P(x)ᵀ s,   ∂L/∂b = Σ_positions s
//! ```
//!
//! and double back-propagation needs nothing else. Pᵀ adds what the windows hold to the pixels that
//! they see (col2im). The transposed convolution is the same with x and z changing places: from
//! h' × w' × filters up to h × w × channels.
//!
//! **Norm.** A pixel is in at most ⌈k/stride⌉² windows, so ‖P x‖ ≤ ⌈k/stride⌉·‖x‖, and neither map
//! stretches by more than ⌈k/stride⌉·‖W‖₂.
//!
//! **Complexity.** 2·h'·w'·k²·channels·filters operations an image and product; P is made for some
//! images at a time, so that it stays in a core's cache.
//!
//! **References.** Dumoulin, Visin 2016, "A guide to convolution arithmetic for deep learning",
//! arXiv:1603.07285; Chellapilla, Puri, Simard 2006, "High performance convolutional neural networks
//! for document processing", IWFHR (im2col); Radford, Metz, Chintala 2016, "Unsupervised
//! representation learning with deep convolutional generative adversarial networks", ICLR.

use std::ops::Range;

use macro_rules_attribute::apply;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use serde::{Deserialize, Serialize};

use super::product::product;
use super::real::Real;
use crate::math::simd_targets;

/// Approximate largest number of entries of P in memory at a time.
const TILE_ENTRIES: usize = 1 << 17;

/// Largest value of any size of a convolution.
const MAX_SIZE: usize = 1 << 12;

/// A window that slides over images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convolution {
    /// Rows of the images.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Channels of a pixel.
    pub channels: usize,
    /// Filters: numbers at a position.
    pub filters: usize,
    /// Pixels along a side of the window.
    pub kernel: usize,
    /// Pixels between two positions.
    pub stride: usize,
    /// Zeros around the images.
    pub padding: usize,
}

impl Convolution {
    /// A convolution that halves even sides of images: windows of 4 × 4 pixels, stride 2.
    #[must_use]
    pub fn halving((height, width): (usize, usize), channels: usize, filters: usize) -> Self {
        Self { height, width, channels, filters, kernel: 4, stride: 2, padding: 1 }
    }

    /// Whether the window fits the padded images and all sizes are allowed.
    pub(super) fn is_sound(&self) -> bool {
        let Self { height, width, channels, filters, kernel, stride, padding } = *self;
        let sizes = [height, width, channels, filters, kernel, stride];
        sizes.iter().all(|size| (1..=MAX_SIZE).contains(size))
            && padding < kernel
            && kernel <= height.min(width) + 2 * padding
    }

    /// Positions of the window down and across.
    #[must_use]
    pub fn positions(&self) -> (usize, usize) {
        let along = |length| (length + 2 * self.padding - self.kernel) / self.stride + 1;
        (along(self.height), along(self.width))
    }

    /// Numbers of an image.
    pub(super) fn image(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Numbers at all positions.
    pub(super) fn answers(&self) -> usize {
        self.windows() * self.filters
    }

    /// Entries of a window: k²·channels.
    pub(super) fn patch(&self) -> usize {
        self.kernel * self.kernel * self.channels
    }

    /// ⌈k/stride⌉: the root of how many windows see a pixel, at the most.
    pub(super) fn overlap(&self) -> usize {
        self.kernel.div_ceil(self.stride)
    }

    fn windows(&self) -> usize {
        let (down, across) = self.positions();
        down * across
    }

    /// Number of images whose P is in memory at a time.
    fn images(&self) -> usize {
        (TILE_ENTRIES / (self.windows() * self.patch())).max(1)
    }

    /// A buffer for P.
    fn room<T: Real>(&self, rows: usize) -> Array2<T> {
        Array2::zeros((rows.min(self.images()) * self.windows(), self.patch()))
    }

    /// z ← P(x) W.
    pub(super) fn correlate<T: Real>(
        &self,
        x: ArrayView2<T>,
        w: ArrayView2<T>,
        mut z: ArrayViewMut2<T>,
    ) {
        let mut room = self.room(x.nrows());
        let z = z.axis_chunks_iter_mut(Axis(0), self.images());
        for (x, z) in x.axis_chunks_iter(Axis(0), self.images()).zip(z) {
            let windows = x.nrows() * self.windows();
            let z = z.into_shape_with_order((windows, self.filters)).expect("without gaps");
            product(self.patches(x, &mut room), w, z);
        }
    }

    /// u ← Pᵀ(s Wᵀ).
    pub(super) fn spread<T: Real>(
        &self,
        s: ArrayView2<T>,
        w: ArrayView2<T>,
        mut u: ArrayViewMut2<T>,
    ) {
        let mut room = self.room(s.nrows());
        let u = u.axis_chunks_iter_mut(Axis(0), self.images());
        for (s, mut u) in s.axis_chunks_iter(Axis(0), self.images()).zip(u) {
            let s = self.by_position(s);
            let mut patches = room.view_mut().split_at(Axis(0), s.nrows()).0;
            product(s, w.reversed_axes(), patches.view_mut());
            let patches = patches.as_slice().expect("rows from the first one on");
            let u = u.as_slice_mut().expect("buffers are in standard layout");
            u.fill(T::zero());
            scatter(self, patches, u);
        }
    }

    /// Calls `add` with pairs of P(x) and s, a row a position, some images at a time.
    pub(super) fn each_pair<T: Real>(
        &self,
        x: ArrayView2<T>,
        s: ArrayView2<T>,
        mut add: impl FnMut(ArrayView2<T>, ArrayView2<T>),
    ) {
        let mut room = self.room(x.nrows());
        let s = s.axis_chunks_iter(Axis(0), self.images());
        for (x, s) in x.axis_chunks_iter(Axis(0), self.images()).zip(s) {
            add(self.patches(x, &mut room), self.by_position(s));
        }
    }

    /// P(x) for some images.
    fn patches<'r, T: Real>(&self, x: ArrayView2<T>, room: &'r mut Array2<T>) -> ArrayView2<'r, T> {
        let windows = x.nrows() * self.windows();
        let x = x.as_slice().expect("buffers are in standard layout");
        gather(self, x, room.as_slice_mut().expect("made in one piece"));
        room.view().split_at(Axis(0), windows).0
    }

    /// Rows of images as rows of positions.
    fn by_position<'s, T>(&self, s: ArrayView2<'s, T>) -> ArrayView2<'s, T> {
        let shape = (s.nrows() * self.windows(), self.filters);
        s.into_shape_with_order(shape).expect("without gaps")
    }

    /// The part of a row of a window that lies within the image, and its first pixel in the image.
    #[inline(always)]
    fn inside(&self, position: usize, row: usize, across: usize) -> (Range<usize>, usize) {
        let Self { height, width, channels, kernel, stride, padding, .. } = *self;
        let top = position / across * stride + row;
        if top < padding || top - padding >= height {
            return (0..0, 0);
        }
        let left = position % across * stride;
        let first = padding.saturating_sub(left).min(kernel);
        let end = (width + padding).saturating_sub(left).min(kernel).max(first);
        let from = ((top - padding) * width + (left + first).saturating_sub(padding)) * channels;
        (first * channels..end * channels, from)
    }
}

/// Gathers the pixels of all windows, window by window.
#[apply(simd_targets)]
fn gather<T: Real>(convolution: &Convolution, images: &[T], patches: &mut [T]) {
    let (across, run) = (convolution.positions().1, convolution.kernel * convolution.channels);
    let windows = patches.chunks_exact_mut(convolution.windows() * convolution.patch());
    for (image, windows) in images.chunks_exact(convolution.image()).zip(windows) {
        for (position, window) in windows.chunks_exact_mut(convolution.patch()).enumerate() {
            for (row, seen) in window.chunks_exact_mut(run).enumerate() {
                let (inside, from) = convolution.inside(position, row, across);
                seen[..inside.start].fill(T::zero());
                seen[inside.end..].fill(T::zero());
                let pixels = &image[from..from + inside.len()];
                for (seen, &pixel) in seen[inside].iter_mut().zip(pixels) {
                    *seen = pixel;
                }
            }
        }
    }
}

/// Adds what the windows hold to the pixels that they see.
#[apply(simd_targets)]
fn scatter<T: Real>(convolution: &Convolution, patches: &[T], images: &mut [T]) {
    let (across, run) = (convolution.positions().1, convolution.kernel * convolution.channels);
    let windows = patches.chunks_exact(convolution.windows() * convolution.patch());
    for (image, windows) in images.chunks_exact_mut(convolution.image()).zip(windows) {
        for (position, window) in windows.chunks_exact(convolution.patch()).enumerate() {
            for (row, seen) in window.chunks_exact(run).enumerate() {
                let (inside, from) = convolution.inside(position, row, across);
                let pixels = &mut image[from..from + inside.len()];
                for (pixel, &seen) in pixels.iter_mut().zip(&seen[inside]) {
                    *pixel += seen;
                }
            }
        }
    }
}
