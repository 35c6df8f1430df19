//! The spectral norm of a matrix, from above.
//!
//! With `G_0 = WᵀW` (or `WWᵀ`, whichever is smaller) and `G_{t+1} = G_t²`,
//!
//! ```text
//! ‖W‖₂ ≤ ‖G_t‖_F^(1/2^(t+1)) ≤ r^(1/2^(t+2))·‖W‖₂,   r = the rank of W,
//! ```
//!
//! since the Frobenius norm lies between the spectral norm and √r times it. Every t gives a bound,
//! each better than the one before; the iteration ends when the bound falls no more, after at most
//! some fifty products. Each `G_t` is divided by its norm, so nothing overflows.
//!
//! **Rounding.** A product of inner length k has an error of at most `γ_k` ≈ kε/2 times the product of
//! absolute values, whose norm is at most r times the spectral norm squared: a relative error of
//! `rγ_k`, halved with every root that is taken afterwards. The bound returned is larger by the factor
//! 1 + 2rkε, which covers the sum of these errors.
//!
//! Complexity: `O(r³)` a product.
//!
//! Reference: Delattre, Barthélemy, Araujo, Allauzen 2023, "Efficient bound of Lipschitz constant
//! for convolutional layers by Gram iteration", ICML.

use ndarray::{Array2, ArrayView2};

use super::product::product;

/// Largest number of products: 2⁻⁶⁰ of a logarithm is below rounding.
const MAX_SQUARINGS: i32 = 60;

/// An upper bound of ‖W‖₂, above it by a few roundings only.
///
/// # Examples
/// ```
/// let stretch = ndarray::array![[0.0, 3.0], [-2.0, 0.0], [0.0, 0.0]];
/// let bound = deblais::nn::spectral_norm(stretch.view());
/// assert!((3.0..3.0 + 1e-12).contains(&bound));
/// ```
#[must_use]
pub fn spectral_norm(weights: ArrayView2<'_, f64>) -> f64 {
    if !weights.iter().all(|w| w.is_finite()) {
        return f64::INFINITY;
    }
    let largest = weights.iter().fold(0.0, |most: f64, w| w.abs().max(most));
    if largest == 0.0 {
        return 0.0;
    }
    let w = weights.mapv(|w| w / largest);
    let (k, r) = (w.nrows().max(w.ncols()), w.nrows().min(w.ncols()));
    let mut gram = Array2::zeros((r, r));
    if w.nrows() < w.ncols() {
        product(w.view(), w.t(), gram.view_mut());
    } else {
        product(w.t(), w.view(), gram.view_mut());
    }
    // ln ‖G_t‖ before all divisions, times 2⁻ᵗ.
    let (mut logarithm, mut share) = (0.0, 1.0);
    let mut bound = f64::INFINITY;
    let mut square = gram.clone();
    for _ in 0..MAX_SQUARINGS {
        let norm = gram.iter().map(|g| g * g).sum::<f64>().sqrt();
        logarithm += share * norm.ln();
        let next = (0.5 * logarithm).exp();
        if next >= bound {
            break;
        }
        bound = next;
        gram /= norm;
        product(gram.view(), gram.view(), square.view_mut());
        std::mem::swap(&mut gram, &mut square);
        share *= 0.5;
    }
    bound * largest * (1.0 + 2.0 * (r * k) as f64 * f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::nn::Init;
    use crate::seed::Seed;

    /// A matrix with known singular values.
    fn with_singular_values(shape: (usize, usize), values: &[f64]) -> Array2<f64> {
        let mut stream = Seed(3).stream("norm");
        let left = Init::Orthogonal.weights(shape.0, shape.0, &mut stream);
        let right = Init::Orthogonal.weights(shape.1, shape.1, &mut stream);
        let mut middle = Array2::zeros(shape);
        for (i, &value) in values.iter().enumerate() {
            middle[[i, i]] = value;
        }
        left.dot(&middle).dot(&right)
    }

    #[test]
    fn the_bound_is_the_largest_singular_value_and_never_less() {
        let close: Vec<f64> = (0..40).map(|i| 2.0 - 1e-9 * f64::from(i)).collect();
        let cases: [((usize, usize), Vec<f64>); 6] = [
            ((1, 1), vec![7.0]),
            ((3, 5), vec![1e-200, 0.0, 0.0]),
            ((64, 64), vec![1.0; 64]),
            ((40, 50), close),
            ((100, 30), (1..=30).map(f64::from).collect()),
            ((20, 20), (0..20).map(|i| 10f64.powi(150 - i)).collect()),
        ];
        for (shape, values) in cases {
            let largest = values.iter().fold(0.0, |a: f64, b| a.max(*b));
            let bound = spectral_norm(with_singular_values(shape, &values).view());
            assert!(bound >= largest * (1.0 - 1e-14), "{bound} for {largest}");
            assert!(bound <= largest * (1.0 + 1e-10), "{bound} for {largest}");
        }
    }

    #[test]
    fn a_single_layer_is_bounded_from_both_sides() {
        let mut stream = Seed(4).stream("norm");
        let w = Init::He.weights(33, 65, &mut stream);
        let bound = spectral_norm(w.view());
        // Power iteration gives the norm from below.
        let mut x = ndarray::Array1::from_elem(33, 1.0);
        for _ in 0..20_000 {
            x = w.dot(&w.t().dot(&x));
            x /= x.dot(&x).sqrt();
        }
        let below = w.t().dot(&x).mapv(|x| x * x).sum().sqrt();
        assert!(below <= bound && bound <= below * (1.0 + 1e-9), "{below} {bound}");
    }

    #[test]
    fn zeros_have_norm_zero_and_broken_weights_infinity() {
        assert_eq!(spectral_norm(Array2::zeros((3, 4)).view()), 0.0);
        for broken in [f64::NAN, f64::INFINITY] {
            assert_eq!(spectral_norm(Array2::from_elem((2, 2), broken).view()), f64::INFINITY);
        }
    }
}
