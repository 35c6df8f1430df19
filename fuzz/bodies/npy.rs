//! Arrays of NumPy; the magic bytes are put in front.

use deblais::io::{Input, InputPath};

pub(crate) fn run(data: &[u8]) {
    let bytes = [b"\x93NUMPY", data].concat();
    match Input::from_bytes(&InputPath::from("x.npy"), &bytes) {
        Ok(Input::Table(table)) => drop(table.into_matrix()),
        Ok(Input::Image(_)) => panic!("an array is no picture"),
        Err(error) => super::told(&error, &error.hint()),
    }
}
