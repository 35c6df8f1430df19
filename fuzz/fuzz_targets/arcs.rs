#![no_main]

#[path = "../bodies/arcs.rs"]
mod arcs;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| arcs::run(data));
