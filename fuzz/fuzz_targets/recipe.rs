#![no_main]

#[path = "../bodies/recipe.rs"]
mod recipe;
#[path = "../bodies/told.rs"]
mod told;

use told::told;

libfuzzer_sys::fuzz_target!(|data: &[u8]| recipe::run(data));
