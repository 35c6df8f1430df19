//! The report for people.

use deblais::report::{
    BoundsReport, ComparisonReport, QuantileReport, Report, SetReport, StatisticReport,
    TwoSampleReport,
};
use deblais::shown::Shown;

use crate::cli::input_summary::measure_line;
use crate::cli::pairwise::sets::sizes;
use crate::cli::text::{Lines, bracket, ground, significant, space, supported};

/// Digits of a p-value.
const P_DIGITS: usize = 4;

/// Relative precision that is shown of a statistic.
const SHOWN_PRECISION: f64 = 1e-6;

/// Writes the tests as a table.
pub(super) fn write(lines: &mut Lines, report: &Report<TwoSampleReport>) {
    match (&report.sets, report.comparisons.as_slice()) {
        (Some(sets), comparisons) => of_groups(lines, report, sets, comparisons),
        (None, [comparison]) => of_two(lines, report, comparison),
        (None, _) => {}
    }
    lines.line("  cost of emd", ground(&report.cost, report.exponent, report.p));
    lines.timings(&report.timings);
}

fn of_two(lines: &mut Lines, report: &Report<TwoSampleReport>, comparison: &ComparisonReport) {
    let ComparisonReport { n, m, statistics, .. } = comparison;
    let heads = ["statistic", "observed", "null median", "null 95 %", "≥ observed", "p-value"];
    let mut table = vec![heads.map(str::to_owned)];
    for (name, test) in statistics {
        let quantile = |level: f64| {
            let found = test.null_quantiles.iter().find(|quantile| quantile.level == level);
            found.map_or("–".to_owned(), |QuantileReport { value, .. }| shown(*value))
        };
        table.push([
            format!("{name:<9}"),
            shown(test.observed),
            quantile(0.5),
            quantile(0.95),
            format!("{} of {}", test.at_least, test.permutations),
            p_value(test),
        ]);
    }
    lines.table(&table);
    undecided(lines, statistics);
    lines.line("  compared", format!("{n} and {m} samples {}", space(report.dim)));
    lines.sides(report.inputs.as_ref(), *n, *m);
}

fn of_groups(
    lines: &mut Lines,
    report: &TwoSampleReport,
    sets: &[SetReport],
    comparisons: &[ComparisonReport],
) {
    let heads = ["groups", "statistic", "observed", "≥ observed", "p-value", "Holm"];
    let mut table = vec![heads.map(str::to_owned)];
    for ComparisonReport { pair, statistics, .. } in comparisons {
        let names = pair.map(|pair| pair.map(|k| Shown(&sets[k].name).to_string()));
        let names = names.map_or(String::new(), |[i, j]| format!("{i}, {j}"));
        for (name, test) in statistics {
            table.push([
                names.clone(),
                (*name).to_owned(),
                shown(test.observed),
                format!("{} of {}", test.at_least, test.permutations),
                p_value(test),
                test.p_value_holm.map_or("–".to_owned(), |p| significant(p, P_DIGITS)),
            ]);
        }
    }
    lines.table(&table);
    let statistics = comparisons.iter().flat_map(|comparison| &comparison.statistics);
    undecided(lines, statistics);
    lines.line("  groups", sizes(sets, report.dim));
    if let Some(set) = sets.first() {
        lines.line("  first group", measure_line(&set.input, None, None));
    }
}

/// Tells how many comparisons could not be decided.
fn undecided<'a>(
    lines: &mut Lines,
    tests: impl IntoIterator<Item = &'a (&'static str, StatisticReport)>,
) {
    let count: usize = tests.into_iter().map(|(_, test)| test.undecided).sum();
    if count > 0 {
        lines.line("  undecided", format!("{count}, exact ties as a rule; they count as ≥"));
    }
}

fn shown(BoundsReport { lower, upper }: BoundsReport) -> String {
    let is_narrow = upper - lower <= SHOWN_PRECISION * upper.abs();
    if is_narrow { supported(upper, SHOWN_PRECISION) } else { bracket((lower, upper)) }
}

fn p_value(test: &StatisticReport) -> String {
    significant(test.p_value, P_DIGITS)
}
