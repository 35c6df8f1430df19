//! Tables as text: rows, headers, cells, and all that is made of them.

use deblais::cost::CostMatrix;
use deblais::io::{Input, InputPath, Selection};

pub(crate) fn run(data: &[u8]) {
    let Ok(Input::Table(table)) = Input::from_bytes(&InputPath::from("table"), data) else {
        return;
    };
    let _ = table.select(&Selection::default()).map_err(|error| super::told(&error, &error.hint()));
    let _ = table.vector();
    let _ = table.into_matrix().map(CostMatrix::new);
}
