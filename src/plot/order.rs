//! In which order γ's rows and columns are shown.
//!
//! The points of a cloud come in any order, and γ of an unordered cloud looks like noise. Laid
//! out along a curve through the source, with each column where its mass comes from, the same
//! plan is a band along the diagonal. An order changes the picture, never the plan.

use ndarray::ArrayView2;

use super::space_filling;
use crate::plan::TransportPlan;

/// The order of rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The order of the input.
    Input,
    /// Source and target each along a curve through its points.
    Sorted,
    /// The source along a curve, each target point at the mean row of the mass it receives.
    #[default]
    Plan,
}

/// Rows and columns in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrangement {
    /// The source points from top to bottom: a permutation of 0..n.
    pub rows: Vec<usize>,
    /// The target points from left to right: a permutation of 0..m.
    pub columns: Vec<usize>,
    /// One sentence for the caption.
    pub description: String,
}

impl Arrangement {
    /// n rows and m columns as given.
    #[must_use]
    pub fn input(n: usize, m: usize) -> Self {
        Self {
            rows: (0..n).collect(),
            columns: (0..m).collect(),
            description: "Points are in the order of the input.".to_owned(),
        }
    }

    /// Whether rows and columns are as given.
    #[must_use]
    pub fn is_input(&self) -> bool {
        let as_given = |order: &[usize]| order.iter().enumerate().all(|(place, &i)| place == i);
        as_given(&self.rows) && as_given(&self.columns)
    }
}

impl Order {
    /// The rows and columns of `plan` in this order; `points` are source and target, shapes
    /// (n, d) and (m, d).
    ///
    /// Without points (a cost matrix was given) nothing can be laid along a curve: [`Order::Sorted`]
    /// is then the order of the input, and [`Order::Plan`] keeps the rows and moves the columns.
    /// O(cells + (n + m)·(d + log(n + m))).
    ///
    /// # Panics
    /// If the clouds have other sizes than the plan.
    #[must_use]
    pub fn arrange(
        self,
        plan: &TransportPlan,
        points: Option<(ArrayView2<'_, f64>, ArrayView2<'_, f64>)>,
    ) -> Arrangement {
        let (n, m) = (plan.n(), plan.m());
        if let Some((source, target)) = points {
            assert_eq!((source.nrows(), target.nrows()), (n, m), "clouds of the plan's shape");
        }
        match (self, points) {
            (Self::Input, _) | (Self::Sorted, None) => Arrangement::input(n, m),
            (Self::Sorted, Some((source, target))) => Arrangement {
                rows: space_filling::order(source),
                columns: space_filling::order(target),
                description: format!(
                    "Source and target points each {}.",
                    space_filling::describe(source.ncols())
                ),
            },
            (Self::Plan, Some((source, target))) => {
                let rows = space_filling::order(source);
                let columns = by_mean_row(plan, &rows, &space_filling::order(target));
                let along = space_filling::describe(source.ncols());
                let description = format!(
                    "Source points {along}; each target point stands at the mean row of the \
                     mass it receives."
                );
                Arrangement { rows, columns, description }
            }
            (Self::Plan, None) => {
                let given = Arrangement::input(n, m);
                let columns = by_mean_row(plan, &given.rows, &given.columns);
                let description = "Source points are in the order of the input; each target \
                                   point stands at the mean row of the mass it receives.";
                Arrangement { columns, description: description.to_owned(), ..given }
            }
        }
    }
}

/// Columns by the mean place, in `rows`, of the mass they receive; columns without mass come
/// last, and ties keep the order `among`.
fn by_mean_row(plan: &TransportPlan, rows: &[usize], among: &[usize]) -> Vec<usize> {
    let mut place = vec![0.0; rows.len()];
    for (k, &row) in rows.iter().enumerate() {
        place[row] = k as f64;
    }
    // A running weighted mean: no mass, however large or small, overflows or vanishes.
    let mut mean = vec![(0.0, 0.0); plan.m()];
    for arc in plan.arcs() {
        let (mass, mean) = &mut mean[arc.target];
        *mass += arc.mass;
        *mean += (place[arc.source] - *mean) * (arc.mass / *mass);
    }
    let of = |column: usize| match mean[column] {
        (mass, mean) if mass > 0.0 => mean,
        _ => f64::INFINITY,
    };
    let mut columns = among.to_vec();
    columns.sort_by(|&i, &j| of(i).total_cmp(&of(j)));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanArc;
    use ndarray::{Array2, array};

    fn plan(n: usize, m: usize, cells: &[(usize, usize, f64)]) -> TransportPlan {
        let arc = |&(source, target, mass)| PlanArc { source, target, mass };
        TransportPlan::new(n, m, cells.iter().map(arc).collect()).unwrap()
    }

    #[test]
    fn plan_order_turns_a_scrambled_matching_into_a_diagonal() {
        let n = 64;
        let source = Array2::from_shape_fn((n, 2), |(i, k)| ((i * (3 + 2 * k)) as f64).sin());
        let partner = |i: usize| (i * 37 + 11) % n;
        let mut target = Array2::zeros((n, 2));
        for i in 0..n {
            target.row_mut(partner(i)).assign(&source.row(i));
        }
        let cells: Vec<_> = (0..n).map(|i| (i, partner(i), 1.0)).collect();
        let matching = plan(n, n, &cells);
        for order in [Order::Plan, Order::Sorted] {
            let shown = order.arrange(&matching, Some((source.view(), target.view())));
            for (&row, &column) in shown.rows.iter().zip(&shown.columns) {
                assert_eq!(partner(row), column, "{order:?}");
            }
            assert!(!shown.is_input());
        }
    }

    #[test]
    fn a_column_stands_at_the_mean_row_of_its_mass_and_an_empty_one_last() {
        let split = plan(
            3,
            4,
            &[(0, 3, 1e-300), (2, 3, 3e-300), (1, 2, 1.0), (0, 1, 3e300), (2, 1, 1e300)],
        );
        let shown = Order::Plan.arrange(&split, None);
        assert_eq!(shown.rows, [0, 1, 2]);
        assert_eq!(shown.columns, [1, 2, 3, 0]);
    }

    #[test]
    fn without_points_only_the_plan_can_order() {
        let any = plan(2, 3, &[(0, 2, 1.0), (1, 0, 1.0)]);
        assert!(Order::Input.arrange(&any, None).is_input());
        assert!(Order::Sorted.arrange(&any, None).is_input());
        assert_eq!(Order::Plan.arrange(&any, None).columns, [2, 0, 1]);
        let line = (array![[5.0], [1.0]], array![[0.0], [2.0], [-1.0]]);
        let shown = Order::Sorted.arrange(&any, Some((line.0.view(), line.1.view())));
        assert_eq!((shown.rows, shown.columns), (vec![1, 0], vec![2, 0, 1]));
    }
}
