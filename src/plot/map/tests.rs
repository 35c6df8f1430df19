//! Ink where it belongs.

use ndarray::array;

use super::*;
use crate::plan::PlanArc;
use crate::plot::{self, palette};

fn arc(source: usize, target: usize, mass: f64) -> PlanArc {
    PlanArc { source, target, mass }
}

#[test]
fn points_and_arrows_are_where_the_plane_has_them() {
    let source = DiscreteMeasure::uniform(array![[0.0, 0.0], [4.0, 1.0]]).unwrap();
    let target = DiscreteMeasure::uniform(array![[0.0, 2.0], [4.0, 1.0]]).unwrap();
    let plan = TransportPlan::new(2, 2, vec![arc(0, 0, 0.5), arc(1, 1, 0.5)]).unwrap();
    let map = TransportMap::new(&source, &target, &plan).unwrap();
    let picture = plot::bitmap(&map).unwrap();
    // Count pixels of a role's color in each quarter of the page.
    let is_near = |pixel: [u8; 3], color: plotters::style::RGBColor| {
        let plotters::style::RGBColor(r, g, b) = color;
        pixel.iter().zip([r, g, b]).all(|(p, c)| p.abs_diff(c) < 30)
    };
    let (width, height) = map.size();
    let count = |color, right: bool, below: bool| {
        // The legend is above the field: leave it out.
        let rows = if below { height / 2..height } else { 160..height / 2 };
        let columns = if right { width / 2..width } else { 0..width / 2 };
        rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
            .filter(|&(x, y)| is_near(picture.at(x, y).unwrap(), color))
            .count()
    };
    assert!(count(palette::SOURCE, false, true) > 100, "source 0 lies left, below");
    assert_eq!(count(palette::TARGET, false, true), 0);
    assert!(count(palette::TARGET, false, false) > 100, "target 0 lies left, above");
    assert_eq!(count(palette::SOURCE, false, false), 0);
    let right = |color| count(color, true, false) + count(color, true, true);
    assert!(right(palette::SOURCE) > 100 && right(palette::TARGET) > 10, "both seen in one place");
}

#[test]
fn clouds_of_any_extent_are_drawn() {
    let clouds = [
        array![[1.0, 1.0]],
        array![[0.0, 0.0], [1e9, 0.0]],
        array![[1e8, 1e8], [1e8 + 1.0, 1e8 + 1.0]],
        array![[0.0, -1e-9], [0.0, 1e-9]],
        array![[1e300, 0.0], [0.0, -1e300]],
    ];
    for cloud in clouds {
        let n = cloud.nrows();
        let measure = DiscreteMeasure::uniform(cloud).unwrap();
        let arcs = (0..n).map(|i| arc(i, n - 1 - i, 1.0)).collect();
        let plan = TransportPlan::new(n, n, arcs).unwrap();
        let map = TransportMap::new(&measure, &measure, &plan).unwrap();
        let (_, height) = map.size();
        assert!((600..2200).contains(&height), "{height}");
        plot::bitmap(&map).unwrap();
        plot::bitmap(&map.resized((30, 20))).unwrap();
    }
}

#[test]
fn points_that_do_not_fit_are_refused() {
    let plane = DiscreteMeasure::uniform(array![[0.0, 0.0]]).unwrap();
    let space = DiscreteMeasure::uniform(array![[0.0, 0.0, 0.0]]).unwrap();
    let plan = TransportPlan::new(1, 2, vec![]).unwrap();
    assert!(matches!(
        TransportMap::new(&plane, &space, &plan),
        Err(PlotError::NotPlanar { dim: 3 })
    ));
    assert!(matches!(
        TransportMap::new(&plane, &plane, &plan),
        Err(PlotError::Points { side: "target", points: 1, plan: 2 })
    ));
}

#[test]
fn one_of_several_panels_shows_the_part_of_the_plane_it_is_told_to_without_a_caption() {
    let at = |x: f64| DiscreteMeasure::uniform(array![[x, 0.0], [x, 1.0]]).unwrap();
    let (target, plan) = (at(0.0), TransportPlan::new(2, 2, vec![arc(0, 0, 0.5)]).unwrap());
    let extent = Extent { x: (-9.0, 1.0), y: (-1.0, 2.0) };
    let size = |x: f64, within: bool| {
        let source = at(x);
        let map = TransportMap::new(&source, &target, &plan).unwrap();
        let map = if within { map.within(extent) } else { map };
        let panel = map.clone().without_caption();
        assert!(panel.caption().is_empty() && panel.size().1 < map.size().1);
        assert_eq!(panel.noted("Only this.").caption(), "Only this.");
        map.size()
    };
    assert_eq!(size(-8.0, true), size(-1.0, true));
    assert_ne!(size(-8.0, false), size(-1.0, false));
}
