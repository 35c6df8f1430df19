#![no_main]

#[path = "../bodies/journal.rs"]
mod journal;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| journal::run(data));
