//! Ink where it belongs.

use plotters::drawing::IntoDrawingArea;

use super::*;
use crate::plan::PlanArc;
use crate::plot::{self, Bitmap};

fn drawn(n: usize, m: usize, cells: &[(usize, usize, f64)]) -> (Heatmap, Bitmap) {
    let arc = |&(source, target, mass)| PlanArc { source, target, mass };
    let plan = TransportPlan::new(n, m, cells.iter().map(arc).collect()).unwrap();
    let heatmap = Heatmap::new(&plan);
    let picture = plot::bitmap(&heatmap).unwrap();
    (heatmap, picture)
}

/// The pixel at a place of the matrix, both coordinates from 0 to 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the page")]
fn look(heatmap: &Heatmap, picture: &Bitmap, down: f64, across: f64) -> [u8; 3] {
    let mut sheet = Bitmap::new((picture.width(), picture.height()));
    let page = Page::new(plot::Canvas::pixels(&mut sheet).into_drawing_area());
    let frame = heatmap.matrix(&page, heatmap.words().room(&page));
    let at = |from: f64, length: f64, t: f64| (from + length * t).round() as u32;
    picture.at(at(frame.left, frame.width(), across), at(frame.top, frame.height(), down)).unwrap()
}

const WHITE: [u8; 3] = [255; 3];

#[test]
fn an_identity_plan_is_dark_on_the_diagonal_and_white_off_it() {
    for n in [5, 50, 5000] {
        let cells: Vec<_> = (0..n).map(|i| (i, i, 1.0)).collect();
        let (heatmap, picture) = drawn(n, n, &cells);
        for k in 0..10 {
            // A little off the cells' middles, where numbers may stand.
            let t = (f64::from(k) + 0.55) / 10.0;
            let t = if n == 5 { (f64::from(k % 5) + 0.1) / 5.0 } else { t };
            let [r, g, b] = look(&heatmap, &picture, t, t);
            assert!(r < 30 && g < 60 && b < 110, "{n}: {r} {g} {b} at {t}");
            assert_eq!(look(&heatmap, &picture, t, 1.0 - t + 0.05), WHITE, "{n} at {t}");
        }
    }
}

#[test]
fn rows_run_down_and_columns_across_and_more_mass_is_darker() {
    let (heatmap, picture) = drawn(2, 3, &[(0, 2, 0.75), (1, 0, 0.25)]);
    let [[r0, ..], [r1, ..]] =
        [look(&heatmap, &picture, 0.1, 0.9), look(&heatmap, &picture, 0.9, 0.1)];
    assert!(r0 < r1 && r1 < 200, "{r0} {r1}");
    assert_eq!(look(&heatmap, &picture, 0.1, 0.1), WHITE);
    assert_eq!(look(&heatmap, &picture, 0.9, 0.9), WHITE);
}

#[test]
fn every_shape_has_a_page_with_a_matrix_of_some_size() {
    for (n, m) in [(1, 1), (1, 1000), (1000, 1), (3, 200), (2, 2)] {
        let (heatmap, picture) = drawn(n, m, &[(0, 0, 1.0)]);
        assert!((500..2000).contains(&picture.height()), "{n}×{m}: {}", picture.height());
        assert_ne!(look(&heatmap, &picture, 0.0005, 0.0005), WHITE, "{n}×{m}");
    }
    // A plan without mass, and pages too small for anything, still give a picture.
    let (heatmap, _) = drawn(3, 3, &[]);
    for size in [(1, 1), (40, 30), (300, 40)] {
        assert!(plot::bitmap(&(&heatmap).resized(size)).is_ok());
    }
}

#[test]
fn the_caption_says_how_to_read_the_picture() {
    let text = |n: usize, cells: &[(usize, usize, f64)]| drawn(n, n, cells).0.caption();
    assert!(text(3, &[(0, 0, 1.0)]).ends_with("Points are in the order of the input."));
    assert!(text(1000, &[(0, 0, 1.0)]).replace('\u{a0}', " ").contains("4 rows × 4 columns"));
    assert!(text(3, &[(0, 0, 1.0), (1, 1, 2e-4)]).contains("logarithmic"));
    let panel = drawn(3, 3, &[(0, 0, 1.0)]).0.without_caption().noted("Only this.");
    assert_eq!(panel.caption(), "Only this.");
}
