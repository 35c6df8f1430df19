//! The picture of the study: three moments, all divergences, and their derivatives.

use deblais::explore::shift::{DivergenceCurve, ShiftStudy};
use deblais::measure::DiscreteMeasure;
use deblais::plot::{Chart, Curve, Figure, Panels};

use super::ShiftScene;
use super::view::{ShiftView, some_arrows};
use crate::cli::explore::folder::Folder;
use crate::cli::failure::Failure;
use crate::cli::text::supported;

/// Names by family, in the order in which they are drawn.
pub(super) const WITH_CEILING: [&str; 5] = ["alpha", "hellinger2", "lsgan", "tv", "js"];
const WITHOUT: [&str; 7] =
    ["chi2", "chi2_reverse", "jeffreys", "kl", "kl_reverse", "renyi", "bhattacharyya"];
const DISTANCES: [&str; 6] = ["energy", "mmd", "sliced", "sinkhorn", "w2", "emd"];

/// Divergences beyond this do not stretch the axis.
const LARGEST: f64 = 1e4;

/// And below this neither.
const LEAST: f64 = 1e-4;

/// The label of the x axes.
pub(super) const OFFSET: &str = "offset of the source from the target";

/// Draws it into the folder.
pub(super) fn save(folder: &Folder, scene: &ShiftScene<'_>) -> Result<(), Failure> {
    let view = ShiftView::new(scene)?;
    let offsets = &scene.study.offsets;
    let places = scene.stages.map(|(_, k)| view.at(offsets[k]));
    let [first, second, third] = places;
    let places = [first?, second?, third?];
    let plans = scene.stages.map(|(_, k)| some_arrows(&scene.study.plans[k]));
    let mut panels: Vec<Box<dyn Figure + '_>> = Vec::new();
    for (((name, k), place), plan) in scene.stages.into_iter().zip(&places).zip(&plans) {
        let title = title(name, scene, k);
        panels.push(view.picture(place.as_ref(), offsets[k], plan, title)?);
    }
    panels.extend(charts(scene).map(|chart| Box::new(chart) as Box<dyn Figure>));
    let panels = Panels::new(3, panels).with_even_rows();
    folder.picture(&panels.titled(&scene.moving.title).noted(note(scene)))
}

/// The title of the picture of one stage.
fn title(name: &str, scene: &ShiftScene<'_>, k: usize) -> String {
    let value = |name: &str| {
        let track = scene.study.track(name)?;
        Some(if name == "js" && track.values[k] == std::f64::consts::LN_2 {
            "ln 2".to_owned()
        } else {
            supported(track.values[k], 1e-3)
        })
    };
    let parts = [("JS", value("js")), ("EMD", value("emd"))];
    let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} = {}", value?)));
    let parts: Vec<_> = parts.collect();
    let offset = supported(scene.study.offsets[k] + 0.0, 1e-2);
    format!("{name}, at {offset}: {}", parts.join(", "))
}

/// Three families, and their derivatives below them.
fn charts(scene: &ShiftScene<'_>) -> impl Iterator<Item = Chart> {
    let ShiftStudy { offsets, .. } = scene.study;
    let over = (offsets[0], offsets[offsets.len() - 1]);
    let empty = |y: &str, title: &str| marked(Chart::new(OFFSET, y).titled(title), scene);
    let seen = |x: f64| if (LEAST..=LARGEST).contains(&x) { x } else { f64::NAN };
    let share = |track: &DivergenceCurve| 1.0 / track.ceiling.unwrap_or(1.0);
    let (finite, infinite) = unbounded(scene);
    let values = [
        with(
            empty("divergence ÷ its ceiling", "With a ceiling"),
            scene,
            &WITH_CEILING,
            &|t, k| t.values[k] * share(t),
        )
        .covering(over, (0.0, 1.0)),
        with(empty("divergence", "Without one"), scene, &finite, &|t, k| seen(t.values[k]))
            .covering(over, (1e-2, 10.0))
            .log_y()
            .noted(infinite),
        with(empty("distance", "What sees the distance"), scene, &DISTANCES, &|t, k| t.values[k])
            .covering(over, (0.0, 1.0)),
    ];
    let slope = |track: &DivergenceCurve, k: usize| track.slopes[k].unwrap_or(f64::NAN);
    let slopes = [
        with(empty("derivative ÷ ceiling", "Their derivatives"), scene, &WITH_CEILING, &|t, k| {
            slope(t, k) * share(t)
        })
        .covering(over, (-0.1, 0.1)),
        with(empty("size of the derivative", "Their derivatives"), scene, &finite, &|t, k| {
            seen(slope(t, k).abs())
        })
        .covering(over, (1e-2, 10.0))
        .log_y(),
        with(empty("derivative", "Their derivatives"), scene, &DISTANCES, &slope)
            .covering(over, (-1.0, 1.0)),
    ];
    values.into_iter().chain(slopes)
}

/// Divergences without a ceiling that are finite somewhere but at offset 0, and a note on the others.
fn unbounded(scene: &ShiftScene<'_>) -> (Vec<&'static str>, String) {
    let found = |name: &&&str| scene.study.track(name).is_some();
    let is_finite = |name: &&str| {
        let values = scene.study.track(name).map(|track| track.values.iter().enumerate());
        values.into_iter().flatten().any(|(k, x)| k != scene.study.meeting && x.is_finite())
    };
    let found: Vec<_> = WITHOUT.iter().filter(found).copied().collect();
    let (finite, infinite): (Vec<_>, Vec<_>) = found.into_iter().partition(is_finite);
    let note = if infinite.is_empty() {
        String::new()
    } else {
        format!("Infinite wherever the laws differ: {}.", infinite.join(", "))
    };
    (finite, note)
}

/// The chart with the stages marked.
pub(super) fn marked(chart: Chart, scene: &ShiftScene<'_>) -> Chart {
    let offsets = &scene.study.offsets;
    // The start is the edge of the field and needs no line.
    let stages = scene.stages.into_iter().filter(|(name, _)| *name != "halfway");
    stages.fold(chart, |chart, (name, k)| chart.place(name, offsets[k]))
}

/// The chart with a curve for each of these that was found.
pub(super) fn with(
    chart: Chart,
    scene: &ShiftScene<'_>,
    names: &[&str],
    of: &dyn Fn(&DivergenceCurve, usize) -> f64,
) -> Chart {
    let ShiftStudy { offsets, .. } = scene.study;
    names.iter().filter_map(|name| scene.study.track(name)).fold(chart, |chart, track| {
        let point = |(k, &offset): (usize, &f64)| {
            // Where a divergence jumps its value stands alone.
            let jumps = track.ceiling.is_some() && track.slopes[k].is_none();
            let gap = jumps.then_some((offset, f64::NAN));
            gap.into_iter().chain([(offset, of(track, k))]).chain(gap)
        };
        let points = offsets.iter().enumerate().flat_map(point);
        chart.curve(Curve::divergence(track.name, points.collect::<Vec<_>>()))
    })
}

/// How to read it.
fn note(scene: &ShiftScene<'_>) -> String {
    let [n, m] = [&scene.moving.source, &scene.moving.target].map(DiscreteMeasure::len);
    let plan = if scene.moving.source.dim() == 1 { "EMD: the" } else { "Arrows: a part of the" };
    let mut sentences =
        vec![format!("{plan} optimal plan between {n} and {m} atoms, certified at every offset.")];
    if let Some(js) = scene.study.track("js") {
        sentences.push(format!("JS: {}.", js.estimator));
        sentences.push(
            "A curve that breaks off is infinite, or has no derivative; curves that coincide \
             hide each other."
                .to_owned(),
        );
    }
    sentences.push(
        "EMD's derivative is the mean cosine of its plan's rays with the direction of the shift: \
         never steeper than 1."
            .to_owned(),
    );
    sentences.join(" ")
}
