#![no_main]

#[path = "../bodies/selection.rs"]
mod selection;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| selection::run(data));
