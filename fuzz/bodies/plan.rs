//! Plans: the numbers of points on either side, a byte each, and a table.

use deblais::io::{Input, InputPath, plan_of_mass};

pub(crate) fn run(data: &[u8]) {
    let &[n, m, ref table @ ..] = data else { return };
    let Ok(Input::Table(table)) = Input::from_bytes(&InputPath::from("plan"), table) else {
        return;
    };
    match plan_of_mass(&table, usize::from(n) + 1, usize::from(m) + 1, 1.0) {
        Ok((plan, _)) => assert!(plan.arcs().iter().all(|arc| arc.mass > 0.0)),
        Err(error) => super::told(&error, &error.hint()),
    }
}
