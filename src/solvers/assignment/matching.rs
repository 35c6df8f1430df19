//! A partial matching of rows and columns with its potentials.

/// No partner.
pub(super) const FREE: u32 = u32::MAX;

/// Rows matched to columns, and potentials (f, g) under which every matched arc is tight:
/// `f_i = c_ij − g_j`, computed in just this way.
pub(super) struct Matching {
    /// Column of each row, or [`FREE`].
    pub(super) column_of: Vec<u32>,
    /// Row of each column, or [`FREE`].
    pub(super) row_of: Vec<u32>,
    /// Cost of each row's matched arc; meaningless for free rows.
    pub(super) cost_of: Vec<f64>,
    /// Row potentials.
    pub(super) f: Vec<f64>,
    /// Column potentials.
    pub(super) g: Vec<f64>,
}

impl Matching {
    /// Nothing matched yet.
    pub(super) fn empty(g: Vec<f64>) -> Self {
        let n = g.len();
        Self {
            column_of: vec![FREE; n],
            row_of: vec![FREE; n],
            cost_of: vec![0.0; n],
            f: vec![0.0; n],
            g,
        }
    }

    /// Matches row i to column j at the given cost; whoever had j must be matched elsewhere or
    /// freed by the caller.
    pub(super) fn join(&mut self, i: usize, j: usize, cost: f64) {
        self.column_of[i] = j as u32;
        self.row_of[j] = i as u32;
        self.cost_of[i] = cost;
        self.tighten(i, j);
    }

    /// Restores `f_i = c_ij − g_j` on the matched arc (i, j).
    pub(super) fn tighten(&mut self, i: usize, j: usize) {
        self.f[i] = self.cost_of[i] - self.g[j];
    }

    /// Frees row i and its column.
    pub(super) fn part(&mut self, i: usize) {
        self.row_of[self.column_of[i] as usize] = FREE;
        self.column_of[i] = FREE;
    }

    /// The rows without a column, ascending.
    pub(super) fn free_rows(&self) -> Vec<u32> {
        (0..self.column_of.len() as u32).filter(|&i| self.column_of[i as usize] == FREE).collect()
    }

    /// Whether every row has a column.
    pub(super) fn is_complete(&self) -> bool {
        !self.column_of.contains(&FREE)
    }

    /// Normalizes the duals: shifts f up and g down by the median of g and −f, if that halves their
    /// size, so that they are rounded less.
    pub(super) fn normalize(&mut self) {
        let (f, g) = (&mut self.f, &mut self.g);
        let size = |shift: f64, f: &[f64], g: &[f64]| -> f64 {
            let g: f64 = g.iter().map(|g| (g - shift).abs()).sum();
            f.iter().map(|f| (f + shift).abs()).sum::<f64>() + g
        };
        let mut both: Vec<f64> = g.iter().copied().chain(f.iter().map(|f| -f)).collect();
        let middle = both.len() / 2;
        let shift = *both.select_nth_unstable_by(middle, f64::total_cmp).1;
        if 2.0 * size(shift, f, g) < size(0.0, f, g) {
            for f in f {
                *f += shift;
            }
            for g in g {
                *g -= shift;
            }
        }
    }

    /// Lowers the potential of each scanned column (given with its distance) to
    /// `g_j − (end − d_j)` after a search that ended at distance `end`, and flips the path: the
    /// tree arcs `row → column` from the free row to the free column `j` are matched.
    pub(super) fn augment(
        &mut self,
        scanned: &[(u32, f64)],
        end: f64,
        mut j: usize,
        start: usize,
        tree: impl Fn(usize) -> (u32, f64),
    ) {
        for &(column, distance) in scanned {
            self.g[column as usize] += distance - end;
        }
        loop {
            let (row, cost) = tree(j);
            let i = row as usize;
            let next = self.column_of[i];
            self.join(i, j, cost);
            if i == start {
                break;
            }
            j = next as usize;
        }
        for &(column, _) in scanned {
            let j = column as usize;
            self.tighten(self.row_of[j] as usize, j);
        }
    }
}
