//! A sparse set of arcs source → target: the candidates a solver works on instead of all n·m.

/// Arcs grouped by source (compressed rows), targets ascending and distinct within a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ArcList {
    /// `starts[i] .. starts[i + 1]` are the arcs of source i; length n + 1.
    pub starts: Vec<u32>,
    /// Target of each arc.
    pub targets: Vec<u32>,
    /// Cost of each arc, c(i, j).
    pub costs: Vec<f64>,
}

impl ArcList {
    /// The arcs of source i: targets and costs.
    #[must_use]
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i] as usize..self.starts[i + 1] as usize;
        (&self.targets[range.clone()], &self.costs[range])
    }

    /// Number of arcs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}
