//! Tables as text: rows, headers, cells, and all that is made of them.

use deblais::PersistenceProblem;
use deblais::cost::{Chebyshev, CostMatrix};
use deblais::io::{Input, InputPath, Selection};

pub(crate) fn run(data: &[u8]) {
    let Ok(Input::Table(table)) = Input::from_bytes(&InputPath::from("table"), data) else {
        return;
    };
    let _ = table.select(&Selection::default()).map_err(|error| super::told(&error, &error.hint()));
    if let Ok(layout) = table.layout(&Selection::default())
        && layout.coordinates.len() == 2
    {
        let diagram = table.diagram(&layout).map_err(|error| super::told(&error, &error.hint()));
        let _ = diagram.map(|diagram| PersistenceProblem::new(&diagram, &diagram, Chebyshev));
    }
    let _ = table.vector();
    let _ = table.into_matrix().map(CostMatrix::new);
}
