//! Ground, lines and points where the plane has them.

use ndarray::array;
use plotters::drawing::IntoDrawingArea;
use plotters::style::RGBColor;

use super::*;
use crate::plot;

const SQUARE: Extent = Extent { x: (-1.0, 1.0), y: (-1.0, 1.0) };

fn cone(n: usize) -> Array2<f64> {
    let points = SQUARE.grid(n, n);
    Array2::from_shape_fn((n, n), |(i, j)| {
        let point = points.row(i * n + j);
        point[0].hypot(point[1])
    })
}

#[test]
fn slopes_of_a_plane_are_exact_even_on_the_edge() {
    let extent = Extent { x: (0.0, 4.0), y: (0.0, 1.0) };
    let values = extent.grid(11, 21).outer_iter().map(|p| 3.0 * p[0] - 2.0 * p[1]).collect();
    let values = Array2::from_shape_vec((11, 21), values).unwrap();
    let plane = ContourPlot::new("plane", values, extent);
    for (i, j) in [(0, 0), (10, 20), (5, 7), (0, 13)] {
        let (across, up) = plane.slope(i, j).unwrap();
        assert!((across - 3.0).abs() < 1e-12 && (up + 2.0).abs() < 1e-12, "{across} {up}");
    }
    // Arrows stand about as far apart across as upwards.
    let arrows = plane.coarse_slopes(8.0);
    assert_eq!(arrows.len(), 8 * 2);
}

#[test]
fn the_ground_darkens_with_the_function_and_a_missing_value_is_white() {
    let mut values = cone(41);
    for j in 28..34 {
        for i in 18..23 {
            values[(i, j)] = f64::NAN;
        }
    }
    let picture = ContourPlot::new("cone", values, SQUARE);
    let bitmap = plot::bitmap(&(&picture).resized((700, 700))).unwrap();
    let mut sheet = crate::plot::Bitmap::new((700, 700));
    let page = Page::new(plot::Canvas::pixels(&mut sheet).into_drawing_area());
    let field = picture.field(&page, picture.words().room(&page));
    assert!((field.frame.width() - field.frame.height()).abs() < 1e-9, "one scale");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the page")]
    let look = |x: f64, y: f64| {
        let (x, y) = field.place(x, y);
        bitmap.at(x.round() as u32, y.round() as u32).unwrap()
    };
    assert_eq!(look(0.55, 0.02), [255; 3]);
    let green = |x: f64, y: f64| look(x, y)[0];
    assert!(green(0.02, 0.01) > green(-0.56, 0.02) && green(-0.56, 0.02) > green(-0.96, 0.95));
    let RGBColor(r, g, b) = ContourPlot::color(0, picture.levels().len());
    assert_eq!(look(0.02, 0.01), [r, g, b]);
}

#[test]
fn pictures_on_one_scale_have_the_same_levels() {
    let texts = |factor: f64| {
        let picture = ContourPlot::new("cone", factor * cone(21), SQUARE).within(0.0, 2.0);
        plot::bitmap(&(&picture).resized((300, 300))).unwrap();
        picture.bar().ticks
    };
    assert_eq!(texts(0.3), texts(7.0));
    assert_eq!(ContourPlot::new("cone", cone(3), SQUARE).within(1.0, 1.0).scale, None);
}

#[test]
fn points_beyond_the_extent_are_counted() {
    let source = DiscreteMeasure::uniform(array![[0.0, 0.0], [5.0, 0.0]]).unwrap();
    let target = DiscreteMeasure::uniform(array![[0.5, 0.5]]).unwrap();
    let picture = ContourPlot::new("cone", cone(9), SQUARE).clouds(&source, &target).unwrap();
    assert!(picture.caption().ends_with("1 point lies beyond the edge."));
    plot::bitmap(&picture).unwrap();
    let space = DiscreteMeasure::uniform(array![[0.0, 0.0, 0.0]]).unwrap();
    let refused = ContourPlot::new("cone", cone(9), SQUARE).clouds(&source, &space);
    assert!(matches!(refused, Err(PlotError::NotPlanar { dim: 3 })));
}

#[test]
fn values_and_extents_of_any_kind_are_drawn() {
    let values = [
        Array2::zeros((0, 0)),
        Array2::zeros((1, 1)),
        Array2::from_elem((3, 4), 7.0),
        Array2::from_elem((3, 4), f64::NAN),
        array![[f64::MAX, -f64::MAX], [0.0, f64::INFINITY]],
        array![[1.0, 1.0 + 1e-15], [1.0, 1.0]],
        array![[1e-320, 2e-320], [0.0, 0.0]],
    ];
    let flat = |low: f64, high: f64| Extent { x: (low, high), y: (0.0, 1.0) };
    let extents =
        [SQUARE, flat(1.0, 1.0), flat(f64::NAN, 1.0), flat(0.0, 1e6), flat(-1e308, 1e308)];
    for values in values {
        for extent in extents {
            let picture = ContourPlot::new("f", values.clone(), extent).with_slopes();
            let (_, height) = picture.size();
            assert!((300..2200).contains(&height), "{height}");
            for size in [(300, 200), (1, 1)] {
                plot::bitmap(&(&picture).resized(size)).unwrap();
            }
        }
    }
}

#[test]
fn arrows_that_are_given_start_at_their_points_and_point_along_their_rows() {
    let from = array![[0.0, 0.0], [0.5, 0.0], [9.0, 9.0]];
    let along = array![[0.0, 2.0], [0.0, 0.0], [50.0, 0.0]];
    let bare = ContourPlot::new("flat", Array2::zeros((2, 2)), SQUARE);
    let drawn = bare.clone().vectors("up", from.clone(), along.clone()).unwrap();
    let size = drawn.size();
    let [plain, arrows] = [bare, drawn].map(|picture| {
        // Without the row of the legend.
        let picture = ContourPlot {
            vectors: picture.vectors.map(|v| Vectors { name: String::new(), ..v }),
            ..picture
        };
        plot::bitmap(&(&picture).resized(size)).unwrap()
    });
    let changed = (0..size.0 * size.1)
        .map(|k| (k % size.0, k / size.0))
        .filter(|&(x, y)| plain.at(x, y) != arrows.at(x, y))
        .collect::<Vec<_>>();
    let ends = |axis: fn(&(u32, u32)) -> u32| {
        let places = changed.iter().map(axis);
        (places.clone().min().unwrap(), places.max().unwrap())
    };
    let ((left, right), (top, bottom)) = (ends(|at| at.0), ends(|at| at.1));
    let unit = f64::from(size.0) / page::PAGE_WIDTH;
    assert!((f64::from(bottom - top) - LONGEST_VECTOR * unit).abs() < 6.0, "{top} {bottom}");
    assert!(f64::from(right - left) < 10.0 * unit, "one arrow, upright");
    let flat = ContourPlot::new("flat", Array2::zeros((2, 2)), SQUARE);
    let line = flat.vectors("on a line", Array2::zeros((1, 1)), along);
    assert!(matches!(line, Err(PlotError::NotPlanar { dim: 1 })));
}
