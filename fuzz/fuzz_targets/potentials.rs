#![no_main]

#[path = "../bodies/potentials.rs"]
mod potentials;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| potentials::run(data));
