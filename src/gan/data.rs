//! The data of a GAN: a law that is sampled anew at every step, or a sample, part of which
//! is held out for the scores.
//!
//! Training, and every distance that is reported, is in standard coordinates: mean 0 and deviation
//! 1. They belong to the data, not to the run: two runs of different seeds are measured alike.

use ndarray::{Array2, ArrayView2, Axis, s};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use super::GanError;
use super::networks::{Image, PointShape};
use crate::datasets::{Law, Modes};
use crate::nn::Real;
use crate::seed::{Seed, Stream};

/// Smallest number of rows of a sample: with a quarter held out, three are left for the training.
const MIN_ROWS: usize = 4;

/// Number of draws that estimate the mean and deviation of a law.
const STANDARD_DRAWS: usize = 100_000;

/// Standard coordinates: `(x − center)/scale`, and 0 where the data are constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standard {
    /// The mean of each coordinate.
    #[serde(rename = "centre")]
    pub center: Vec<f64>,
    /// The standard deviation of each coordinate; 0 for a constant one, which is then generated
    /// exactly.
    pub scale: Vec<f64>,
}

impl Standard {
    /// Standard coordinates in which each coordinate is divided by its own deviation.
    #[must_use]
    pub fn of(points: ArrayView2<'_, f64>) -> Self {
        let moments = |column: ndarray::ArrayView1<'_, f64>| {
            let first = column.first().copied().unwrap_or_default();
            if column.iter().all(|&x| x == first) {
                return (first, 0.0);
            }
            // Means of differences: accurate for data far from the origin, too.
            let shift = column.map(|x| x - first);
            let mean = shift.mean().unwrap_or_default();
            (first + mean, shift.map(|x| (x - mean).powi(2)).mean().unwrap_or_default().sqrt())
        };
        let (center, scale) = points.columns().into_iter().map(moments).unzip();
        Self { center, scale }
    }

    /// Standard coordinates in which all coordinates are divided by one common deviation: for pixels of
    /// images, which share a unit.
    #[must_use]
    pub fn common(points: ArrayView2<'_, f64>) -> Self {
        let Self { center, scale } = Self::of(points);
        let squares = scale.iter().map(|scale| scale * scale);
        let deviation = (squares.sum::<f64>() / scale.len().max(1) as f64).sqrt();
        let scale = scale.iter().map(|&own| if own == 0.0 { 0.0 } else { deviation }).collect();
        Self { center, scale }
    }

    /// Points (n, d) in standard coordinates.
    #[must_use]
    pub fn place(&self, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut placed = points.to_owned();
        self.each(
            &mut placed,
            |x, center, scale| {
                if scale == 0.0 { 0.0 } else { (x - center) / scale }
            },
        );
        placed
    }

    /// Points (n, d) back in the data's own coordinates.
    #[must_use]
    pub fn restore(&self, points: ArrayView2<'_, f64>) -> Array2<f64> {
        let mut restored = points.to_owned();
        self.each(&mut restored, |x, center, scale| center + scale * x);
        restored
    }

    /// Sets constant coordinates to their value.
    pub(super) fn pin(&self, points: &mut Array2<f64>) {
        self.each(points, |x, _, scale| if scale == 0.0 { 0.0 } else { x });
    }

    fn each(&self, points: &mut Array2<f64>, map: impl Fn(f64, f64, f64) -> f64) {
        let coordinates = self.center.iter().zip(&self.scale);
        for (mut column, (&center, &scale)) in points.columns_mut().into_iter().zip(coordinates) {
            column.mapv_inplace(|x| map(x, center, scale));
        }
    }
}

/// Data under a name, in standard coordinates.
pub struct Data {
    name: String,
    standard: Standard,
    /// The image size, if the points are images.
    image: Option<Image>,
    source: Source,
}

enum Source {
    Law(Box<dyn Law>),
    Sample {
        /// The points of the training.
        training: Array2<f64>,
        /// The points of the scores.
        held_out: Array2<f64>,
    },
}

impl Data {
    /// Data drawn from a law.
    #[must_use]
    pub fn law(name: impl Into<String>, law: Box<dyn Law>) -> Self {
        let draws = law.draw(STANDARD_DRAWS, &mut Seed(0).stream("standard coordinates"));
        let standard = Standard::of(draws.view());
        Self { name: name.into(), standard, image: None, source: Source::Law(law) }
    }

    /// A sample, of which `held_out` points are held out: by default a quarter, but at most
    /// 1000. `standard` makes the coordinates of the training from it.
    ///
    /// # Errors
    /// [`GanError::NotFinite`]; [`GanError::TooFew`] for too few rows; [`GanError::OnePoint`] if
    /// they are all the same.
    pub fn sample(
        name: impl Into<String>,
        points: ArrayView2<'_, f64>,
        held_out: Option<usize>,
        standard: impl Fn(ArrayView2<'_, f64>) -> Standard,
    ) -> Result<Self, GanError> {
        const MAX_HELD_OUT: usize = 1000;
        if let Some(((row, column), _)) = points.indexed_iter().find(|(_, x)| !x.is_finite()) {
            return Err(GanError::NotFinite { row: row + 1, column: column + 1 });
        }
        let rows = points.nrows();
        let held_out = held_out.unwrap_or_else(|| (rows / 4).clamp(1, MAX_HELD_OUT));
        if rows < MIN_ROWS || held_out == 0 || held_out + 1 >= rows {
            return Err(GanError::TooFew { rows, least: MIN_ROWS.max(held_out + 2) });
        }
        let standard = standard(points);
        if standard.scale.iter().all(|&scale| scale == 0.0) {
            return Err(GanError::OnePoint { rows });
        }
        let (placed, order) =
            (standard.place(points), shuffle(rows, &mut Seed(0).stream("held out")));
        let (held_out, training) = order.split_at(held_out);
        let pick = |rows: &[usize]| placed.select(Axis(0), rows);
        let source = Source::Sample { training: pick(training), held_out: pick(held_out) };
        Ok(Self { name: name.into(), standard, image: None, source })
    }

    /// A sample whose points are images.
    ///
    /// # Panics
    /// If images have another number of pixels than points have coordinates.
    #[must_use]
    pub fn of_images(self, image: Image) -> Self {
        assert_eq!(image.height * image.width, self.dim(), "a coordinate a pixel");
        Self { image: Some(image), ..self }
    }

    /// The name of the data.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Coordinates of a point.
    pub fn dim(&self) -> usize {
        self.standard.center.len()
    }

    /// The images that points are, if they are any.
    pub fn image(&self) -> Option<Image> {
        self.image
    }

    /// The shape of the points.
    pub(super) fn shape(&self) -> PointShape {
        PointShape { dim: self.dim(), image: self.image }
    }

    /// The coordinates of the training.
    pub fn standard(&self) -> &Standard {
        &self.standard
    }

    /// The modes, in the data's own coordinates, if they are known.
    pub fn modes(&self) -> Option<Modes<'_>> {
        match &self.source {
            Source::Law(law) => law.modes(),
            Source::Sample { .. } => None,
        }
    }

    /// The training set in standard coordinates, if it is finite.
    pub fn training(&self) -> Option<ArrayView2<'_, f64>> {
        match &self.source {
            Source::Law(_) => None,
            Source::Sample { training, .. } => Some(training.view()),
        }
    }

    /// A batch of training points, in standard coordinates.
    pub(super) fn batch(&self, rows: usize, stream: &mut Stream) -> Array2<f32> {
        match &self.source {
            Source::Law(law) => self.standard.place(law.draw(rows, stream).view()).mapv(f32::of),
            Source::Sample { training, .. } => {
                let draws = (0..rows).map(|_| stream.random_range(0..training.nrows()));
                training.select(Axis(0), &draws.collect::<Vec<_>>()).mapv(f32::of)
            }
        }
    }

    /// True points for the scores, `most` unless fewer are held out, in standard coordinates: one
    /// fixed set.
    #[must_use]
    pub fn truth(&self, most: usize) -> Array2<f64> {
        match &self.source {
            Source::Law(law) => {
                let draws = law.draw(most, &mut Seed(0).stream("truth"));
                self.standard.place(draws.view())
            }
            Source::Sample { held_out, .. } => {
                held_out.slice(s![..most.min(held_out.nrows()), ..]).to_owned()
            }
        }
    }

    /// Two independent true samples of `most` points each, or of half of the points there are.
    #[must_use]
    pub fn pair(&self, most: usize, stream: &mut Stream) -> [Array2<f64>; 2] {
        match &self.source {
            Source::Law(law) => {
                [(); 2].map(|()| self.standard.place(law.draw(most, stream).view()))
            }
            Source::Sample { training, held_out } => {
                let all = training.nrows() + held_out.nrows();
                let order = shuffle(all, stream);
                let rows = most.min(held_out.nrows()).min(all / 2);
                let row = |k: usize| match k.checked_sub(training.nrows()) {
                    None => training.row(k),
                    Some(k) => held_out.row(k),
                };
                [0, rows].map(|start| {
                    let mut picked = Array2::zeros((rows, self.dim()));
                    for (mut x, &k) in picked.outer_iter_mut().zip(&order[start..start + rows]) {
                        x.assign(&row(k));
                    }
                    picked
                })
            }
        }
    }
}

/// The indices 0 .. n in random order (Fisher, Yates).
fn shuffle(count: usize, stream: &mut Stream) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    for k in (1..order.len()).rev() {
        order.swap(k, stream.random_range(0..=k));
    }
    order
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::datasets::planar;

    #[test]
    fn standard_coordinates_have_mean_0_and_deviation_1_however_far_away() {
        let points = array![[1e9 + 1.0, 5.0, -2.0], [1e9 + 3.0, 5.0, 2.0]];
        let standard = Standard::of(points.view());
        assert_eq!(standard.place(points.view()), array![[-1.0, 0.0, -1.0], [1.0, 0.0, 1.0]]);
        assert_eq!(standard.restore(standard.place(points.view()).view()), points);
        let drifted = standard.restore(array![[0.0, 0.3, 0.0]].view());
        assert_eq!(drifted, array![[1e9 + 2.0, 5.0, 0.0]], "constant columns stay constant");
        let common = Standard::common(array![[0.0, 0.0, 7.0], [2.0, 4.0, 7.0]].view());
        assert_eq!(common.scale[0], common.scale[1]);
        assert_eq!(common.scale[2], 0.0);
    }

    #[test]
    fn what_is_held_out_is_not_learned_from() {
        let points = Array2::from_shape_fn((40, 1), |(i, _)| i as f64);
        let data = Data::sample("line", points.view(), None, Standard::of).unwrap();
        let (truth, training) = (data.truth(1000), data.training().unwrap());
        assert_eq!((truth.nrows(), training.nrows()), (10, 30));
        assert!(truth.iter().all(|x| training.iter().all(|y| x != y)));
        let [a, b] = data.pair(1000, &mut Seed(1).stream("pair"));
        assert_eq!((a.nrows(), b.nrows()), (10, 10));
        assert!(a.iter().all(|x| b.iter().all(|y| x != y)));
    }

    #[test]
    fn data_that_teach_nothing_are_refused() {
        let sample =
            |points: Array2<f64>| Data::sample("x", points.view(), None, Standard::of).err();
        assert_eq!(sample(array![[1.0]]), Some(GanError::TooFew { rows: 1, least: 4 }));
        assert_eq!(sample(Array2::ones((9, 2))), Some(GanError::OnePoint { rows: 9 }));
        let mut points = Array2::zeros((9, 2));
        points[(4, 1)] = f64::NAN;
        assert_eq!(sample(points), Some(GanError::NotFinite { row: 5, column: 2 }));
    }

    #[test]
    fn laws_are_standardized() {
        let data = Data::law("grid25", planar("grid25").unwrap());
        let points = data.batch(20_000, &mut Seed(1).stream("batch"));
        for column in points.columns() {
            assert!(column.mean().unwrap().abs() < 0.05);
            assert!((column.std(0.0) - 1.0).abs() < 0.05);
        }
    }
}
