//! Minima, and their places, in SIMD lanes.

/// The smallest of the lanes that a SIMD loop leaves, halves folded onto each other: one after
/// another they would take as long as a row of hundreds. The number of lanes is a power of two.
#[inline(always)]
pub(crate) fn smallest_lane<const N: usize>(mut lanes: [f64; N]) -> f64 {
    let mut half = N / 2;
    while half > 0 {
        for k in 0..half {
            let other = lanes[k + half];
            lanes[k] = if other < lanes[k] { other } else { lanes[k] };
        }
        half /= 2;
    }
    lanes[0]
}

/// The first k with `value(first[k], second[k]) = sought`, looked for in blocks that SIMD can
/// compare.
#[inline(always)]
pub(crate) fn position_of(
    sought: f64,
    first: &[f64],
    second: &[f64],
    value: impl Fn(f64, f64) -> f64,
) -> Option<usize> {
    const BLOCK: usize = 32;
    let (a, _) = first.as_chunks::<BLOCK>();
    let (b, _) = second.as_chunks::<BLOCK>();
    let holds = |(a, b): (&[f64; BLOCK], &[f64; BLOCK])| {
        let mut any = false;
        for k in 0..BLOCK {
            any |= value(a[k], b[k]) == sought;
        }
        any
    };
    let from = BLOCK * a.iter().zip(b).position(holds).unwrap_or(a.len());
    (from..first.len()).find(|&k| value(first[k], second[k]) == sought)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minima_in_lanes_and_their_places() {
        assert_eq!(smallest_lane([3.0, 1.0, 4.0, 1.5]), 1.0);
        assert_eq!(smallest_lane([f64::INFINITY]), f64::INFINITY);
        let values: Vec<f64> = (0..75).map(f64::from).collect();
        for sought in [0.0, 31.0, 32.0, 63.0, 64.0, 74.0] {
            let found = position_of(2.0 * sought, &values, &values, |a, b| a + b);
            assert_eq!(found.map(|k| values[k]), Some(sought));
        }
        assert_eq!(position_of(7.0, &[9.0, 8.0, 9.0], &[2.0, 1.0, 2.0], |a, b| a - b), Some(0));
        assert_eq!(position_of(0.5, &values, &values, |a, b| a + b), None);
    }
}
