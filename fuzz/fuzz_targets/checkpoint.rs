#![no_main]

#[path = "../bodies/checkpoint.rs"]
mod checkpoint;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checkpoint::run(data));
