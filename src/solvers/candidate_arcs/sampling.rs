//! A reproducible random subset.

/// `count` distinct indices below n, ascending; the same for the same arguments, on every
/// machine. Selection sampling (Knuth, TAOCP 2, §3.4.2, algorithm S) over a `SplitMix64` stream.
pub(crate) fn sample(n: usize, count: usize, stream: u64) -> Vec<usize> {
    let mut state = stream.wrapping_mul(0xD134_2543_DE82_EF95);
    let mut kept = Vec::with_capacity(count);
    for index in 0..n {
        let (left, wanted) = ((n - index) as u64, (count - kept.len()) as u64);
        if (u128::from(next(&mut state)) * u128::from(left)) >> 64 < u128::from(wanted) {
            kept.push(index);
        }
    }
    kept
}

/// The next number of a `SplitMix64` stream.
pub(crate) fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_ascending_complete_and_reproducible() {
        for (n, count) in [(1, 1), (10, 0), (100, 25), (1000, 250), (7, 7)] {
            let kept = sample(n, count, 3);
            assert_eq!(kept.len(), count);
            assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(kept.iter().all(|&k| k < n));
            assert_eq!(kept, sample(n, count, 3));
        }
        assert_ne!(sample(1000, 250, 1), sample(1000, 250, 2));
    }
}
