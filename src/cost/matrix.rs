//! Costs given as a matrix.

use ndarray::Array2;
use rayon::prelude::*;

use super::{Cost, CostError, Rounding};

/// Cells below which a task is not worth handing to another thread.
const TASK_CELLS: usize = 1 << 16;

/// Largest size of an entry: sums of 10⁵ costs stay below the largest `f64`.
const LARGEST_ENTRY: f64 = 1e303;

/// An explicit n×m cost table.
#[derive(Debug, Clone, PartialEq)]
pub struct CostMatrix {
    entries: Array2<f64>,
}

impl CostMatrix {
    /// Wraps a matrix of shape (n, m), rows for source points. Entries may be negative, but not NaN,
    /// infinite or larger than 1e303 in size: sums of potentials would overflow.
    ///
    /// # Errors
    /// [`CostError::EmptyMatrix`], [`CostError::Entry`], [`CostError::EntrySize`].
    pub fn new(entries: Array2<f64>) -> Result<Self, CostError> {
        let (n, m) = entries.dim();
        if n == 0 || m == 0 {
            return Err(CostError::EmptyMatrix { n, m });
        }
        let entries = if entries.is_standard_layout() {
            entries
        } else {
            entries.as_standard_layout().into_owned()
        };
        let is_wrong = |c: &f64| c.is_nan() || c.abs() > LARGEST_ENTRY;
        // Counted, since SIMD cannot stop at the first; its place only if there is one.
        if entries.iter().filter(|c| is_wrong(c)).count() > 0
            && let Some(((row, column), &value)) = entries.indexed_iter().find(|(_, c)| is_wrong(c))
        {
            let entry = CostError::Entry { row, column, value };
            let size = CostError::EntrySize { row, column, value };
            return Err(if value.is_finite() { size } else { entry });
        }
        Ok(Self { entries })
    }

    /// Computes and stores all n·m entries of another cost: 8·n·m bytes.
    #[must_use]
    pub fn tabulate(cost: &dyn Cost) -> Self {
        let mut entries = Array2::zeros((cost.n(), cost.m()));
        let rows = TASK_CELLS.div_ceil(cost.m()) * cost.m();
        let all = entries.as_slice_mut().unwrap_or_default();
        all.par_chunks_mut(rows).enumerate().for_each(|(task, out)| {
            cost.rows(task * rows / cost.m(), out);
        });
        Self { entries }
    }

    /// The matrix with no entry above `cap`.
    pub(crate) fn cut_at(mut self, cap: f64) -> Self {
        self.entries.mapv_inplace(|c| c.min(cap));
        self
    }
}

impl Cost for CostMatrix {
    fn n(&self) -> usize {
        self.entries.nrows()
    }

    fn m(&self) -> usize {
        self.entries.ncols()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.entries[(i, j)]
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        let entries = Array2::from_shape_fn((rows.len(), columns.len()), |(i, j)| {
            self.entries[(rows[i], columns[j])]
        });
        Box::new(Self { entries })
    }

    fn is_stored(&self) -> bool {
        true
    }

    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        let first = i * self.entries.ncols() + start;
        &self.entries.as_slice().expect("standard layout")[first..first + buffer.len()]
    }
}

/// A computed cost whose n·m entries are kept: 8·n·m bytes. They are as far from the real costs as
/// the computed ones.
pub(crate) struct Stored {
    entries: CostMatrix,
    computed: Box<dyn Cost>,
}

impl Stored {
    pub(crate) fn new(computed: Box<dyn Cost>) -> Self {
        Self { entries: CostMatrix::tabulate(computed.as_ref()), computed }
    }
}

impl Cost for Stored {
    fn n(&self) -> usize {
        self.entries.n()
    }

    fn m(&self) -> usize {
        self.entries.m()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.entries.at(i, j)
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        Box::new(Self::new(self.computed.select(rows, columns)))
    }

    fn is_stored(&self) -> bool {
        true
    }

    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        self.entries.part_of_row(i, start, buffer)
    }

    fn rounding(&self) -> Rounding {
        self.computed.rounding()
    }

    fn enclosure(&self, i: usize, j: usize) -> (f64, f64) {
        self.computed.enclosure(i, j)
    }
}
