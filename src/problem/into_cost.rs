//! Everything that says what it costs to move mass between two sides.

use ndarray::{Array2, ArrayView2};

use super::{Clouds, ProblemError, Sides};
use crate::cost::{
    Chebyshev, Cityblock, Cosine, Cost, CostEntry, CostMatrix, Euclidean, GroundCost, Metric,
    Minkowski, SparseCost, SqEuclidean,
};
use crate::measure::{AsMasses, AsMeasure, Marginal, MeasureError};

/// A ground cost between a source `S` and a target `T`; see [`OtProblem::new`](super::OtProblem::new).
///
/// - On points ([`AsMeasure`]): [`Euclidean`], [`SqEuclidean`], [`Cityblock`], [`Chebyshev`],
///   [`Minkowski`], [`Cosine`], or any [`GroundCost`] or [`Metric`]. Costs are computed on demand.
/// - On masses ([`AsMasses`]): a matrix (n, m) of `f64` or `f32`, owned or borrowed; a
///   [`CostMatrix`]; a list of arcs, [`SparseCost`]; a function of two indices, [`CostFn`]; a boxed [`Cost`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no cost between `{S}` and `{T}`",
    note = "named ground costs need points: arrays (n, d) or `DiscreteMeasure`",
    note = "matrices and `CostFn` need masses: arrays (n,), slices or `Marginal`"
)]
pub trait IntoCost<'a, S: ?Sized, T: ?Sized> {
    /// Both sides with this cost between them.
    ///
    /// # Errors
    /// [`ProblemError`]; see [`OtProblem::new`](super::OtProblem::new).
    fn between(self, source: &S, target: &T) -> Result<Sides<'a>, ProblemError>;
}

/// The cost `c(i, j)` as a function of the two indices. It is called once for each of the n·m pairs,
/// in parallel, and the numbers are stored.
///
/// ```
/// use deblais::{CostFn, OtProblem};
/// let cost = CostFn(|i, j| if i == j { 0.0 } else { 1.0 });
/// let problem = OtProblem::new(&[0.5, 0.5], &[0.25, 0.75], cost)?;
/// assert_eq!(problem.cost().at(0, 1), 1.0);
/// # Ok::<(), deblais::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CostFn<F>(pub F);

fn on_side<M>(side: &'static str, made: Result<M, MeasureError>) -> Result<M, ProblemError> {
    made.map_err(|error| ProblemError::Mass { side, error })
}

fn between_points<S, T>(
    source: &S,
    target: &T,
    ground: GroundCost,
) -> Result<Sides<'static>, ProblemError>
where
    S: AsMeasure + ?Sized,
    T: AsMeasure + ?Sized,
{
    let source = on_side("source", source.as_measure())?.into_owned();
    let target = on_side("target", target.as_measure())?.into_owned();
    let tolerance = source.totals_tolerance();
    Sides::of_clouds(Clouds { source, target, ground }, tolerance)
}

fn between_masses<'a, S, T>(
    source: &S,
    target: &T,
    cost: impl FnOnce(&Marginal, &Marginal) -> Result<Box<dyn Cost + 'a>, ProblemError>,
) -> Result<Sides<'a>, ProblemError>
where
    S: AsMasses + ?Sized,
    T: AsMasses + ?Sized,
{
    let tolerance = source.totals_tolerance().max(target.totals_tolerance());
    let source = on_side("source", source.as_masses())?.into_owned();
    let target = on_side("target", target.as_masses())?.into_owned();
    let cost = cost(&source, &target)?;
    Sides::new(source, target, cost, tolerance)
}

macro_rules! ground_costs {
    ($($ground:ty),*) => {$(
        impl<S: AsMeasure + ?Sized, T: AsMeasure + ?Sized> IntoCost<'static, S, T> for $ground {
            fn between(self, x: &S, y: &T) -> Result<Sides<'static>, ProblemError> {
                between_points(x, y, self.into())
            }
        }
    )*};
}

ground_costs!(Euclidean, SqEuclidean, Cityblock, Chebyshev, Minkowski, Cosine, GroundCost, Metric);

macro_rules! tables {
    ($([$($generic:tt)*] $cost:ty where [$($bound:tt)*]: $self:ident => $table:expr;)*) => {$(
        impl<'a, S: AsMasses + ?Sized, T: AsMasses + ?Sized, $($generic)*> IntoCost<'a, S, T>
            for $cost where $($bound)*
        {
            fn between($self, x: &S, y: &T) -> Result<Sides<'a>, ProblemError> {
                between_masses(x, y, $table)
            }
        }
    )*};
}

tables! {
    [A] Array2<A> where [A: CostEntry]: self => |_, _| Ok(Box::new(CostMatrix::new(self)?));
    [A] &'a Array2<A> where [A: CostEntry]: self => |_, _| Ok(Box::new(CostMatrix::new(self)?));
    [A] ArrayView2<'a, A> where [A: CostEntry]: self => |_, _| Ok(Box::new(CostMatrix::new(self)?));
    [A] CostMatrix<'a, A> where [A: CostEntry]: self => |_, _| Ok(Box::new(self));
    [F] CostFn<F> where [F: Fn(usize, usize) -> f64 + Sync]: self => |source, target| {
        let shape = (source.weights().len(), target.weights().len());
        Ok(Box::new(CostMatrix::from_fn(shape, self.0)?))
    };
    [] SparseCost where []: self => |_, _| Ok(Box::new(self));
    [] Box<dyn Cost + 'a> where []: self => |_, _| Ok(self);
}
