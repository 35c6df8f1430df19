//! Ends where the bounds are.

use plotters::drawing::IntoDrawingArea;

use super::*;
use crate::plot::{self, Bitmap, Canvas};

fn drawn(brackets: &Brackets) -> Bitmap {
    plot::bitmap(brackets).unwrap()
}

/// The pixel at a value in the k-th row, a little below the row's middle.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the page")]
fn look(brackets: &Brackets, picture: &Bitmap, k: usize, value: f64) -> [u8; 3] {
    let mut sheet = Bitmap::new(brackets.size());
    let page = Page::new(Canvas::pixels(&mut sheet).into_drawing_area());
    let frame = brackets.frame(&page, brackets.words().room(&page));
    let x = frame.left + brackets.axis().place(brackets.shown(value)) * frame.width();
    let y = brackets.middle(frame, k) + 3.0;
    picture.at(x.round() as u32, y.round() as u32).unwrap()
}

fn bar() -> [u8; 3] {
    let plotters::style::RGBColor(r, g, b) = bar_color();
    [r, g, b]
}

#[test]
fn bars_reach_from_bound_to_bound_on_both_axes() {
    let rows = [Bracket::new("a", 1.0, 3.0), Bracket::new("b", 1.9, 2.5)];
    for brackets in [
        Brackets::new("EMD", rows.clone()).exact(2.0).absolute(),
        Brackets::new("EMD", rows.clone()).exact(2.0).relative(),
    ] {
        let picture = drawn(&brackets);
        for (k, value) in [(0, 1.1), (0, 2.9), (1, 1.95), (1, 2.4)] {
            assert_eq!(look(&brackets, &picture, k, value), bar(), "{k} {value}");
        }
        for (k, value) in [(1, 1.7), (1, 2.7)] {
            assert_eq!(look(&brackets, &picture, k, value), [255; 3], "{k} {value}");
        }
        assert_eq!(look(&brackets, &picture, 0, 2.0), [0; 3], "the exact value");
    }
}

#[test]
fn a_missing_bound_runs_to_the_edge() {
    for missing in [f64::NEG_INFINITY, f64::NAN] {
        let rows = [Bracket::new("open", missing, 2.0), Bracket::new("closed", 1.0, 4.0)];
        let brackets = Brackets::new("EMD", rows);
        let picture = drawn(&brackets);
        assert_eq!(look(&brackets, &picture, 0, 1.1), bar());
        assert_ne!(look(&brackets, &picture, 0, 2.5), bar());
        assert!(brackets.caption().contains("missing"));
    }
}

#[test]
fn narrow_brackets_are_shown_by_their_deviation() {
    let wide = Brackets::new("EMD", [Bracket::new("a", 0.5, 1.5)]).exact(1.0);
    assert_eq!(wide.center(), None);
    let narrow = Bracket::new("b", 1.0 - 1e-6, 1.0 + 1e-6);
    let mixed = Brackets::new("EMD", [Bracket::new("a", 0.5, 1.5), narrow]).exact(1.0);
    assert_eq!(mixed.center(), Some(1.0));
    // Both are seen: the narrow one takes a visible part of the axis, the wide one more.
    let axis = mixed.axis();
    let width = |half: f64| axis.place(half) - axis.place(-half);
    assert!(width(1e-6) > 0.1 && width(0.5) > 0.8 && width(0.5) < 1.0);
    assert!(mixed.caption().contains("linear within ±10⁻⁶"), "{}", mixed.caption());
    // Brackets of one size need no such axis, however narrow.
    let alike = [Bracket::new("a", 0.999, 1.001), Bracket::new("b", 0.9995, 1.0001)];
    assert_eq!(Brackets::new("EMD", alike).exact(1.0).center(), None);
    // Rounding alone does not stretch the axis, and without an exact value there is no deviation.
    let far = Bracket::new("far", 0.5, 1.5);
    let dust = Bracket::new("c", 1.0 - 1e-16, 1.0 + 2e-16);
    assert_eq!(Brackets::new("EMD", [dust.clone(), far]).exact(1.0).center(), None);
    assert_eq!(Brackets::new("EMD", [dust]).relative().center(), None);
    assert!(mixed.absolute().center().is_none());
    // A negative value: above is still to the right.
    let below_zero = Brackets::new("f", [Bracket::new("d", -2.0, -1.0)]).exact(-1.5).relative();
    assert!(below_zero.shown(-1.0) > 0.0 && below_zero.shown(-2.0) < 0.0);
}

#[test]
fn degenerate_brackets_are_drawn() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let ends = [
        (0.0, 0.0),
        (1.0, 1.0),
        (nan, nan),
        (-inf, inf),
        (0.0, inf),
        (-f64::MAX, f64::MAX),
        (2.0, 1.0),
        (1e-320, 1e-310),
    ];
    for (lower, upper) in ends {
        let row = Bracket::new("a name", lower, upper).estimated(lower).judged("a word");
        for exact in [None, Some(0.0), Some(1.0), Some(nan), Some(1e-310)] {
            let brackets = Brackets::new("EMD", [row.clone()]);
            let brackets = exact.map_or(brackets.clone(), |exact| brackets.exact(exact));
            for brackets in [brackets.clone(), brackets.relative()] {
                plot::bitmap(&brackets.resized((300, 200))).unwrap();
            }
        }
    }
    for size in [(1, 1), (40, 30)] {
        plot::bitmap(&Brackets::new("EMD", []).resized(size)).unwrap();
    }
}
