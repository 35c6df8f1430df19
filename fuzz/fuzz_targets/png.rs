#![no_main]

#[path = "../bodies/png.rs"]
mod png;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| png::run(data));
