//! Potentials: the numbers of points on either side, a byte each, and a table.

use deblais::io::{Input, InputPath, potentials_from};

pub(crate) fn run(data: &[u8]) {
    let &[n, m, ref table @ ..] = data else { return };
    let Ok(Input::Table(table)) = Input::from_bytes(&InputPath::from("f"), table) else { return };
    if let Err(error) = potentials_from(&table, usize::from(n) + 1, usize::from(m) + 1) {
        super::told(&error, &error.hint());
    }
}
