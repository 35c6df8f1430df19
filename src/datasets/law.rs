//! Laws: distributions to draw independent points from.

use ndarray::{Array2, ArrayView2};

use crate::seed::Stream;

/// A probability law on R^d.
pub trait Law: Send + Sync {
    /// d.
    fn dim(&self) -> usize;

    /// n independent points, shape (n, d).
    fn draw(&self, n: usize, stream: &mut Stream) -> Array2<f64>;

    /// The modes of the law, if it is a mixture around points.
    fn modes(&self) -> Option<Modes<'_>> {
        None
    }
}

/// Normal distributions of one deviation and equal shares around several points.
#[derive(Debug, Clone, Copy)]
pub struct Modes<'a> {
    /// The points, shape (k, d).
    pub centers: ArrayView2<'a, f64>,
    /// The standard deviation of each coordinate around them.
    pub deviation: f64,
}
