//! The study as an animation: both laws, the plan, and the curves up to the present offset.

use deblais::explore::shift::{DivergenceCurve, ShiftStudy};
use deblais::plot::{self, Animation, Bitmap, Chart, Figure, Heatmap, Order, Panels};

use super::ShiftScene;
use super::picture::{OFFSET, with};
use super::view::{ShiftView, some_arrows};
use crate::cli::failure::Failure;
use crate::cli::text::supported;

/// Frames from start to end.
const FRAMES: usize = 31;

/// The width of a page, in pixels.
const WIDTH: u32 = 1000;

/// The curves that are drawn: divergences that saturate, and a distance that does not.
const FOLLOWED: [&str; 3] = ["js", "lsgan", "emd"];

/// All frames.
pub(super) fn animation(scene: &ShiftScene<'_>) -> Result<Animation, Failure> {
    let view = ShiftView::new(scene)?;
    let last = scene.study.offsets.len() - 1;
    let mut places: Vec<usize> = (0..FRAMES).map(|frame| frame * last / (FRAMES - 1)).collect();
    places.dedup();
    let frames = places.into_iter().map(|k| frame(scene, &view, k));
    Ok(Animation::new(frames.collect::<Result<_, _>>()?))
}

fn frame(scene: &ShiftScene<'_>, view: &ShiftView, k: usize) -> Result<Bitmap, Failure> {
    let ShiftStudy { offsets, plans, meeting, .. } = scene.study;
    let (source, target) = (&scene.moving.source, &scene.moving.target);
    let (offset, plan) = (offsets[k], &plans[k]);
    let place = view.at(offset)?;
    let title = format!("offset {}", supported(offset + 0.0, 1e-2));
    let arrows = some_arrows(plan);
    let laws = view.picture(place.as_ref(), offset, &arrows, title)?;
    // The order of the meeting for all frames: what changes is the plan.
    let points = Some((source.support(), target.support()));
    let order = Order::Plan.arrange(&plans[*meeting], points);
    let matrix = Heatmap::arranged(plan, order)
        .titled("The plan γ")
        .labeled("source", "target")
        .without_caption();
    let square = |(width, _): (u32, u32)| (width, width * 2 / 3);
    let (laws_page, matrix_page) = (square(laws.size()), square(matrix.size()));
    let figures: [Box<dyn Figure>; 4] = [
        Box::new(laws.resized(laws_page)),
        Box::new(matrix.resized(matrix_page)),
        Box::new(values(scene, k)),
        Box::new(slopes(scene, k)),
    ];
    let panels = Panels::new(2, figures).titled(&scene.moving.title);
    let (width, height) = panels.size();
    Ok(plot::bitmap(&panels.resized((WIDTH, height * WIDTH / width)))?)
}

/// Each as a share of the most it can be, or was.
fn share(track: &DivergenceCurve) -> f64 {
    let most = track.values.iter().copied().filter(|x| x.is_finite()).fold(0.0, f64::max);
    1.0 / track.ceiling.unwrap_or(if most > 0.0 { most } else { 1.0 })
}

fn values(scene: &ShiftScene<'_>, now: usize) -> Chart {
    let chart = Chart::new(OFFSET, "share of its ceiling, or largest").titled("What each says");
    let value = |track: &DivergenceCurve, k: usize| track.values[k] * share(track);
    up_to(chart, scene, now, &value)
}

fn slopes(scene: &ShiftScene<'_>, now: usize) -> Chart {
    let chart = Chart::new(OFFSET, "derivative").titled("What a generator is told");
    let slope = |track: &DivergenceCurve, k: usize| track.slopes[k].unwrap_or(f64::NAN);
    up_to(chart, scene, now, &slope)
}

/// The curves up to the present frame, on the axes of the whole path.
fn up_to(
    chart: Chart,
    scene: &ShiftScene<'_>,
    now: usize,
    of: &dyn Fn(&DivergenceCurve, usize) -> f64,
) -> Chart {
    let ShiftStudy { offsets, .. } = scene.study;
    let tracks = FOLLOWED.iter().filter_map(|name| scene.study.track(name));
    let all = tracks.flat_map(|track| (0..offsets.len()).map(move |k| of(track, k)));
    let ends = all
        .filter(|y| y.is_finite())
        .fold((0.0_f64, 0.0_f64), |(low, high), y| (low.min(y), high.max(y)));
    let past = |track: &DivergenceCurve, k: usize| if k <= now { of(track, k) } else { f64::NAN };
    with(chart, scene, &FOLLOWED, &past)
        .covering((offsets[0], offsets[offsets.len() - 1]), ends)
        .place("", offsets[now])
}
