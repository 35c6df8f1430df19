//! What methods take, counted, against what they are said to take.

#![expect(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use deblais::cost::{Euclidean, GroundCost, SqEuclidean};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::seed::Seed;
use deblais::solvers::lp::Backend;
use deblais::solvers::{Method, memory};
use ndarray::{Array1, Array2};

/// Counts what is allocated, and the most that was.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Points around five centers, far from where the others lie, with random masses.
fn blobs(n: usize, d: usize, name: &'static str) -> DiscreteMeasure {
    let mut stream = Seed(5).stream(name);
    let centers = Array2::from_shape_simple_fn((5, d), || 3.0 * stream.normal());
    let points =
        Array2::from_shape_fn((n, d), |(i, k)| centers[(i % 5, k)] + 0.5 * stream.normal());
    let mass: Array1<f64> = (0..n).map(|_| 0.001 + stream.uniform()).collect();
    let total = mass.sum();
    DiscreteMeasure::new(points, mass / total).unwrap()
}

/// Bytes taken by a solve with its certificate, and bytes said to be taken.
fn taken<G: Into<GroundCost>>(
    (n, m, d): (usize, usize, usize),
    ground: G,
    method: Method,
) -> (f64, f64) {
    let problem = OtProblem::new(&blobs(n, d, "x"), &blobs(m, d, "y"), ground.into()).unwrap();
    let said = memory(method, &problem).bytes;
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let solution = method.solver(&problem).solve(&problem, &mut ()).unwrap();
    let certificate = solution.certify(&problem).certificate;
    assert!(certificate.is_within(1e-6), "{certificate:?}");
    ((MOST.load(Ordering::Relaxed) - before) as f64, said as f64)
}

// One test: the counter is one for the whole process.
#[test]
fn methods_take_no_more_than_they_are_said_to_and_not_much_less() {
    let lp = Method::Lp(Backend::Clarabel);
    let cases = [
        ("simplex, a small table", taken((300, 200, 5), Euclidean, Method::Simplex), 6.0),
        ("simplex, a large one", taken((1500, 1100, 5), Euclidean, Method::Simplex), 1.5),
        ("simplex in the plane", taken((1500, 1100, 2), SqEuclidean, Method::Simplex), 1.5),
        ("shortlist, far", taken((6000, 5000, 2), Euclidean, Method::Shortlist), 3.0),
        ("shortlist, near", taken((6000, 5000, 3), SqEuclidean, Method::Shortlist), 6.0),
        ("shortlist, rows", taken((1500, 1100, 16), Euclidean, Method::Shortlist), 6.0),
        ("line", taken((20_000, 15_000, 1), Euclidean, Method::Line), 3.0),
        ("lp", taken((60, 50, 2), Euclidean, lp), 6.0),
    ];
    for (name, (taken, said), most) in cases {
        println!("{name}: {taken} taken, {said} said, {:.2}", said / taken);
        assert!(taken <= said, "{name}: {taken} taken, {said} said");
        assert!(said <= most * taken, "{name}: {taken} taken, {said} said");
    }
}
