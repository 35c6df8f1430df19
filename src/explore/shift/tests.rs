//! The study and the way by hand, and as theory has them.

use std::f64::consts::LN_2;
use std::ops::ControlFlow;

use ndarray::array;

use super::*;
use crate::explore::pairs::{LawPair, PAIRS, pair};

fn of(pair: &LawPair, steps: usize) -> ShiftStudy {
    Shift {
        source: &pair.source,
        target: &pair.target,
        direction: pair.direction.view(),
        overlap: Ok(pair.overlap.as_ref()),
        path: pair.path,
        steps,
        alpha: 0.5,
        slices: 20,
        seed: Seed(1),
    }
    .run(&mut ())
    .unwrap()
}

fn on_samples(p: &DiscreteMeasure, q: &DiscreteMeasure, steps: usize) -> ShiftStudy {
    let path = MotionPath::new(p, q, None).unwrap();
    let bins = path.bins(q, None).unwrap();
    Shift {
        source: &path.source,
        target: q,
        direction: path.direction.view(),
        overlap: Ok(&bins),
        path: path.path,
        steps,
        alpha: 0.5,
        slices: 20,
        seed: Seed(1),
    }
    .run(&mut ())
    .unwrap()
}

fn normal(n: usize, d: usize, spread: f64, name: &str) -> DiscreteMeasure {
    let mut stream = Seed(2).stream(name);
    let points = Array2::from_shape_simple_fn((n, d), || spread * stream.normal());
    DiscreteMeasure::uniform(points).unwrap()
}

#[test]
fn segments_have_the_js_and_the_emd_of_the_paper() {
    let study = of(&pair("segments", 40).unwrap(), 50);
    let (js, emd) = (study.track("js").unwrap(), study.track("emd").unwrap());
    let (tv, kl) = (study.track("tv").unwrap(), study.track("kl").unwrap());
    for (k, &s) in study.offsets.iter().enumerate() {
        let apart = s != 0.0;
        assert_eq!(js.values[k], if apart { LN_2 } else { 0.0 });
        assert_eq!(tv.values[k], if apart { 1.0 } else { 0.0 });
        assert_eq!(kl.values[k], if apart { f64::INFINITY } else { 0.0 });
        assert_eq!(js.slopes[k], apart.then_some(0.0));
        // A bound from above, a few roundings wide.
        let excess = emd.values[k] - s.abs();
        assert!((0.0..4e-15).contains(&excess), "{s}: {}", emd.values[k]);
        assert!((emd.slopes[k].unwrap() - s.signum() * f64::from(u8::from(apart))).abs() < 1e-14);
    }
    assert_eq!(study.contact, Some(study.meeting));
}

#[test]
fn copies_are_as_far_apart_as_they_were_moved() {
    for name in ["generator", "rings", "points"] {
        let study = of(&pair(name, 50).unwrap(), 24);
        for name in ["emd", "w2"] {
            let track = study.track(name).unwrap();
            for (value, s) in track.values.iter().zip(&study.offsets) {
                assert!((value - s.abs()).abs() < 1e-12, "{name} at {s}: {value}");
            }
        }
        assert!(study.widest.is_optimal());
    }
}

#[test]
fn js_tells_nothing_until_contact() {
    for name in ["generator", "rings", "discs"] {
        let study = of(&pair(name, 20).unwrap(), 90);
        let (contact, js) = (study.contact.unwrap(), study.track("js").unwrap());
        assert!(contact > 10 && contact < study.meeting, "{name}");
        for k in 0..contact - 1 {
            assert_eq!((js.values[k], js.slopes[k]), (LN_2, Some(0.0)), "{name}");
        }
        assert!(js.values[contact] < LN_2 && js.slopes[contact + 1].unwrap() < 0.0);
    }
}

#[test]
fn emd_never_changes_faster_than_the_offset() {
    for name in PAIRS {
        let study = of(&pair(name, 40).unwrap(), 30);
        let emd = study.track("emd").unwrap();
        assert!(emd.slopes.iter().flatten().all(|slope| slope.abs() <= 1.0 + 1e-14), "{name}");
    }
}

#[test]
fn on_the_line_emd_is_convex() {
    let cases = [
        of(&pair("gaussians", 60).unwrap(), 60),
        on_samples(&normal(50, 1, 1.0, "a"), &normal(70, 1, 3.0, "b"), 60),
    ];
    for study in cases {
        let emd = &study.track("emd").unwrap().values;
        for three in emd.windows(3) {
            assert!(three[0] + three[2] - 2.0 * three[1] > -1e-13, "{three:?}");
        }
    }
}

#[test]
fn in_the_plane_emd_need_not_be_convex() {
    let source = DiscreteMeasure::uniform(array![[0.0, 0.0], [0.0, 1.0]]).unwrap();
    let target = DiscreteMeasure::uniform(array![[-5.0, 1.0], [5.0, 1.0]]).unwrap();
    let emd = |s: f64| {
        let p = moved(&source, array![1.0, 0.0].view(), s).unwrap();
        let problem = OtProblem::new(&p, &target, Euclidean).unwrap();
        Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap().plan.cost(problem.cost())
    };
    let bend = emd(-1.0) + emd(1.0) - 2.0 * emd(0.0);
    assert!(bend < -1e-3, "{bend}");
}

#[test]
fn the_derivative_along_the_rays_is_that_of_differences() {
    let (p, q) = (normal(30, 2, 1.0, "p"), normal(40, 2, 2.0, "q"));
    let shift = |s: f64| {
        let p = moved(&p, array![0.6, 0.8].view(), s).unwrap();
        let problem = OtProblem::new(&p, &q, Euclidean).unwrap();
        let plan = Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap().plan;
        (plan.cost(problem.cost()), along_rays((&p, &q), &plan, array![0.6, 0.8].view()))
    };
    for s in [-3.0, -0.4, 0.0, 0.3, 2.0] {
        let h = 1e-6;
        let quotient = (shift(s + h).0 - shift(s - h).0) / (2.0 * h);
        let slope = shift(s).1;
        assert!((slope - quotient).abs() < 1e-6, "{s}: {slope} {quotient}");
    }
}

#[test]
fn samples_move_from_where_they_were_given_and_past_the_target() {
    let (p, q) = (normal(60, 3, 0.3, "p"), normal(60, 3, 0.3, "q"));
    let p = moved(&p, array![0.0, 0.6, 0.8].view(), -7.0).unwrap();
    let path = MotionPath::new(&p, &q, None).unwrap();
    assert!((path.given + 7.0).abs() < 0.3 && path.path == (path.given, -0.5 * path.given));
    let back = moved(&path.source, path.direction.view(), path.given).unwrap();
    assert!((&back.support() - &p.support()).iter().all(|x| x.abs() < 1e-14));
    let study = on_samples(&p, &q, 30);
    let (js, emd) = (study.track("js").unwrap(), study.track("emd").unwrap());
    assert_eq!((js.values[0], js.slopes[0]), (LN_2, Some(0.0)));
    assert!(js.values[study.meeting] < 0.5 * LN_2 && study.contact.is_some());
    assert!((emd.values[0] - 7.0).abs() < 0.3 && study.tracks.len() == 18);
}

#[test]
fn directions_that_are_none_are_refused() {
    let p = normal(5, 2, 1.0, "p");
    for direction in [array![0.0, 0.0], array![1.0], array![f64::NAN, 1.0]] {
        let refused = MotionPath::new(&p, &p, Some(direction));
        assert!(matches!(refused, Err(ShiftError::Direction { .. })), "{refused:?}");
    }
    let path = MotionPath::new(&p, &p, None).unwrap();
    assert_eq!((path.direction, path.given), (array![1.0, 0.0], 0.0));
    let point = DiscreteMeasure::uniform(array![[1.0]]).unwrap();
    assert_eq!(MotionPath::new(&point, &point, None).unwrap().path, (-1.0, 0.5));
}

/// An observer that stops after this number of offsets.
struct StopAfter(u64);

impl Observer for StopAfter {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if event.iterations > self.0 {
            return ControlFlow::Break(Stop::Interrupted);
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn a_stop_leaves_the_path_up_to_there() {
    let pair = pair("discs", 20).unwrap();
    let shift = Shift {
        source: &pair.source,
        target: &pair.target,
        direction: pair.direction.view(),
        overlap: Ok(pair.overlap.as_ref()),
        path: pair.path,
        steps: 30,
        alpha: 0.5,
        slices: 20,
        seed: Seed(1),
    };
    let whole = shift.run(&mut ()).unwrap();
    assert_eq!(whole.stopped, None);
    for done in [1, 7, 26] {
        let part = shift.run(&mut StopAfter(done as u64 - 1)).unwrap();
        assert_eq!(part.stopped, Some(Stop::Interrupted));
        assert_eq!(part.offsets, whole.offsets[..done]);
        assert_eq!(part.plans, whole.plans[..done]);
        assert_eq!(part.meeting, whole.meeting.min(done - 1));
        for (part, whole) in part.tracks.iter().zip(&whole.tracks) {
            assert_eq!((part.name, &part.values[..]), (whole.name, &whole.values[..done]));
            assert_eq!(part.slopes.len(), done);
        }
    }
}
