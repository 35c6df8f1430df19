#![no_main]

#[path = "../bodies/critic.rs"]
mod critic;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| critic::run(data));
