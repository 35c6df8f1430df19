//! Seeded laws to draw samples from, with what is known about them.

mod curve;
mod funnels;
mod law;
mod mixture;

pub use curve::{Moons, SwissRoll};
pub use funnels::Funnels;
pub use law::{Law, Modes};
pub use mixture::Mixture;

/// Names of the laws in the plane on which generative models are tried.
pub const PLANAR: [&str; 4] = ["ring8", "grid25", "swissroll", "moons"];

/// The law of a name in [`PLANAR`].
///
/// # Examples
/// ```
/// use deblais::datasets::planar;
/// use deblais::seed::Seed;
///
/// let ring = planar("ring8").expect("a name in PLANAR");
/// assert_eq!(ring.draw(100, &mut Seed(1).stream("ring")).dim(), (100, 2));
/// assert_eq!(ring.modes().map_or(0, |modes| modes.centers.nrows()), 8);
/// ```
#[must_use]
pub fn planar(name: &str) -> Option<Box<dyn Law>> {
    Some(match name {
        "ring8" => Box::new(Mixture::ring8()),
        "grid25" => Box::new(Mixture::grid25()),
        "swissroll" => Box::new(SwissRoll),
        "moons" => Box::new(Moons),
        _ => return None,
    })
}
