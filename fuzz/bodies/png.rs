//! Pictures; checksums of chunks are set right, so that what is in them is looked at.

use deblais::io::{Input, InputPath};

pub(crate) fn run(data: &[u8]) {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut rest = data;
    while let Some((length, chunk)) = rest.split_first_chunk::<4>() {
        let wanted = u32::from_be_bytes(*length) as usize;
        let Some((body, behind)) = chunk.split_at_checked(wanted.saturating_add(4)) else { break };
        bytes.extend(length);
        bytes.extend(body);
        bytes.extend(crc32(body).to_be_bytes());
        // The checksum that was there.
        rest = behind.get(4..).unwrap_or_default();
    }
    bytes.extend(rest);
    if let Err(error) = Input::from_bytes(&InputPath::from("x.png"), &bytes) {
        super::told(&error, &error.hint());
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}
