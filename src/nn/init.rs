//! First weights of a layer with n inputs and m outputs, drawn in `f64`.
//!
//! References: He, Zhang, Ren, Sun 2015, "Delving deep into rectifiers", ICCV; Glorot, Bengio
//! 2010, "Understanding the difficulty of training deep feedforward neural networks", AISTATS;
//! Saxe, McClelland, Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep
//! linear neural networks", ICLR; Giraud, Langou, Rozložník 2005, "The loss of orthogonality in
//! the Gram–Schmidt orthogonalization process", Comput. Math. Appl. 50.

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::seed::Stream;

/// The distribution of the first weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// Normal with variance 2/n, which rectifiers pass on.
    He,
    /// Uniform on ±√(6/(n + m)), for symmetric activations such as tanh.
    Glorot,
    /// `WᵀW = I`, or `WWᵀ = I` if n < m: uniform among such matrices. Norms of gradients pass
    /// through unchanged, as 1-Lipschitz critics need it.
    Orthogonal,
}

impl Init {
    /// Weights (n, m).
    #[must_use]
    pub fn weights(self, n: usize, m: usize, stream: &mut Stream) -> Array2<f64> {
        let shape = (n, m);
        match self {
            Self::He => {
                let deviation = (2.0 / n as f64).sqrt();
                Array2::from_shape_simple_fn(shape, || deviation * stream.normal())
            }
            Self::Glorot => {
                let bound = (6.0 / (n + m) as f64).sqrt();
                Array2::from_shape_simple_fn(shape, || bound * (2.0 * stream.uniform() - 1.0))
            }
            Self::Orthogonal => {
                let rows = orthonormal_rows(n.min(m), n.max(m), stream);
                if n < m { rows } else { rows.reversed_axes() }
            }
        }
    }
}

/// Orthonormal rows, uniformly distributed: normal draws made orthonormal one after another by
/// modified Gram–Schmidt, each twice ("twice is enough": orthogonal to rounding).
fn orthonormal_rows(count: usize, length: usize, stream: &mut Stream) -> Array2<f64> {
    let mut rows = Array2::zeros((count, length));
    for k in 0..count {
        let (done, mut rest) = rows.view_mut().split_at(Axis(0), k);
        let mut row = Array1::from_shape_simple_fn(length, || stream.normal());
        for _ in 0..2 {
            for earlier in done.rows() {
                let share = row.dot(&earlier);
                row.scaled_add(-share, &earlier);
            }
        }
        row /= row.dot(&row).sqrt();
        rest.row_mut(0).assign(&row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn orthogonal_weights_are_orthogonal() {
        for (n, m) in [(1, 1), (2, 64), (64, 2), (64, 64), (200, 130), (200, 200)] {
            let w = Init::Orthogonal.weights(n, m, &mut Seed(1).stream("w"));
            assert_eq!(w.dim(), (n, m));
            let gram = if n < m { w.dot(&w.t()) } else { w.t().dot(&w) };
            let worst =
                (gram - Array2::<f64>::eye(n.min(m))).iter().fold(0.0, |w: f64, e| w.max(e.abs()));
            // A single round of Gram–Schmidt leaves 5e-15 and more in the square ones.
            assert!(worst < 4e-15, "({n}, {m}): {worst:e}");
        }
    }

    #[test]
    fn orthogonal_weights_are_not_always_the_same() {
        // A determinant of either sign: Gram–Schmidt on normal draws favors none.
        let mut stream = Seed(2).stream("w");
        let negative = |w: &Array2<f64>| w[[0, 0]] * w[[1, 1]] - w[[0, 1]] * w[[1, 0]] < 0.0;
        let count =
            (0..400).filter(|_| negative(&Init::Orthogonal.weights(2, 2, &mut stream))).count();
        // Five standard deviations.
        assert!(count.abs_diff(200) < 50, "{count} of 400");
    }

    #[test]
    fn he_and_glorot_have_their_variances() {
        let (n, m) = (150, 100);
        for (init, variance, fourth) in
            [(Init::He, 2.0 / 150.0, 3.0), (Init::Glorot, 2.0 / 250.0, 9.0 / 5.0)]
        {
            let w = init.weights(n, m, &mut Seed(1).stream("w"));
            let mean_square = w.iter().map(|x| x * x).sum::<f64>() / (n * m) as f64;
            // Five standard deviations of a mean of squares; `fourth` is E x⁴/(E x²)².
            let allowed = 5.0 * variance * f64::sqrt((fourth - 1.0) / (n * m) as f64);
            assert!((mean_square - variance).abs() < allowed, "{init:?}: {mean_square}");
        }
        let bound = (6.0_f64 / 250.0).sqrt();
        let w = Init::Glorot.weights(n, m, &mut Seed(1).stream("w"));
        assert!(w.iter().all(|x| x.abs() <= bound));
    }
}
