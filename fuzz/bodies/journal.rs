//! Journals of pairwise runs; every whole line gets its checksum, but for those that begin with `!`.

use std::path::Path;

use deblais::io::{Journal, JournalKey};

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let seal = |line: &str| match line.strip_suffix('\n').filter(|text| !text.starts_with('!')) {
        Some(text) => format!("{text} {:08x}\n", checksum(text)),
        None => line.to_owned(),
    };
    let sealed = text.split_inclusive('\n').map(seal).collect::<Vec<_>>().concat();
    let key =
        JournalKey { version: "1".into(), measures: "00".into(), options: "cost=euclidean".into() };
    match Journal::done(Path::new("journal"), sealed.as_bytes(), &key) {
        Ok((_, good)) => assert!(good <= sealed.len()),
        Err(error) => super::told(&error, &error.hint()),
    }
}

/// FNV-1a.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
