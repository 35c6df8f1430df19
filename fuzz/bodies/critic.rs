//! Saved critics: read, rebuilt, and asked for values at two points.

use deblais::cost::{Cityblock, Euclidean};
use deblais::io::{InputPath, critic_from};
use ndarray::Array2;

pub(crate) fn run(data: &[u8]) {
    let saved = match critic_from(&InputPath::from("critic.json"), data) {
        Ok(saved) => saved,
        Err(error) => return super::told(&error, &error.hint()),
    };
    let restored = match saved.metric.as_str() {
        "cityblock" => saved.restore(Cityblock),
        _ => saved.restore(Euclidean),
    };
    match restored {
        Ok(critic) => {
            let points = Array2::from_shape_fn((2, critic.dim()), |(i, j)| (i + j) as f64);
            let _ = critic.values(points.view());
            let _ = critic.gradients(points.view());
        }
        Err(error) => super::told(&error, &error.hint()),
    }
}
