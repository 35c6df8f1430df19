//! A plan added up into as many cells as a picture can show.

use std::collections::HashMap;

use super::Arrangement;
use crate::plan::TransportPlan;

/// An n×m matrix added up into blocks, as its non-zero blocks: memory for what is there, never
/// for n·m.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanBlocks {
    shape: (usize, usize),
    block: (usize, usize),
    mass: HashMap<(usize, usize), f64>,
}

impl PlanBlocks {
    /// An empty matrix of n rows and m columns, cut into at most `most` blocks an axis.
    #[must_use]
    pub fn new(n: usize, m: usize, most: usize) -> Self {
        let block = |count: usize| count.div_ceil(most.max(1)).max(1);
        Self { shape: (n, m), block: (block(n), block(m)), mass: HashMap::new() }
    }

    /// A plan in the order of an arrangement.
    #[must_use]
    pub fn of_plan(plan: &TransportPlan, shown: &Arrangement, most: usize) -> Self {
        let mut blocks = Self::new(plan.n(), plan.m(), most);
        let (row, column) = (places(&shown.rows), places(&shown.columns));
        for arc in plan.arcs() {
            blocks.add(row[arc.source], column[arc.target], arc.mass);
        }
        blocks
    }

    /// Adds mass to the cell in this row and column, counted in the order shown.
    pub fn add(&mut self, row: usize, column: usize, mass: f64) {
        if mass > 0.0 {
            *self.mass.entry((row / self.block.0, column / self.block.1)).or_default() += mass;
        }
    }

    /// Rows and columns of the matrix: (n, m).
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// Rows and columns that one block adds up.
    #[must_use]
    pub fn block(&self) -> (usize, usize) {
        self.block
    }

    /// Blocks down and across.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.shape.0.div_ceil(self.block.0), self.shape.1.div_ceil(self.block.1))
    }

    /// The blocks that hold mass, by row, then column.
    #[must_use]
    pub fn cells(&self) -> Vec<((usize, usize), f64)> {
        let mut cells: Vec<_> = self.mass.iter().map(|(&place, &mass)| (place, mass)).collect();
        cells.sort_unstable_by_key(|cell| cell.0);
        cells
    }
}

/// The inverse permutation: where each index stands.
fn places(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, &index) in order.iter().enumerate() {
        places[index] = place;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanArc;

    #[test]
    fn small_matrices_are_shown_cell_by_cell_in_the_order_asked_for() {
        let arc = |source, target, mass| PlanArc { source, target, mass };
        let plan = TransportPlan::new(2, 3, vec![arc(0, 2, 0.75), arc(1, 0, 0.25)]).unwrap();
        let shown =
            Arrangement { rows: vec![1, 0], columns: vec![2, 0, 1], description: String::new() };
        let blocks = PlanBlocks::of_plan(&plan, &shown, 250);
        assert_eq!((blocks.shape(), blocks.counts(), blocks.block()), ((2, 3), (2, 3), (1, 1)));
        assert_eq!(blocks.cells(), [((0, 1), 0.25), ((1, 0), 0.75)]);
    }

    #[test]
    fn large_matrices_are_added_up_and_keep_their_mass() {
        let mut blocks = PlanBlocks::new(5001, 10, 250);
        assert_eq!((blocks.block(), blocks.counts()), ((21, 1), (239, 10)));
        for i in 0..5001 {
            blocks.add(i, i % 10, 1.0);
        }
        blocks.add(0, 0, 0.0);
        let cells = blocks.cells();
        assert_eq!(cells.iter().map(|cell| cell.1).sum::<f64>(), 5001.0);
        assert_eq!(cells.iter().map(|cell| cell.0.0).max(), Some(238));
    }
}
