//! Ink where it belongs.

use plotters::drawing::IntoDrawingArea;

use super::*;
use crate::plot::{self, Bitmap, Canvas};

fn drawn(chart: &Chart) -> Bitmap {
    plot::bitmap(chart).unwrap()
}

/// The field of a chart on its own page.
fn field(chart: &Chart) -> Field {
    let mut sheet = Bitmap::new(chart.size());
    let page = Page::new(Canvas::pixels(&mut sheet).into_drawing_area());
    chart.field(&page, chart.words().room(&page))
}

/// The color of the pixel at a value.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the page")]
fn look(chart: &Chart, picture: &Bitmap, (x, y): (f64, f64)) -> [u8; 3] {
    let (x, y) = field(chart).place(x, y);
    picture.at(x.round() as u32, y.round() as u32).unwrap()
}

fn rgb(RGBColor(r, g, b): RGBColor) -> [u8; 3] {
    [r, g, b]
}

#[test]
fn curves_levels_and_bands_are_where_their_values_are() {
    let line = |slope: f64| (0..=10).map(move |k| (f64::from(k), slope * f64::from(k)));
    let chart = Chart::new("x", "y")
        .curve(Curve::new("rising", line(1.0)))
        .curve(Curve::new("marked", line(-0.5)).marked().colored(palette::PURPLE))
        .band(Band::new("between", line(0.0).map(|(x, _)| (x, 6.2, 8.3))));
    let picture = drawn(&chart);
    for x in [1.5, 4.5, 5.5] {
        assert_eq!(look(&chart, &picture, (x, x)), rgb(palette::BLACK));
        assert_eq!(look(&chart, &picture, (x, -0.5 * x)), rgb(palette::PURPLE));
        assert_eq!(
            look(&chart, &picture, (x, 7.3)),
            rgb(palette::tint(palette::SKY_BLUE, BAND_OPACITY))
        );
        assert_eq!(look(&chart, &picture, (x, -4.3)), [255; 3]);
    }
    // Logarithmic axes make a straight line of a power.
    let chart = Chart::new("x", "y")
        .curve(Curve::new("square", [(0.1, 0.01), (100.0, 1e4)]))
        .log_x()
        .log_y();
    let picture = drawn(&chart);
    for x in [0.3, 3.0, 33.0] {
        assert_eq!(look(&chart, &picture, (x, x * x)), rgb(palette::BLACK));
    }
}

#[test]
fn values_without_a_place_break_the_line() {
    for (hole, log) in [(f64::NAN, false), (f64::INFINITY, false), (-3.0, true), (0.0, true)] {
        let points = [(0.0, 1.0), (1.0, 1.0), (2.0, hole), (3.0, 1.0), (4.0, 1.0)];
        let chart = Chart::new("x", "y").curve(Curve::new("", points));
        let chart = if log { chart.log_y() } else { chart };
        let picture = drawn(&chart);
        assert_eq!(look(&chart, &picture, (0.5, 1.0)), rgb(palette::BLACK), "{hole}");
        assert_ne!(look(&chart, &picture, (2.3, 1.0)), rgb(palette::BLACK), "{hole}");
        assert_eq!(look(&chart, &picture, (3.5, 1.0)), rgb(palette::BLACK), "{hole}");
    }
}

#[test]
fn a_band_without_a_bound_reaches_the_edge() {
    let points = [(0.0, f64::NEG_INFINITY, 1.0), (1.0, f64::NEG_INFINITY, 1.0)];
    let chart = Chart::new("x", "y").band(Band::new("", points)).level("", 3.0);
    let picture = drawn(&chart);
    let tint = rgb(palette::tint(palette::SKY_BLUE, BAND_OPACITY));
    assert_eq!(look(&chart, &picture, (0.45, 0.96)), tint);
    assert_eq!(look(&chart, &picture, (0.45, 1.6)), [255; 3]);
}

#[test]
fn samples_and_legend_stay_outside_of_the_curves() {
    let bare = Chart::new("x", "y").curve(Curve::new("", [(0.0, 0.0), (1.0, 1.0)]));
    let full = bare
        .clone()
        .curve(Curve::new("named", [(0.0, 1.0), (1.0, 0.0)]))
        .rug(Side::Source, "source", [0.2, 0.25])
        .rug(Side::Target, "target", [0.8]);
    assert!(full.legend().height(588.0) > 0.0 && bare.legend().height(588.0) == 0.0);
    let (frame, floor) = (field(&full).frame, field(&full).floor);
    assert!(floor > 0.0 && frame.height() > 500.0);
    // All of the samples' ink lies between the curves and the axis.
    let picture = drawn(&full);
    let mut rows = Vec::new();
    for y in 0..picture.height() {
        let inked = (0..picture.width()).filter(|&x| {
            let [r, g, b] = picture.at(x, y).unwrap();
            r < 60 && g.abs_diff(114) < 40 && b > 160
        });
        if inked.count() > 0 && f64::from(y) > frame.top {
            rows.push(f64::from(y));
        }
    }
    assert!(rows.len() > 5);
    assert!(rows.iter().all(|y| (frame.bottom..frame.bottom + floor).contains(y)), "{rows:?}");
}

#[test]
fn empty_constant_and_extreme_data_are_drawn() {
    let data: [&[(f64, f64)]; 8] = [
        &[],
        &[(1.0, 2.0)],
        &[(0.0, 5.0), (1.0, 5.0)],
        &[(f64::NAN, 1.0), (1.0, f64::NAN)],
        &[(-1e300, 1e300), (1e300, -1e300)],
        &[(1e-310, 0.0), (2e-310, 1e-320)],
        &[(1e8, 1e8), (1e8 + 1.0, 1e8 + 1e-7)],
        &[(f64::MAX, f64::MAX), (-f64::MAX, -f64::MAX)],
    ];
    for points in data {
        let chart = Chart::new("x", "y").curve(Curve::new("a curve", points.iter().copied()));
        for chart in [chart.clone(), chart.clone().log_y(), chart.log_x().log_y()] {
            drawn(&chart);
            for size in [(1, 1), (40, 30), (300, 40)] {
                plot::bitmap(&(&chart).resized(size)).unwrap();
            }
        }
    }
}

#[test]
fn long_names_are_broken_into_rows_of_the_legend() {
    let named = |count: usize| {
        let curve = |k: usize| Curve::new(format!("a curve with a long name {k}"), []);
        (0..count).fold(Chart::new("x", "y"), |chart, k| chart.curve(curve(k)))
    };
    let height = |count: usize| named(count).legend().height(588.0);
    assert!(height(2) < height(3) && height(3) < height(6));
    assert!(named(9).size().1 > named(1).size().1);
    // The eighth curve has the first one's color, but not its line.
    let chart = named(8);
    assert_eq!(chart.stroke(0).color, chart.stroke(7).color);
    assert_ne!(chart.stroke(0).dashes, chart.stroke(7).dashes);
    // Whoever has a color of its own keeps its line.
    let chart = chart.curve(Curve::new("of one's own", []).colored(palette::GREEN));
    assert!(chart.stroke(8).dashes.is_empty());
}

#[test]
fn places_are_pointed_out_from_top_to_bottom_with_their_names_above() {
    let curve = Curve::new("", [(0.0, 0.0), (4.0, 1.0)]);
    let bare = Chart::new("x", "y").curve(curve);
    let chart = bare.clone().place("here", 3.0);
    let picture = drawn(&chart);
    let is_ink = |y: f64| look(&chart, &picture, (3.0, y)) == rgb(palette::ARROW);
    for half in [0.0, 0.5] {
        let inked = (0..100).filter(|k| is_ink(half + 0.005 * f64::from(*k))).count();
        assert!((20..80).contains(&inked), "{inked}");
    }
    let (with, without) = (field(&chart).frame, field(&bare).frame);
    assert!(with.top > without.top && chart.size().1 > bare.size().1);
    // A place without a name takes no room, but its axis reaches as far.
    let nameless = bare.place("", 9.0);
    assert_eq!(field(&nameless).frame.top, without.top);
    assert_eq!(field(&nameless).x.ends(), (0.0, 9.0));
}

#[test]
fn axes_cover_what_they_are_told_to_whatever_the_curves_do() {
    let chart = |end: f64| {
        let curve = Curve::new("so far", [(0.0, 0.0), (end, 0.1 * end)]);
        Chart::new("x", "y").curve(curve).covering((-1.0, 5.0), (0.0, 2.0))
    };
    let ends = |chart: &Chart| (field(chart).x.ends(), field(chart).y.ends());
    assert_eq!(ends(&chart(1.0)), ends(&chart(4.0)));
    assert_eq!(field(&chart(1.0)).x.ends(), (-1.0, 5.0));
}

#[test]
fn curves_beyond_the_colors_are_dashed_unless_they_chose_their_own() {
    let chart = (0..9).fold(Chart::new("x", "y"), |chart, k| {
        let curve = Curve::new("", []);
        chart.curve(if k == 8 { curve.colored(palette::GREEN) } else { curve })
    });
    let dashed = |k: usize| !chart.stroke(k).dashes.is_empty();
    assert!(!dashed(6) && dashed(7) && !dashed(8));
}
