//! Files of images, plain or compressed.

use deblais::io::{Origin, images_from};

pub(crate) fn run(data: &[u8]) {
    if let Err(error) = images_from(&Origin::from("images"), data) {
        super::told(&error, &error.hint());
    }
}
