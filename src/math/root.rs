//! Roots, rounded outward.

/// Two numbers between which `cost^(1/p)` lies, for a cost ≥ 0;
/// less than 0 counts as 0.
#[must_use]
pub fn root(cost: f64, p: f64) -> (f64, f64) {
    /// Half the distance from 1 to the next `f64`.
    const ROUNDING: f64 = 0.5 * f64::EPSILON;
    /// Largest error of a call of `powf`, in roundings, and as much for the ends.
    const POWER: f64 = 8.0;
    let cost = cost.max(0.0);
    if p == 1.0 || cost == 0.0 || cost == f64::INFINITY {
        return (cost, cost);
    }
    if p == 2.0 {
        let root = cost.sqrt();
        // The square of a number with few digits is itself exact.
        let is_exact = cost > f64::MIN_POSITIVE.sqrt() && root.mul_add(root, -cost) == 0.0;
        return if is_exact { (root, root) } else { (root.next_down(), root.next_up()) };
    }
    let root = cost.powf(1.0 / p);
    // 1/p is rounded, too, and enters by the root's logarithm.
    let error = root * ROUNDING * (POWER + 2.0 * root.ln().abs());
    if root.is_normal() {
        ((root - error).next_down().max(0.0), (root + error).next_up())
    } else if root > 1.0 {
        (f64::MAX, f64::INFINITY)
    } else {
        (0.0, 2.0 * f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_rounded_outward() {
        for k in 1..400_u32 {
            for p in 1..=6 {
                let Ok(power) = u32::try_from(u64::from(k).pow(p)) else { continue };
                let (low, high) = root(f64::from(power), f64::from(p));
                let exact = f64::from(k);
                assert!(low <= exact && exact <= high, "{power} {p}: {low} {high}");
                let is_narrow = high - low <= 40.0 * f64::EPSILON * exact;
                assert!(is_narrow && (p > 2 || low == high), "{power} {p}: {low} {high}");
            }
        }
        let (low, high) = root(2.0, 2.0);
        assert!(low * low < 2.0 && high * high > 2.0);
    }

    #[test]
    fn the_ends_of_the_range_are_bounds_too() {
        assert_eq!((root(0.0, 3.0), root(-1e-300, 2.0)), ((0.0, 0.0), (0.0, 0.0)));
        assert_eq!(root(f64::INFINITY, 2.0), (f64::INFINITY, f64::INFINITY));
        assert_eq!(root(1e300, 0.5), (f64::MAX, f64::INFINITY));
        let (low, high) = root(1e-300, 0.5);
        assert!(low == 0.0 && high > 0.0);
        // 1/p is rounded, and the logarithm of the root is large.
        let (low, high) = root(1e-3, 0.01);
        assert!(low < 1e-300 && 1e-300 < high && high < 1.000_001e-300, "{low:e} {high:e}");
    }
}
