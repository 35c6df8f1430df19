//! The summary of a matrix of distances.

use deblais::certificate::Certificate;
use deblais::pairwise::{Distances, Judged};
use deblais::report::{PairwiseReport, Report};
use deblais::shown::Shown;

use super::sets;
use crate::cli::input_summary::measure_line;
use crate::cli::text::{Lines, bracket, ground, small};

/// Sizes, pairs, extremes and the widest gap.
pub(super) fn summary(
    names: &[String],
    report: &Report<PairwiseReport>,
    distances: &Distances,
    (amount, resumed, shard): (Option<String>, usize, String),
) -> Lines {
    let mut lines = Lines::default();
    lines.line("sets", sets::sizes(&report.sets, report.dim));
    let resumed = match resumed {
        0 => String::new(),
        count => format!(", {count} of them from the journal"),
    };
    lines.line("pairs", format!("{} of {}{shard}{resumed}", report.done, report.pairs));
    if let Some(set) = report.sets.first() {
        lines.line("  first set", measure_line(&set.input, None, None));
    }
    lines.line("  cost", ground(&report.cost, report.exponent, report.p));
    if let Some(amount) = amount {
        lines.line("  moved", amount);
    }
    let dearer = |a: &&Judged, b: &&Judged| a.certificate.upper.total_cmp(&b.certificate.upper);
    let ends = [
        ("  least cost", distances.found.iter().min_by(dearer)),
        ("  largest cost", distances.found.iter().max_by(dearer)),
    ];
    for (label, judged) in ends {
        if let Some(judged) = judged {
            let (i, j) = judged.pair;
            let Certificate { lower, upper, .. } = judged.certificate;
            let cost = bracket((lower, upper));
            lines.line(label, format!("{cost}, {} and {}", Shown(&names[i]), Shown(&names[j])));
        }
    }
    if let Some(judged) = distances.worst() {
        let (c, (i, j)) = (&judged.certificate, judged.pair);
        let verdict =
            if c.is_infinite() || c.is_optimal() { ": all optimal" } else { ": not proved" };
        let (gap, relative) = (small(c.gap), small(c.relative_gap()));
        let pair = format!("{} and {}", Shown(&names[i]), Shown(&names[j]));
        lines.line("  widest gap", format!("{gap}, relative {relative}, {pair}{verdict}"));
    }
    lines.timings(&report.timings);
    lines
}
