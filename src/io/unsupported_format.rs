//! Formats that are recognized, but not read.

/// A format that is refused by name, with a way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedFormat {
    /// Compressed by gzip.
    Gzip,
    /// A NumPy archive of several arrays.
    Npz,
    /// An Excel workbook, new or old.
    Excel,
    /// Another zip archive.
    Zip,
    /// A JPEG picture.
    Jpeg,
    /// A GIF, BMP, TIFF or WebP picture.
    Picture,
    /// HDF5, which includes MATLAB files from version 7.3 on.
    Hdf5,
    /// Parquet.
    Parquet,
    /// A MATLAB file before version 7.3.
    Matlab,
    /// Text in UTF-16.
    Utf16,
    /// JSON.
    Json,
}

impl UnsupportedFormat {
    /// Recognizes a format by its first bytes.
    pub(super) fn detect(bytes: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], UnsupportedFormat); 14] = [
            (b"\x1f\x8b", UnsupportedFormat::Gzip),
            (b"\xd0\xcf\x11\xe0", UnsupportedFormat::Excel),
            (b"\xff\xd8\xff", UnsupportedFormat::Jpeg),
            (b"GIF8", UnsupportedFormat::Picture),
            (b"BM", UnsupportedFormat::Picture),
            (b"II*\0", UnsupportedFormat::Picture),
            (b"MM\0*", UnsupportedFormat::Picture),
            (b"RIFF", UnsupportedFormat::Picture),
            (b"\x89HDF", UnsupportedFormat::Hdf5),
            (b"PAR1", UnsupportedFormat::Parquet),
            (b"MATLAB 5.0", UnsupportedFormat::Matlab),
            (b"\xff\xfe", UnsupportedFormat::Utf16),
            (b"\xfe\xff", UnsupportedFormat::Utf16),
            (b"PK\x03\x04", UnsupportedFormat::Zip),
        ];
        if is_json(bytes) {
            return Some(Self::Json);
        }
        let (magic, format) = MAGIC.into_iter().find(|(magic, _)| bytes.starts_with(magic))?;
        // A few letters are not much evidence: text may begin with them, but holds no NUL.
        if magic.iter().all(u8::is_ascii_graphic) && !bytes.contains(&0) {
            return None;
        }
        Some(if format == Self::Zip { zip_kind(bytes) } else { format })
    }

    /// The name, as it stands in the message.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "is compressed by gzip",
            Self::Npz => "is a NumPy archive (.npz)",
            Self::Excel => "is an Excel workbook",
            Self::Zip => "is a zip archive",
            Self::Jpeg => "is a JPEG picture",
            Self::Picture => "is a picture, but not a PNG",
            Self::Hdf5 => "is an HDF5 file",
            Self::Parquet => "is a Parquet file",
            Self::Matlab => "is a MATLAB file",
            Self::Utf16 => "is text in UTF-16",
            Self::Json => "is JSON",
        }
    }

    /// Advice for the user.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Gzip => "unpack it first with gunzip, or pipe it: gunzip -c FILE | deblais … -",
            Self::Npz => "save the one array you mean by np.save('x.npy', archive['name'])",
            Self::Excel => "save the sheet as CSV",
            Self::Zip => "unpack it first",
            Self::Jpeg | Self::Picture => {
                "convert it to a gray PNG: convert IN -colorspace Gray OUT.png"
            }
            Self::Hdf5 | Self::Matlab => "save the array you mean by np.save, or as CSV",
            Self::Parquet => "save it as CSV: pandas.read_parquet(…).to_csv('x.csv', index=False)",
            Self::Utf16 => "save it as UTF-8: iconv -f UTF-16 -t UTF-8 IN > OUT",
            Self::Json => "save it as CSV with a sample per row",
        }
    }
}

/// Two brackets, or a brace and a name: no table begins so.
fn is_json(bytes: &[u8]) -> bool {
    let mut marks = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    matches!(
        (marks.next(), marks.next()),
        (Some(b'['), Some(b'[' | b'{')) | (Some(b'{'), Some(b'"'))
    )
}

/// Tells zip archives apart by the names of their members, which stand in them in clear.
fn zip_kind(bytes: &[u8]) -> UnsupportedFormat {
    const LOCAL_HEADER_BYTES: usize = 30;
    let name_length =
        bytes.get(26..28).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let first_name =
        bytes.get(LOCAL_HEADER_BYTES..LOCAL_HEADER_BYTES + name_length).unwrap_or_default();
    if first_name.ends_with(b".npy") {
        UnsupportedFormat::Npz
    } else if first_name == b"[Content_Types].xml" || first_name.starts_with(b"xl/") {
        UnsupportedFormat::Excel
    } else {
        UnsupportedFormat::Zip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(name: &str) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.resize(26, 0);
        bytes.extend([u8::try_from(name.len()).unwrap(), 0, 0, 0]);
        bytes.extend(name.as_bytes());
        bytes
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let detect = UnsupportedFormat::detect;
        assert_eq!(detect(b"\x1f\x8b\x08"), Some(UnsupportedFormat::Gzip));
        assert_eq!(detect(&zip("arr_0.npy")), Some(UnsupportedFormat::Npz));
        assert_eq!(detect(&zip("[Content_Types].xml")), Some(UnsupportedFormat::Excel));
        assert_eq!(detect(&zip("readme")), Some(UnsupportedFormat::Zip));
        assert_eq!(detect(b"PK\x03\x04"), Some(UnsupportedFormat::Zip));
        assert_eq!(detect(b"BMI,height\n1,2\n"), None);
        assert_eq!(detect(b"[\n  [1, 2]]"), Some(UnsupportedFormat::Json));
        assert_eq!(detect(b"{\"x\": [1]}"), Some(UnsupportedFormat::Json));
        assert_eq!(detect(b"[m],[s]\n1,2\n"), None);
        assert_eq!(detect(b"x,y\n"), None);
        assert_eq!(detect(b""), None);
    }
}
