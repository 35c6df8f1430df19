//! Pairs of laws whose overlap is known in closed form, one of which is to be moved.
//!
//! | name | source and target | where they overlap |
//! |---|---|---|
//! | `generator` | the lecture's generator: a wavy band, and the same one as data | in no more than a sliver, once they touch |
//! | `segments` | two parallel segments of the plane (Arjovsky, Chintala, Bottou 2017, "Wasserstein generative adversarial networks", ICML, example 1) | nowhere, but at 0 everywhere |
//! | `points` | two point masses | likewise |
//! | `discs` | discs of two sizes | in a lens |
//! | `rings` | two rings | in two patches where they cross |
//! | `gaussians` | N(s, 1) and N(0, 1.3²) on the line | everywhere, a little |
//!
//! **Transport** is between a few hundred atoms that fill either law evenly, nothing drawn by chance.
//! Where source and target are copies of each other, so are their atoms, and EMD is the length of the
//! shift. **f-divergences** are those of the laws themselves, never of the atoms, which share no point:
//!
//! ```text
//! uniform laws on regions A, B:   cells A∖B, A∩B, B∖A with masses |·|/|A| and |·|/|B|
//! laws on parallel segments:      mutually singular
//! N(s, 1), N(0, 1.3²):            the closed forms of normal laws ([`Normal`])
//! ```
//!
//! Of normal laws' JS, total variation and LSGAN's divergence, and of all of the band's, the masses of
//! fine cells are compared, exact by the distribution functions.
//!
//! Reference: Vogel 1979, "A better way to construct the sunflower
//! head", Math. Biosci. 44 (atoms of discs and rings).

use std::f64::consts::{PI, TAU};

use ndarray::{Array1, Array2, array};

use crate::divergence::named::{NAMES, f_divergence, values};
use crate::divergence::{LinearBins, Normal, renyi_between_normals};
use crate::measure::DiscreteMeasure;

/// Names of the pairs; the first is the default.
pub const PAIRS: [&str; 6] = ["generator", "segments", "points", "discs", "rings", "gaussians"];

/// Two laws, as atoms and by what is known of their densities.
pub struct LawPair {
    /// A title for the picture.
    pub title: &'static str,
    /// The source at offset 0, its mean on the target's.
    pub source: DiscreteMeasure,
    /// The target.
    pub target: DiscreteMeasure,
    /// Where the source moves, of length 1.
    pub direction: Array1<f64>,
    /// The first offset and the last.
    pub path: (f64, f64),
    /// Offsets with a name of their own.
    pub stages: Vec<(&'static str, f64)>,
    /// Their densities.
    pub overlap: Box<dyn Overlap>,
}

/// Divergences between the densities of a target and of a source that is moved.
pub trait Overlap: Sync {
    /// All of [`NAMES`] with the source at this offset.
    fn divergences(&self, alpha: f64, offset: f64) -> [f64; NAMES.len()];

    /// How one of them is found.
    fn estimator(&self, name: &str) -> String;

    /// Smallest change of the offset that the divergences resolve; smaller changes give noise.
    fn resolution(&self) -> f64 {
        0.0
    }

    /// Whether they jump at this offset, so that there is no derivative.
    fn jumps(&self, _offset: f64) -> bool {
        false
    }
}

impl Overlap for LinearBins {
    fn divergences(&self, alpha: f64, offset: f64) -> [f64; NAMES.len()] {
        let (p, q) = self.masses(offset);
        values(alpha, &p, &q)
    }

    fn estimator(&self, _: &str) -> String {
        format!("histogram, linear binning in fixed cells {:.4} long", self.width())
    }

    /// Half a cell.
    fn resolution(&self) -> f64 {
        0.5 * self.width()
    }
}

/// The pair of this name with about `atoms` atoms a side.
#[must_use]
pub fn pair(name: &str, atoms: usize) -> Option<LawPair> {
    Some(match name {
        "generator" => generator(atoms),
        "segments" => segments(atoms),
        "points" => points(),
        "discs" => discs(atoms),
        "rings" => rings(atoms),
        "gaussians" => gaussians(atoms),
        _ => return None,
    })
}

fn generator(atoms: usize) -> LawPair {
    const HEIGHT: f64 = 4.0;
    const WAVE: f64 = 0.8;
    let band = WavyBand { half_width: 0.75 };
    let spread = evenly(Array2::from_shape_fn((atoms, 2), |(i, axis)| {
        let up = (i as f64 + 0.5) / atoms as f64;
        let across = band.quantile((i as f64 * GOLDEN_RATIO_FRACTION + 0.5).fract());
        if axis == 0 { across + WAVE * libm::sin(TAU * up) } else { HEIGHT * (up - 0.5) }
    }));
    LawPair {
        title: "a generator on its way to the data",
        source: spread.clone(),
        target: spread,
        direction: array![1.0, 0.0],
        path: (-6.0, 3.0),
        stages: vec![("G0", -6.0), ("G50", -2.4), ("G100", 0.0)],
        overlap: Box::new(band),
    }
}

fn segments(atoms: usize) -> LawPair {
    let segment = evenly(Array2::from_shape_fn((atoms, 2), |(i, axis)| match axis {
        0 => 0.0,
        _ => (i as f64 + 0.5) / atoms as f64,
    }));
    LawPair { title: "two parallel segments", ..singular(segment) }
}

fn points() -> LawPair {
    LawPair { title: "two point masses", ..singular(evenly(Array2::zeros((1, 2)))) }
}

fn singular(law: DiscreteMeasure) -> LawPair {
    LawPair {
        title: "",
        source: law.clone(),
        target: law,
        direction: array![1.0, 0.0],
        path: (-1.5, 1.0),
        stages: Vec::new(),
        overlap: Box::new(Singular),
    }
}

fn discs(atoms: usize) -> LawPair {
    let regions = [Ring { outer: 1.0, inner: 0.0 }, Ring { outer: 1.6, inner: 0.0 }];
    LawPair { title: "two discs", ..round(regions, atoms) }
}

fn rings(atoms: usize) -> LawPair {
    LawPair { title: "two rings", ..round([Ring { outer: 1.5, inner: 1.2 }; 2], atoms) }
}

fn round(regions: [Ring; 2], atoms: usize) -> LawPair {
    let [source, target] = regions.map(|region| region.atoms(atoms));
    LawPair {
        title: "",
        source,
        target,
        direction: array![1.0, 0.0],
        path: (-6.0, 3.0),
        stages: Vec::new(),
        overlap: Box::new(Rings(regions)),
    }
}

fn gaussians(atoms: usize) -> LawPair {
    let laws = Normals { source: STANDARD, target: Normal { deviation: 1.3, ..STANDARD } };
    let [source, target] = [laws.source, laws.target].map(|law| {
        let place = |(i, _): (usize, usize)| quantile(law, (i as f64 + 0.5) / atoms as f64);
        evenly(Array2::from_shape_fn((atoms, 1), place))
    });
    LawPair {
        title: "two normal laws",
        source,
        target,
        direction: array![1.0],
        path: (-7.0, 3.5),
        stages: Vec::new(),
        overlap: Box::new(laws),
    }
}

fn evenly(points: Array2<f64>) -> DiscreteMeasure {
    DiscreteMeasure::uniform(points).expect("at least one atom, all of them finite")
}

/// Multiples of the golden ratio fill the unit interval evenly.
const GOLDEN_RATIO_FRACTION: f64 = 0.618_033_988_749_894_8;

/// Laws on segments that do not meet, or on points.
struct Singular;

impl Overlap for Singular {
    fn divergences(&self, alpha: f64, offset: f64) -> [f64; NAMES.len()] {
        if offset == 0.0 {
            values(alpha, &[1.0], &[1.0])
        } else {
            values(alpha, &[1.0, 0.0], &[0.0, 1.0])
        }
    }

    fn estimator(&self, _: &str) -> String {
        "closed form: mutually singular laws".to_owned()
    }

    fn jumps(&self, offset: f64) -> bool {
        offset == 0.0
    }
}

/// Uniform laws on two rings, or discs; the offset is that of their centers.
struct Rings([Ring; 2]);

#[derive(Clone, Copy)]
struct Ring {
    outer: f64,
    inner: f64,
}

impl Ring {
    fn area(self) -> f64 {
        PI * self.outer * self.outer - PI * self.inner * self.inner
    }

    /// A sunflower: as many atoms on any part as it has area.
    fn atoms(self, count: usize) -> DiscreteMeasure {
        let square = |x: f64| x * x;
        let from = square(self.inner);
        evenly(Array2::from_shape_fn((count, 2), |(i, axis)| {
            let share = (i as f64 + 0.5) / count as f64;
            let radius = (from + (square(self.outer) - from) * share).sqrt();
            let angle = TAU * (i as f64 * GOLDEN_RATIO_FRACTION).fract();
            radius * if axis == 0 { libm::cos(angle) } else { libm::sin(angle) }
        }))
    }
}

impl Overlap for Rings {
    fn divergences(&self, alpha: f64, offset: f64) -> [f64; NAMES.len()] {
        /// Share of an area below which it is rounding.
        const AREA_ROUNDING: f64 = 1e-12;
        let [a, b] = self.0;
        let lens = |a, b| lens(offset.abs(), a, b);
        let common = lens(a.outer, b.outer) - lens(a.outer, b.inner) - lens(a.inner, b.outer)
            + lens(a.inner, b.inner);
        let share = |area: f64| if area.abs() < AREA_ROUNDING { 0.0 } else { area.max(0.0) };
        let common = share(common);
        let (p, q) = (share(a.area() - common), share(b.area() - common));
        values(alpha, &[p, common, 0.0], &[0.0, common, q])
    }

    fn estimator(&self, _: &str) -> String {
        "closed form: areas of lenses".to_owned()
    }
}

/// The area that two discs have in common.
fn lens(distance: f64, a: f64, b: f64) -> f64 {
    if distance >= a + b {
        return 0.0;
    }
    if distance <= (a - b).abs() {
        let least = a.min(b);
        return PI * least * least;
    }
    // Twice the area of the triangle between both centers and a corner of the lens, by Heron.
    let sides = (a + b + distance) * (a + b - distance) * (distance + a - b) * (distance - a + b);
    let sector = |a: f64, b: f64| {
        let cosine = (distance * distance + a * a - b * b) / (2.0 * distance * a);
        a * a * libm::acos(cosine.clamp(-1.0, 1.0))
    };
    sector(a, b) + sector(b, a) - 0.5 * sides.max(0.0).sqrt()
}

/// Number of cells across half a band.
const BAND_CELLS: f64 = 50.0;

/// A band whose density falls evenly from its middle to both edges. At every height the source is the
/// target moved sideways, so that the divergences are those of a triangular density on the line.
#[derive(Clone, Copy)]
struct WavyBand {
    half_width: f64,
}

impl WavyBand {
    /// The distribution function on the line.
    fn below(self, x: f64) -> f64 {
        let t = (x / self.half_width).clamp(-1.0, 1.0);
        if t < 0.0 { 0.5 * (1.0 + t) * (1.0 + t) } else { 1.0 - 0.5 * (1.0 - t) * (1.0 - t) }
    }

    /// Its inverse.
    fn quantile(self, share: f64) -> f64 {
        let t = if share < 0.5 {
            (2.0 * share).sqrt() - 1.0
        } else {
            1.0 - (2.0 * (1.0 - share)).sqrt()
        };
        self.half_width * t
    }

    /// The mass between two places, without cancellation at either edge.
    fn between(self, low: f64, high: f64) -> f64 {
        if low > 0.0 {
            self.below(-low) - self.below(-high)
        } else {
            self.below(high) - self.below(low)
        }
    }
}

impl Overlap for WavyBand {
    fn divergences(&self, alpha: f64, offset: f64) -> [f64; NAMES.len()] {
        let ends = (offset.min(0.0) - self.half_width, offset.max(0.0) + self.half_width);
        let (p, q) = cells(ends, self.half_width / BAND_CELLS, |low, high| {
            (self.between(low - offset, high - offset), self.between(low, high))
        });
        values(alpha, &p, &q)
    }

    fn estimator(&self, _: &str) -> String {
        format!("exact masses of cells {} long", self.half_width / BAND_CELLS)
    }
}

/// The masses of all cells, their edges the multiples of `width`, that meet the stretch.
fn cells(
    (from, to): (f64, f64),
    width: f64,
    masses: impl Fn(f64, f64) -> (f64, f64),
) -> (Vec<f64>, Vec<f64>) {
    #[expect(clippy::cast_possible_truncation, reason = "some hundreds")]
    let edges = (from / width).floor() as i64..(to / width).ceil() as i64;
    edges.map(|k| masses(k as f64 * width, (k + 1) as f64 * width)).unzip()
}

/// Two normal laws, the source at offset 0.
#[derive(Clone, Copy)]
struct Normals {
    source: Normal,
    target: Normal,
}

/// Number of deviations beyond which the mass of a normal law is rounding for JS, total variation and
/// LSGAN's divergence.
const TAIL_DEVIATIONS: f64 = 9.0;

/// Length of a cell for those divergences.
const NORMAL_CELL_LENGTH: f64 = 0.02;

impl Overlap for Normals {
    fn divergences(&self, alpha: f64, offset: f64) -> [f64; NAMES.len()] {
        let p = Normal { mean: self.source.mean + offset, ..self.source };
        let q = self.target;
        let reach = TAIL_DEVIATIONS * p.deviation.max(q.deviation);
        let ends = (p.mean.min(q.mean) - reach, p.mean.max(q.mean) + reach);
        let (on_p, on_q) = cells(ends, NORMAL_CELL_LENGTH, |low, high| {
            (p.between(low, high), q.between(low, high))
        });
        let compared = values(alpha, &on_p, &on_q);
        std::array::from_fn(|k| match (NAMES[k], f_divergence(NAMES[k], alpha)) {
            ("js" | "tv" | "lsgan", _) => compared[k],
            (_, Some(f)) => f.between_normals(p, q),
            ("renyi", None) => renyi_between_normals(alpha, p, q),
            // Bhattacharyya's.
            (_, None) => 0.5 * renyi_between_normals(0.5, p, q),
        })
    }

    fn estimator(&self, name: &str) -> String {
        match name {
            "js" | "tv" | "lsgan" => format!("exact masses of cells {NORMAL_CELL_LENGTH} long"),
            _ => "closed form".to_owned(),
        }
    }
}

/// The quantile function of a normal law, by bisection.
fn quantile(law: Normal, share: f64) -> f64 {
    let (mut low, mut high) = (-TAIL_DEVIATIONS, TAIL_DEVIATIONS);
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if STANDARD.below(middle) < share { low = middle } else { high = middle }
    }
    law.mean + law.deviation * f64::midpoint(low, high)
}

/// N(0, 1).
const STANDARD: Normal = Normal { mean: 0.0, deviation: 1.0 };

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> usize {
        NAMES.iter().position(|known| *known == name).unwrap()
    }

    #[test]
    fn every_name_has_a_pair_of_probability_measures_that_meet_at_0() {
        for name in PAIRS {
            let LawPair { source, target, direction, path, .. } = pair(name, 60).unwrap();
            assert!((source.total() - 1.0).abs() < 1e-14 && (target.total() - 1.0).abs() < 1e-14);
            assert!(
                (direction.dot(&direction) - 1.0).abs() < 1e-15 && path.0 < 0.0 && path.1 > 0.0
            );
            let means = [&source, &target].map(|law| law.support().t().dot(&law.mass()));
            // Sunflowers have their mean a little beside their middle.
            assert!((&means[0] - &means[1]).iter().all(|x| x.abs() < 0.02), "{name}: {means:?}");
        }
        assert!(pair("nothing", 60).is_none());
    }

    #[test]
    fn disjoint_laws_are_at_the_ceiling_and_copies_at_0() {
        for (name, apart) in [
            ("generator", 1.5),
            ("segments", 1e-9),
            ("points", 1e-9),
            ("discs", 2.6),
            ("rings", 3.0),
        ] {
            let overlap = pair(name, 10).unwrap().overlap;
            for offset in [apart, -apart, 5.0] {
                let js = overlap.divergences(0.5, offset)[place("js")];
                assert_eq!(js, std::f64::consts::LN_2, "{name}");
            }
            let same = overlap.divergences(0.5, 0.0);
            let expected = if name == "discs" { f64::INFINITY } else { 0.0 };
            assert!((same[place("kl_reverse")] == expected), "{name}: {same:?}");
        }
    }

    #[test]
    fn areas_of_lenses_are_those_of_counted_nodes() {
        let overlap = Rings([Ring { outer: 1.5, inner: 1.2 }, Ring { outer: 1.3, inner: 0.4 }]);
        let inside = |ring: Ring, x: f64, y: f64| (ring.inner..ring.outer).contains(&x.hypot(y));
        for offset in [0.0, 0.15, 0.9, 1.7, 2.6] {
            let (nodes, side) = (1000, 1.6);
            let (mut counted, mut common) = (0.0, 0.0);
            for k in 0..nodes * nodes {
                let at = |k: i32| side * (2.0 * (f64::from(k) + 0.5) / f64::from(nodes) - 1.0);
                let (x, y) = (at(k % nodes), at(k / nodes));
                if inside(overlap.0[0], x, y) {
                    counted += 1.0;
                    common += f64::from(u8::from(inside(overlap.0[1], x + offset, y)));
                }
            }
            // Of the source's mass, what lies where the target has none.
            let [p, q] = overlap.0.map(Ring::area);
            let alone = 1.0 - common / counted;
            let tv = 0.5 * (alone + 1.0 - (1.0 - alone) * p / q)
                + 0.5 * (1.0 - alone) * (1.0 - p / q).abs();
            let found = overlap.divergences(0.5, offset)[place("tv")];
            assert!((found - tv).abs() < 2e-3, "{offset}: {found}, {tv}");
        }
    }

    #[test]
    fn normal_laws_have_the_divergences_of_their_cells() {
        use std::f64::consts::SQRT_2;
        let laws = Normals { source: STANDARD, target: Normal { deviation: 1.3, ..STANDARD } };
        for offset in [0.0, 0.7, -2.0] {
            let mass = |low: f64, high: f64, deviation: f64| {
                let below = |x: f64| 0.5 * libm::erfc(-x / (SQRT_2 * deviation));
                if low > 0.0 { below(-low) - below(-high) } else { below(high) - below(low) }
            };
            let (p, q) = cells((-30.0, 30.0), 2e-3, |low, high| {
                (mass(low - offset, high - offset, 1.0), mass(low, high, 1.3))
            });
            let counted = values(0.7, &p, &q);
            for (k, (found, counted)) in
                laws.divergences(0.7, offset).iter().zip(counted).enumerate()
            {
                let apart = (found - counted).abs();
                assert!(apart < 1e-4 * (1e-2 + counted), "{} {found} {counted}", NAMES[k]);
            }
        }
    }

    #[test]
    fn quantiles_invert_distribution_functions() {
        let band = WavyBand { half_width: 0.75 };
        for share in [0.01, 0.3, 0.5, 0.77, 0.999] {
            assert!((band.below(band.quantile(share)) - share).abs() < 1e-15);
            let law = Normal { mean: 3.0, deviation: 0.5 };
            assert!((law.below(quantile(law, share)) - share).abs() < 1e-14);
        }
    }
}
