#![no_main]

#[path = "../bodies/manifest.rs"]
mod manifest;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| manifest::run(data));
