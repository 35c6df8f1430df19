#![no_main]

#[path = "../bodies/idx.rs"]
mod idx;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| idx::run(data));
