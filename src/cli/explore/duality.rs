//! `deblais explore duality`: every f-divergence as a game.

use clap::Args;
use deblais::divergence::{FDivergence, Normal};
use deblais::explore::duality::{
    DivergenceGame, DualityAnswer, DualityStudy, HeldOutBound, divergences,
};
use deblais::plot::{Bracket, Brackets, Chart, Curve, Figure, Panels};
use deblais::report::{
    BoundReport, ConjugateRow, DUALITY_SCHEMA, DualityReport, GameReport, Report, Settings,
    Timings, steps_ended,
};
use deblais::seed::Seed;
use serde::Serialize;

use super::folder::Folder;
use super::study::{Study, Told};
use crate::cli::failure::{Exit, Failure};
use crate::cli::progress_line::RunProgress;
use crate::cli::text::{Lines, supported};
use crate::cli::typed;

/// Where conjugates are drawn: t from, to, in so many steps, and up to which value.
const LOW: f64 = -4.0;
const HIGH: f64 = 2.0;
const STEPS: u32 = 300;
const TOP: f64 = 3.0;

/// `deblais explore duality`
#[derive(Debug, Args, Serialize)]
pub(super) struct DualityArgs {
    /// Mean and deviation of the normal law P
    #[arg(long, value_name = "MEAN,DEVIATION", default_value = "0,1", value_parser = normal, allow_hyphen_values = true)]
    #[serde(skip)]
    p: Normal,

    /// Mean and deviation of the normal law Q
    #[arg(long, value_name = "MEAN,DEVIATION", default_value = "1.5,1", value_parser = normal, allow_hyphen_values = true)]
    #[serde(skip)]
    q: Normal,

    /// Order of the α-divergence, above 0
    #[arg(long, value_name = "A", default_value = "0.5", value_parser = crate::cli::divergence::order, allow_negative_numbers = true)]
    alpha: f64,

    /// Points of either law that critics are judged on, none of which they were trained on
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    #[serde(skip)]
    held_out: u32,

    /// Steps of each critic
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Critics")]
    steps: u64,

    /// Change a field of all critics' recipes, such as critic.width=64
    #[arg(long = "set", value_name = "FIELD=VALUE", help_heading = "Critics")]
    #[serde(rename = "set", serialize_with = "typed::changes")]
    changes: Vec<String>,

    /// Where all draws come from
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Critics")]
    seed: u64,
}

/// Parses a normal law.
fn normal(text: &str) -> Result<Normal, String> {
    let numbers = text.split_once(',').and_then(|(mean, deviation)| {
        Some((mean.trim().parse::<f64>().ok()?, deviation.trim().parse::<f64>().ok()?))
    });
    match numbers {
        Some((mean, deviation))
            if mean.is_finite() && deviation > 0.0 && deviation < f64::INFINITY =>
        {
            Ok(Normal { mean, deviation })
        }
        _ => Err("a normal law is a mean and a positive deviation, such as 1.5,1".into()),
    }
}

/// The study and its settings.
pub(super) struct DualityDemo {
    study: DualityStudy,
    settings: Settings,
}

impl Study for DualityDemo {
    const NAME: &'static str = "duality";
    type Args = DualityArgs;
    type Answer = DualityAnswer;
    type Findings = DualityReport;

    fn new(args: DualityArgs, _: bool) -> Result<Self, Failure> {
        let settings = Settings::of(&args);
        let study = DualityStudy {
            p: args.p,
            q: args.q,
            alpha: args.alpha,
            steps: args.steps,
            held_out: args.held_out as usize,
            changes: args.changes,
            seed: Seed(args.seed),
        };
        study.recipe(FDivergence::KullbackLeibler)?;
        Ok(Self { study, settings })
    }

    fn compute(&self, quiet: bool) -> Result<(DualityAnswer, f64), Failure> {
        RunProgress::watch(None, quiet, |progress| self.study.run(progress))
    }

    fn draw(&self, answer: &DualityAnswer, folder: &Folder) -> Result<(), Failure> {
        draw(folder, &self.study, answer)
    }

    fn report(&self, answer: &DualityAnswer, [train, draw]: [f64; 2]) -> Report<DualityReport> {
        let DualityStudy { p, q, alpha, held_out, .. } = self.study;
        let findings = DualityReport {
            p: [p.mean, p.deviation],
            q: [q.mean, q.deviation],
            batch: answer.batch,
            held_out,
            termination: steps_ended(answer.stopped),
            games: answer.games.iter().map(game_report).collect(),
            conjugates: divergences(alpha).map(|(name, f)| conjugate_row(name, f)).to_vec(),
        };
        Report {
            settings: Some(self.settings.clone()),
            timings: Timings::from([("train", train), ("draw", draw)]),
            ..Report::new(DUALITY_SCHEMA, findings)
        }
    }

    fn text(&self, lines: &mut Lines, told: Told<'_, Self>) {
        text(lines, told.report);
    }

    fn exit(&self, answer: &DualityAnswer, _: bool) -> Exit {
        if answer.stopped.is_some() { Exit::Stopped } else { Exit::Fine }
    }
}

fn game_report(game: &DivergenceGame) -> GameReport {
    let bound =
        |bound: HeldOutBound| BoundReport { value: bound.value, standard_error: bound.error };
    GameReport {
        name: game.name,
        truth: game.truth,
        network: game.network.map(bound),
        best: bound(game.best),
        histogram: game.histogram[0],
        histogram_bound: game.histogram[1],
        domain_end: game.divergence.at_infinity(),
    }
}

/// Places t.
fn places() -> impl Iterator<Item = f64> {
    (0..=STEPS).map(|k| LOW + (HIGH - LOW) * f64::from(k) / f64::from(STEPS))
}

fn conjugate_row(name: &'static str, f: FDivergence) -> ConjugateRow {
    let points = places().map(|t| [t, f.conjugate(t)]).filter(|[_, value]| value.is_finite());
    ConjugateRow { name, points: points.collect() }
}

/// Picture and table.
fn draw(folder: &Folder, duel: &DualityStudy, games: &DualityAnswer) -> Result<(), Failure> {
    let bounds: Box<dyn Figure> = Box::new(bounds(games));
    let panels = Panels::new(2, [bounds, Box::new(conjugates(duel.alpha))])
        .titled(format!(
            "Every f-divergence is a game: P = N({}, {}²), Q = N({}, {}²)",
            duel.p.mean, duel.p.deviation, duel.q.mean, duel.q.deviation
        ))
        .noted(format!(
            "D ≥ E_P g(V) − E_Q f*(g(V)): V a network, trained on draws of {} a side for {} steps, \
             judged on {} others.",
            games.batch, duel.steps, duel.held_out
        ));
    folder.picture(&panels)?;
    let divergences = divergences(duel.alpha);
    let names: Vec<_> = ["t"].into_iter().chain(divergences.map(|(name, _)| name)).collect();
    folder.table(
        &names,
        places().map(|t| {
            let values = divergences.map(|(_, f)| Some(f.conjugate(t)).filter(|x| x.is_finite()));
            [Some(t)].into_iter().chain(values).collect()
        }),
    )
}

/// The bounds as shares of the truth.
fn bounds(games: &DualityAnswer) -> Brackets {
    let rows = games.games.iter().map(|game| {
        let title = Curve::divergence(game.name, []).name().to_owned();
        let Some(network) = game.network.filter(|_| game.truth.is_finite() && game.truth > 0.0)
        else {
            return Bracket::new(title, f64::NAN, f64::NAN).judged(if game.truth.is_finite() {
                "no estimate"
            } else {
                "infinite"
            });
        };
        let (ratio, two) = (network.value / game.truth, 2.0 * network.error / game.truth);
        let best = game.best.value / game.truth;
        Bracket::new(title, ratio - two, ratio + two)
            .estimated(ratio)
            .judged(format!("{ratio:.3}; best V: {best:.3}"))
    });
    Brackets::new("ratio to the true divergence", rows)
        .exact(1.0)
        .absolute()
        .with_bars_of("± 2 standard errors")
        .titled("Variational bound by a neural critic ÷ truth")
        .noted(
            "On the right the same, and that of the best critic, T = f'(p/q), on the same samples.",
        )
}

/// The conjugates, as far as they are in the picture.
fn conjugates(alpha: f64) -> Chart {
    let mut chart = Chart::new("t", "f*(t)").titled("Convex conjugates: each ends at t = f'(∞)");
    for (name, f) in divergences(alpha) {
        let points = places().map(|t| (t, f.conjugate(t)));
        let points = points.map(|(t, value)| (t, if value <= TOP { value } else { f64::NAN }));
        chart = chart.curve(Curve::divergence(name, points.collect::<Vec<_>>()));
    }
    chart.noted(
        "f(1) = f'(1) = 0, so that all touch the diagonal at 0; below f'(0) they stay at −f(0).",
    )
}

fn text(lines: &mut Lines, report: &DualityReport) {
    let heads = [
        "divergence",
        "truth",
        "network",
        "± s.e.",
        "÷ truth",
        "best V",
        "± s.e.",
        "histogram",
        "its bound",
    ];
    let mut table = vec![heads.map(str::to_owned)];
    let short = |x: f64| supported(x, 1e-4);
    let two = |x: f64| supported(x, 1e-1);
    for game in &report.games {
        let (value, error, ratio) = match game.network {
            None => ("–".to_owned(), "–".to_owned(), "–".to_owned()),
            Some(network) => {
                let ratio = if game.truth.is_finite() && game.truth > 0.0 {
                    format!("{:.3}", network.value / game.truth)
                } else {
                    "–".to_owned()
                };
                (short(network.value), two(network.standard_error), ratio)
            }
        };
        table.push([
            game.name.to_owned(),
            short(game.truth),
            value,
            error,
            ratio,
            short(game.best.value),
            two(game.best.standard_error),
            short(game.histogram),
            short(game.histogram_bound),
        ]);
    }
    lines.table(&table);
    let law = |[mean, deviation]: [f64; 2]| format!("N({mean}, {deviation}²)");
    lines.line("  laws", format!("P = {}, Q = {}", law(report.p), law(report.q)));
    lines.line("  judged on", format!("{} held-out points a side", report.held_out));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws_are_a_mean_and_a_positive_deviation() {
        assert_eq!(normal("-1, 0.5"), Ok(Normal { mean: -1.0, deviation: 0.5 }));
        for text in ["1", "1,0", "1,-1", "nan,1", "1,inf", "1,2,3", ""] {
            assert!(normal(text).is_err(), "{text}");
        }
    }
}
