#![no_main]

#[path = "../bodies/plan.rs"]
mod plan;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| plan::run(data));
