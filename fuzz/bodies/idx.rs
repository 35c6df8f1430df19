//! Files of images, plain or compressed.

use deblais::io::{InputPath, images_from};

pub(crate) fn run(data: &[u8]) {
    if let Err(error) = images_from(&InputPath::from("images"), data) {
        super::told(&error, &error.hint());
    }
}
