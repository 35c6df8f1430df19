#![no_main]

#[path = "../bodies/npy.rs"]
mod npy;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| npy::run(data));
