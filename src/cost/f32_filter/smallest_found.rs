//! The list of the smallest reduced costs of one query, kept while strips are compared.

/// The smallest reduced costs of a query so far, and the limit for further ones.
pub(super) struct SmallestFound<'f> {
    pub(super) found: &'f mut Vec<(f64, u32)>,
    pub(super) keep: usize,
    pub(super) limit: f64,
    /// The limit in the units of the filter, rounded up.
    pub(super) bar: f32,
}

impl SmallestFound<'_> {
    /// Adds a point if its value is below the limit; whether the limit decreased.
    #[inline(always)]
    pub(super) fn offer(&mut self, value: f64, j: u32) -> bool {
        if value >= self.limit || value.is_nan() {
            return false;
        }
        self.found.push((value, j));
        if self.found.len() < 2 * self.keep {
            return false;
        }
        self.found.select_nth_unstable_by(self.keep - 1, by_value_then_place);
        self.found.truncate(self.keep);
        self.limit = self.found[self.keep - 1].0;
        true
    }

    pub(super) fn finish(self) {
        self.found.sort_unstable_by(by_value_then_place);
        self.found.truncate(self.keep);
    }
}

#[inline(always)]
fn by_value_then_place(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}
