//! Blocks of cells whose points lie too far apart to carry mass.
//!
//! Where consecutive points lie close together ([`Cost::local_orders`]), the least cost
//! in a block and the largest potentials of its points bound all of its weights, and at small ε most
//! blocks can be skipped (Schmitzer 2019, "Stabilized sparse scaling algorithms for
//! entropy regularized transport problems", SIAM J. Sci. Comput. 41, §3.3).

use ndarray::Array2;

use crate::cost::{Cost, LEAF};

/// Largest number of blocks of a side: the table of their bounds then takes 32 MiB.
const LARGEST_BLOCKS_PER_SIDE: usize = 2048;

/// The least cost of every block.
pub(super) struct CostBlocks {
    /// Rows of a block.
    pub(super) height: usize,
    /// Columns of a block.
    pub(super) width: usize,
    /// Columns of the table.
    m: usize,
    least: Array2<f64>,
}

impl CostBlocks {
    /// The blocks of a cost in its local orders; `None` if it has no bounds.
    pub(super) fn of(cost: &dyn Cost) -> Option<Self> {
        let length = |count: usize| {
            LEAF * count.div_ceil(LEAF * LARGEST_BLOCKS_PER_SIDE).next_power_of_two()
        };
        let (height, width) = (length(cost.n()), length(cost.m()));
        let least = cost.block_bounds(height, width)?;
        Some(Self { height, width, m: cost.m(), least })
    }

    /// The columns, as ascending ranges, of the blocks in which `g_j − c_ij` may reach `least` for some
    /// row i of this block of rows; `g` contains the largest potential of each block of columns.
    pub(super) fn runs(&self, row: usize, least: f64, g: &[f64], runs: &mut Vec<(usize, usize)>) {
        runs.clear();
        for (block, (g, c)) in g.iter().zip(self.least.row(row)).enumerate() {
            if g - c < least {
                continue;
            }
            let (start, end) = (block * self.width, ((block + 1) * self.width).min(self.m));
            match runs.last_mut() {
                Some(last) if last.1 == start => last.1 = end,
                _ => runs.push((start, end)),
            }
        }
    }
}
