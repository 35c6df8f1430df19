//! Costs given as a matrix.

use ndarray::{Array2, Axis, CowArray, Ix2};
use rayon::prelude::*;

use super::{Cost, CostError, Rounding};

/// Cells below which a task is not worth handing to another thread.
const TASK_CELLS: usize = 1 << 16;

/// Largest size of an entry: sums of 10⁵ costs stay below the largest `f64`.
const LARGEST_ENTRY: f64 = 1e303;

/// The largest size of an entry, at least, unless all entries are 0: solvers did not end on subnormal costs.
const SMALLEST_LARGEST_ENTRY: f64 = 1e-305;

/// An explicit n×m cost table, rows for source points: owned or borrowed, of `f64` or `f32`.
///
/// A borrowed matrix is read in place if its rows are contiguous, and copied once if they are not
/// (column-major order). Entries of `f32` are exact as `f64`.
///
/// ```
/// use deblais::CostMatrix;
/// use deblais::ndarray::array;
/// let entries = array![[1.0_f32, 4.0], [3.0, 2.0]];
/// let borrowed = CostMatrix::new(&entries)?;
/// let owned = CostMatrix::new(entries.mapv(f64::from))?;
/// # Ok::<(), deblais::cost::CostError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CostMatrix<'a, A: CostEntry = f64> {
    /// Rows are contiguous.
    entries: CowArray<'a, A, Ix2>,
    /// See [`Cost::dummies`].
    dummies: (usize, usize),
    /// See [`Cost::forbids`].
    forbids: bool,
}

/// A number type of cost matrices: `f64` or `f32`.
pub trait CostEntry: sealed::Sealed + Copy + Into<f64> + Send + Sync + 'static {
    /// The numbers as `f64`: themselves, or `buffer`, of the same length, filled with them.
    #[doc(hidden)]
    fn as_f64<'a>(numbers: &'a [Self], buffer: &'a mut [f64]) -> &'a [f64];
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl CostEntry for f64 {
    fn as_f64<'a>(numbers: &'a [Self], _: &'a mut [f64]) -> &'a [f64] {
        numbers
    }
}

impl CostEntry for f32 {
    fn as_f64<'a>(numbers: &'a [Self], buffer: &'a mut [f64]) -> &'a [f64] {
        for (out, &number) in buffer.iter_mut().zip(numbers) {
            *out = number.into();
        }
        buffer
    }
}

impl<'a, A: CostEntry> CostMatrix<'a, A> {
    /// Wraps a matrix of shape (n, m), rows for source points. An entry of +∞ forbids its arc. Entries may
    /// be negative, but not NaN, −∞ or larger than 1e303 in size: sums of potentials would overflow.
    /// Matrices whose entries are all below 1e-305 in size, but not 0, are refused: their digits underflow. O(nm).
    ///
    /// # Errors
    /// [`CostError::EmptyMatrix`], [`CostError::Entry`], [`CostError::EntrySize`],
    /// [`CostError::TinyEntries`].
    pub fn new(entries: impl Into<CowArray<'a, A, Ix2>>) -> Result<Self, CostError> {
        let entries: CowArray<'a, A, Ix2> = entries.into();
        let (n, m) = entries.dim();
        if n == 0 || m == 0 {
            return Err(CostError::EmptyMatrix { n, m });
        }
        let has_contiguous_rows = entries.row(0).is_standard_layout();
        let entries = if has_contiguous_rows {
            entries
        } else {
            entries.as_standard_layout().into_owned().into()
        };
        // Counted, since SIMD cannot stop at the first; its place only if there is one.
        let is_unusual = |c: f64| c.is_nan() || c.abs() > LARGEST_ENTRY;
        let forbids = entries.iter().filter(|&&c| is_unusual(c.into())).count() > 0;
        if forbids {
            for ((row, column), &c) in entries.indexed_iter() {
                check_entry(row, column, c.into())?;
            }
        }
        check_sizes(|| entries.iter().map(|&c| c.into()))?;
        Ok(Self { entries, dummies: (0, 0), forbids })
    }

    /// The entries of some rows and columns.
    fn selected(&self, rows: &[usize], columns: &[usize]) -> CostMatrix<'static, A> {
        let entries: Array2<A> = Array2::from_shape_fn((rows.len(), columns.len()), |(i, j)| {
            self.entries[(rows[i], columns[j])]
        });
        CostMatrix { entries: entries.into(), dummies: (0, 0), forbids: self.forbids }
    }
}

/// Refuses an entry of a table that is NaN, −∞ or too large.
pub(super) fn check_entry(row: usize, column: usize, value: f64) -> Result<(), CostError> {
    if value == f64::INFINITY || value.abs() <= LARGEST_ENTRY {
        Ok(())
    } else if value.is_finite() {
        Err(CostError::EntrySize { row, column, value })
    } else {
        Err(CostError::Entry { row, column, value })
    }
}

/// Refuses entries that are all tiny.
pub(super) fn check_sizes<I: Iterator<Item = f64>>(
    entries: impl Fn() -> I,
) -> Result<(), CostError> {
    let sizes = || entries().map(f64::abs).filter(|size| size.is_finite());
    if !sizes().any(|size| size >= SMALLEST_LARGEST_ENTRY) {
        let largest = sizes().fold(0.0, f64::max);
        if largest > 0.0 {
            return Err(CostError::TinyEntries { largest });
        }
    }
    Ok(())
}

impl CostMatrix<'static> {
    /// The matrix of `cost(i, j)`, each computed once, rows in parallel: 8·n·m bytes.
    ///
    /// # Errors
    /// As [`CostMatrix::new`].
    pub fn from_fn(
        (n, m): (usize, usize),
        cost: impl Fn(usize, usize) -> f64 + Sync,
    ) -> Result<Self, CostError> {
        let mut entries = Array2::zeros((n, m));
        let rows = entries.axis_iter_mut(Axis(0)).into_par_iter().enumerate();
        rows.for_each(|(i, row)| row.into_iter().enumerate().for_each(|(j, c)| *c = cost(i, j)));
        Self::new(entries)
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
        Self { entries: entries.into(), dummies: cost.dummies(), forbids: cost.forbids() }
    }

    /// The entries, shape (n, m), without a copy.
    #[must_use]
    pub fn into_entries(self) -> Array2<f64> {
        self.entries.into_owned()
    }

    /// The matrix of entries that were checked before.
    pub(super) fn of_checked(entries: Array2<f64>) -> Self {
        let forbids = entries.iter().any(|&c| c == f64::INFINITY);
        Self { entries: entries.into(), dummies: (0, 0), forbids }
    }

    /// The matrix with no entry above `cap`.
    pub(crate) fn cut_at(mut self, cap: f64) -> Self {
        self.entries.mapv_inplace(|c| c.min(cap));
        self.forbids = false;
        self
    }
}

impl<A: CostEntry> Cost for CostMatrix<'_, A> {
    fn n(&self) -> usize {
        self.entries.nrows()
    }

    fn m(&self) -> usize {
        self.entries.ncols()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.entries[(i, j)].into()
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        Box::new(self.selected(rows, columns))
    }

    fn is_stored(&self) -> bool {
        true
    }

    fn dummies(&self) -> (usize, usize) {
        self.dummies
    }

    fn forbids(&self) -> bool {
        self.forbids
    }

    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        let row = self.entries.row(i).to_slice().expect("contiguous rows");
        A::as_f64(&row[start..start + buffer.len()], buffer)
    }
}

/// A computed cost whose n·m entries are kept: 8·n·m bytes. They are as far from the real costs as
/// the computed ones.
pub(crate) struct Stored<'a> {
    entries: CostMatrix<'static>,
    computed: Box<dyn Cost + 'a>,
}

impl<'a> Stored<'a> {
    pub(crate) fn new(computed: Box<dyn Cost + 'a>) -> Self {
        Self { entries: CostMatrix::tabulate(computed.as_ref()), computed }
    }
}

impl Cost for Stored<'_> {
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
        let entries = self.entries.selected(rows, columns);
        Box::new(Stored { entries, computed: self.computed.select(rows, columns) })
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
