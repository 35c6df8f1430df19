//! Lists of arcs: tables, and sparse matrices in archives.

use deblais::cost::SparseCost;
use deblais::io::{InputPath, arcs_from};

pub(crate) fn run(data: &[u8]) {
    /// Beyond, a program asks for masses first.
    const MOST_POINTS: usize = 1000;
    match arcs_from(&InputPath::from("arcs"), data) {
        Ok(list) => {
            if let Some((n, m)) = list.shape.filter(|&(n, m)| n.max(m) <= MOST_POINTS) {
                assert!(list.arcs.iter().all(|&(i, j, _)| i < n && j < m));
                let _ = SparseCost::new((n, m), list.arcs);
            }
        }
        Err(error) => super::told(&error, &error.hint()),
    }
}
