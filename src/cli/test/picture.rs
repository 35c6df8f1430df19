//! `--plot`: the null of each statistic with the observed value.

use std::path::Path;

use deblais::plot::{self, Band, Chart, Panels, palette};
use deblais::two_sample::{Statistic, StatisticTest, TwoSampleTest};

use crate::cli::failure::Failure;
use crate::cli::text::significant;

/// Digits of a number in the picture.
const DIGITS: usize = 4;

/// Room beside the values, as a share of what they cover.
const MARGIN: f64 = 0.15;

/// Draws the test into a file.
pub(super) fn save(path: &Path, test: &TwoSampleTest) -> Result<(), Failure> {
    let charts: Vec<Chart> = test.statistics.iter().map(chart).collect();
    let panels = Panels::new(charts.len(), charts)
        .titled("The statistic of the samples among those of random permutations");
    Ok(plot::save(path, &panels)?)
}

fn chart(test: &StatisticTest) -> Chart {
    let (name, color) = match test.statistic {
        Statistic::Energy => ("energy distance", palette::ORANGE),
        Statistic::Mmd => ("squared MMD", palette::PURPLE),
        _ => ("EMD", palette::GREEN),
    };
    let values: Vec<f64> = test.null.iter().map(|null| null.upper).collect();
    let observed = test.observed.upper;
    let null = Band::histogram(format!("{} permutations", values.len()), &values).colored(color);
    let all = || values.iter().copied().chain([observed]);
    let (low, high) = (all().fold(observed, f64::min), all().fold(observed, f64::max));
    let room = MARGIN * (high - low);
    Chart::new(name, "permutations in a bin")
        .titled(format!("p = {}", significant(test.p_value(), DIGITS)))
        .covering((low - room, high + room), (0.0, 0.0))
        .band(null)
        .place(format!("observed: {}", significant(observed, DIGITS)), observed)
}
