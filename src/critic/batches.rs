//! Batches: the points of a training step, from two fixed samples or from fresh draws.

use ndarray::{Array2, ArrayView2};

use crate::measure::DiscreteMeasure;
use crate::seed::Stream;

/// Points of both sides for one step, in `f32`, each with its share of the mass.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Points of the source, (rows, d).
    pub source: Array2<f32>,
    /// Points of the target, (rows, d).
    pub target: Array2<f32>,
    /// The mass of each source row; their sum is 1.
    pub source_mass: Vec<f32>,
    /// The mass of each target row; their sum is 1.
    pub target_mass: Vec<f32>,
}

/// A source of batches that all have the same shape.
pub trait Batches {
    /// Draws the next batch; the points stand in the coordinates of the training.
    fn next(&mut self) -> &Batch;
}

/// Batches from two samples: all points if there are at most `rows` a side, else draws in
/// proportion to their masses, with replacement and independent on the two sides.
#[derive(Debug, Clone)]
pub struct SampleBatches {
    source: SampleSide,
    target: SampleSide,
    batch: Batch,
    stream: Stream,
}

/// One side's sample.
#[derive(Debug, Clone)]
struct SampleSide {
    points: Array2<f32>,
    /// Indices drawn by mass; none if every batch has all points.
    draws: Option<WeightedIndices>,
}

/// Draws of indices in proportion to masses.
#[derive(Debug, Clone)]
pub(super) struct WeightedIndices {
    /// Running sums of the masses.
    cumulative: Vec<f64>,
}

impl WeightedIndices {
    /// At least one mass is positive.
    pub(super) fn new(masses: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let cumulative = masses.into_iter().map(|mass| {
            sum += mass;
            sum
        });
        Self { cumulative: cumulative.collect() }
    }

    pub(super) fn draw(&self, stream: &mut Stream) -> usize {
        let last = self.cumulative.len() - 1;
        let level = stream.uniform() * self.cumulative[last];
        self.cumulative.partition_point(|&sum| sum <= level).min(last)
    }
}

impl SampleBatches {
    /// Batches of at most `rows` rows a side of two samples whose points `place` puts into the
    /// coordinates of the training.
    ///
    /// # Panics
    /// If `rows` is 0.
    #[must_use]
    pub fn new(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        rows: usize,
        place: impl Fn(ArrayView2<'_, f64>) -> Array2<f32>,
        stream: Stream,
    ) -> Self {
        assert!(rows > 0, "a batch has rows");
        let [from, to] =
            [source, target].map(|side| SampleSide::new(side, rows, place(side.support())));
        let shares = |measure: &DiscreteMeasure, side: &SampleSide| {
            if side.draws.is_none() {
                let total: f64 = measure.mass().sum();
                measure.mass().iter().map(|mass| narrow(mass / total)).collect()
            } else {
                vec![narrow(1.0 / rows as f64); rows]
            }
        };
        let room = |side: &SampleSide| {
            if side.draws.is_none() {
                side.points.clone()
            } else {
                Array2::zeros((rows, side.points.ncols()))
            }
        };
        let batch = Batch {
            source: room(&from),
            target: room(&to),
            source_mass: shares(source, &from),
            target_mass: shares(target, &to),
        };
        Self { source: from, target: to, batch, stream }
    }
}

impl SampleSide {
    fn new(measure: &DiscreteMeasure, rows: usize, points: Array2<f32>) -> Self {
        let drawn = points.nrows() > rows;
        let draws = drawn.then(|| WeightedIndices::new(measure.mass().iter().copied()));
        Self { points, draws }
    }

    fn draw(&self, into: &mut Array2<f32>, stream: &mut Stream) {
        let Some(draws) = &self.draws else { return };
        for mut row in into.outer_iter_mut() {
            row.assign(&self.points.row(draws.draw(stream)));
        }
    }
}

impl Batches for SampleBatches {
    fn next(&mut self) -> &Batch {
        self.source.draw(&mut self.batch.source, &mut self.stream);
        self.target.draw(&mut self.batch.target, &mut self.stream);
        &self.batch
    }
}

#[expect(clippy::cast_possible_truncation, reason = "training is in f32")]
fn narrow(value: f64) -> f32 {
    value as f32
}
