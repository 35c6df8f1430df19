//! Lists of files.

use deblais::io::{InputPath, manifest_from};

pub(crate) fn run(data: &[u8]) {
    match manifest_from(&InputPath::from("folder/list"), data) {
        Ok(listed) => assert!(!listed.is_empty()),
        Err(error) => super::told(&error, &error.hint()),
    }
}
