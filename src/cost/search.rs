//! The interface of a search for the smallest reduced costs of a point, which `kd_search` and
//! `f32_filter` implement.

/// A search among the points of one side of a table, from the points of the other side.
pub trait Search: Send + Sync {
    /// Sets the potentials v of the points that are searched; −∞ for points to be ignored.
    fn fit(&mut self, v: &[f64]);

    /// The at most `keep` smallest `c − v` below `limit` from point `query` of the other side, in
    /// ascending order, with the places of the points.
    fn smallest(&self, query: usize, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>);

    /// [`Search::smallest`] for several queries, each with its own limit.
    fn smallest_of(
        &self,
        queries: &[u32],
        keep: usize,
        limits: &[f64],
        found: &mut [Vec<(f64, u32)>],
    ) {
        for ((&query, &limit), found) in queries.iter().zip(limits).zip(found) {
            self.smallest(query as usize, keep, limit, found);
        }
    }

    /// The `keep` smallest of several queries in single precision: values may be inexact, and points
    /// missing, by that rounding.
    fn roughly_smallest_of(&self, queries: &[u32], keep: usize, found: &mut [Vec<(f64, u32)>]) {
        self.smallest_of(queries, keep, &vec![f64::INFINITY; found.len()], found);
    }

    /// The mean costs from several queries to the points that are not ignored, in single precision, if
    /// the search can compute them.
    fn rough_means_of(&self, _queries: &[u32]) -> Option<Vec<f64>> {
        None
    }
}
