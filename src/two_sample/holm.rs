//! Holm's correction for several tests.

/// The p-values of k tests, adjusted: those at most α reject their hypotheses with a probability of at
/// most α for any error among them, however the tests depend on each other.
///
/// In ascending order the i-th (from 0) becomes `max_{j ≤ i} min(1, (k − j)·p_j)`.
///
/// ```
/// use deblais::two_sample::holm;
/// assert_eq!(holm(&[0.01, 0.25, 0.03]), [0.03, 0.25, 0.06]);
/// ```
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &test) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        largest = largest.max((left * p_values[test]).min(1.0));
        adjusted[test] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R 4.3: `p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.5), "holm")`.
    #[test]
    fn adjusted_values_are_those_of_r() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005, 0.5]);
        for (have, want) in adjusted.iter().zip([0.04, 0.09, 0.09, 0.025, 0.5]) {
            assert!((have - want).abs() < 1e-15, "{adjusted:?}");
        }
        assert_eq!(holm(&[0.7, 0.6]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
