#![no_main]

#[path = "../bodies/table.rs"]
mod table;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| table::run(data));
