//! Powers of ground costs.

use super::CostError;
use super::dissimilarity::Dissimilarity;
use super::named::POWER;
use super::rounding::LEAST;

/// Another ground cost to a power: c(x, y)^p, p > 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Power<G> {
    base: G,
    p: f64,
}

impl<G: Dissimilarity> Power<G> {
    /// The ground cost that is taken to a power.
    pub(super) fn base(&self) -> &G {
        &self.base
    }

    /// The power p.
    pub(super) fn p(&self) -> f64 {
        self.p
    }

    /// `base` to the power p > 0.
    pub(crate) fn new(base: G, p: f64) -> Self {
        debug_assert!(p.is_finite() && p > 0.0, "power {p}");
        Self { base, p }
    }
}

impl<G: Dissimilarity> Dissimilarity for Power<G> {
    fn name(&self) -> String {
        format!("{}^{}", self.base.name(), self.p)
    }
    fn roundings(&self, d: usize) -> f64 {
        self.p * self.base.roundings(d) + POWER
    }
    /// From costs of at most 2, those with absolute errors: the derivative of the power at 2, or, for
    /// p < 1, the power of the error.
    fn absolute_error(&self, d: usize) -> f64 {
        let error = self.base.absolute_error(d);
        if self.p < 1.0 { 2.0 * error.powf(self.p) } else { self.p * 2.1_f64.powf(self.p) * error }
    }
    /// A base below its own least is at most twice that; a power below 1 brings it into the range.
    fn least(&self) -> f64 {
        (2.0 * self.base.least()).powf(self.p).max(LEAST)
    }
    #[inline(always)]
    fn accumulate(&self, accumulator: f64, difference: f64) -> f64 {
        self.base.accumulate(accumulator, difference)
    }
    #[inline(always)]
    fn finish(&self, accumulator: f64) -> f64 {
        self.base.finish(accumulator).powf(self.p)
    }
    fn prepares(&self) -> bool {
        self.base.prepares()
    }
    fn prepare(&self, point: &mut [f64]) -> Result<(), CostError> {
        self.base.prepare(point)
    }
    fn convex_on_line(&self) -> bool {
        self.base.convex_on_line() && self.p >= 1.0
    }
    fn power_on_line(&self) -> Option<u8> {
        match (self.base.power_on_line()?, self.p) {
            (p, 1.0) => Some(p),
            (1, 2.0) => Some(2),
            _ => None,
        }
    }
    fn degree(&self) -> f64 {
        self.base.degree() * self.p.max(1.0)
    }
    fn is_fold(&self) -> bool {
        self.base.is_fold()
    }
    #[inline(always)]
    fn between(&self, x: &[f64], y: &[f64]) -> f64 {
        self.base.between(x, y).powf(self.p)
    }
    #[inline(always)]
    fn block(&self, x: &[f64], columns: &[&[f64]], out: &mut [f64]) {
        self.base.block(x, columns, out);
        for out in out {
            *out = out.powf(self.p);
        }
    }
    #[inline(always)]
    fn tile<const R: usize, const L: usize>(
        &self,
        points: [&[f64]; R],
        targets: &[[f64; L]],
    ) -> [[f64; L]; R] {
        self.base.tile(points, targets).map(|costs| costs.map(|cost| cost.powf(self.p)))
    }
}
