//! The published rows of the benchmark `MinFunnels`.

/// Attribution at its head.
const TABLE: &str = include_str!("minfunnels_published.txt");

/// The dimensions that were published.
pub(super) const DIMS: [usize; 7] = [2, 4, 8, 16, 32, 64, 128];

/// One method on one problem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Published {
    pub(super) method: &'static str,
    /// W₁ of the funnels that were drawn for the publication.
    pub(super) truth: f64,
    pub(super) estimate: f64,
    pub(super) cosine: f64,
    pub(super) squared_l2: f64,
}

/// All rows for N funnels in D dimensions; none if that was not published.
pub(super) fn published(dim: usize, funnels: usize) -> Vec<Published> {
    let Some(column) = DIMS.iter().position(|&published| published == dim) else { return vec![] };
    let lines = TABLE.lines().skip_while(|line| heading(line) != Some(funnels)).skip(1);
    let mut rows: Vec<Published> = vec![];
    let mut truth = f64::NAN;
    for line in lines.take_while(|line| heading(line).is_none()) {
        let (method, figures) = line.split_once("W1").expect("a row has W1");
        let mut parts = figures.split('|').map(|part| {
            let numbers = part.trim().trim_start_matches("cos").trim_start_matches("L2");
            let number = numbers.split_whitespace().nth(column).expect("a column a dimension");
            number.parse::<f64>().expect("a number")
        });
        let mut next = || parts.next().expect("W1, cos and L2");
        let (estimate, cosine, squared_l2) = (next(), next(), next());
        if method.trim() == "true" {
            truth = estimate;
        } else {
            rows.push(Published { method: method.trim(), truth, estimate, cosine, squared_l2 });
        }
    }
    rows
}

/// N, if a line heads the rows for N funnels.
fn heading(line: &str) -> Option<usize> {
    line.strip_prefix("## N funnels ")?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for funnels in [4, 16, 64, 256] {
            for dim in DIMS {
                let rows = published(dim, funnels);
                assert_eq!(rows.len(), 11, "{dim} {funnels}");
                assert!(rows.iter().all(|row| row.truth > 0.0 && row.cosine.abs() <= 1.0));
            }
        }
        assert!(published(3, 64).is_empty() && published(16, 5).is_empty());
    }

    #[test]
    fn rows_are_read_as_they_stand_in_the_paper() {
        let rows = published(64, 64);
        let sorted = rows.iter().find(|row| row.method == "sort-out").unwrap();
        let expected = Published {
            method: "sort-out",
            truth: 1.317,
            estimate: 1.077,
            cosine: 0.83,
            squared_l2: 0.31,
        };
        assert_eq!(*sorted, expected);
        assert_eq!(published(128, 256).last().unwrap().estimate, 18.933);
    }
}
