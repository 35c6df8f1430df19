//! An input of any known format.

use std::io::Read;

use super::digest::DigestReader;
use super::{Histogram, InputDigest, InputPath, ReadError, Table, UnsupportedFormat, image, npy};

/// The content of a file.
#[derive(Debug, Clone)]
pub enum Input {
    /// Rows of cells.
    Table(Table),
    /// A gray picture.
    Image(Histogram),
}

impl Input {
    /// Reads a file to its end. Its format is detected from its first bytes, not from its name.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(origin: &InputPath) -> Result<(Self, InputDigest), ReadError> {
        let (input, digest) = Self::read_to_end(origin)?;
        Ok((input?, digest))
    }

    /// Reads a file to its end; `None` if there are no rows in it.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read_or_empty(origin: &InputPath) -> Result<(Option<Self>, InputDigest), ReadError> {
        let (input, digest) = Self::read_to_end(origin)?;
        match input {
            Err(ReadError::Empty { .. } | ReadError::HeaderOnly { .. }) => Ok((None, digest)),
            input => Ok((Some(input?), digest)),
        }
    }

    /// The outer error is that of the file, the inner one that of what is in it.
    fn read_to_end(
        origin: &InputPath,
    ) -> Result<(Result<Self, ReadError>, InputDigest), ReadError> {
        const MAX_MAGIC_BYTES: u64 = 8;
        let failed = |error| ReadError::from_io(origin, error);
        let (reader, size) = origin.open()?;
        let mut reader = DigestReader::new(reader);
        let mut bytes = Vec::new();
        reader.by_ref().take(MAX_MAGIC_BYTES).read_to_end(&mut bytes).map_err(failed)?;
        let input = if bytes.starts_with(npy::MAGIC) {
            // An array is decoded as it streams in: the file is never in memory as a whole.
            let mut whole = bytes.as_slice().chain(&mut reader);
            Table::from_npy(origin, &mut whole, size).map(Self::Table)
        } else {
            reader.read_to_end(&mut bytes).map_err(failed)?;
            Self::from_bytes(origin, &bytes)
        };
        Ok((input, reader.finish()))
    }

    /// Reads a file that is in memory; `origin` is for the messages.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn from_bytes(origin: &InputPath, bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.is_empty() {
            return Err(ReadError::Empty { origin: origin.clone() });
        }
        if bytes.starts_with(npy::MAGIC) {
            let size = Some(bytes.len() as u64);
            return Table::from_npy(origin, &mut &*bytes, size).map(Self::Table);
        }
        if bytes.starts_with(image::MAGIC) {
            return image::decode(origin, bytes).map(Self::Image);
        }
        if let Some(format) = UnsupportedFormat::detect(bytes) {
            return Err(ReadError::Unsupported { origin: origin.clone(), format });
        }
        Table::from_text(origin, bytes).map(Self::Table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    use ndarray::array;
    use ndarray_npy::WriteNpyExt;
    use tempfile::tempdir;

    #[test]
    fn the_format_is_told_by_content() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let matrix = array![[1.0, 2.0], [3.0, 4.0]];
        let mut bytes = Vec::new();
        matrix.write_npy(&mut bytes).unwrap();
        fs::write(&path, &bytes).unwrap();
        let (input, digest) = Input::read(&path.as_path().into()).unwrap();
        let Input::Table(table) = input else { panic!("an array is a table") };
        assert_eq!(table.into_matrix().unwrap(), matrix);
        assert_eq!(digest.bytes, bytes.len() as u64);

        fs::write(&path, "1,2\n3,4\n").unwrap();
        let (input, digest) = Input::read(&path.as_path().into()).unwrap();
        let Input::Table(table) = input else { panic!("text is a table") };
        assert_eq!(table.into_matrix().unwrap(), matrix);
        // printf '1,2\n3,4\n' | sha256sum
        assert_eq!(
            digest.sha256,
            "96bbd5de61f36b0e10c5771d180998d066192e8986aa34a8cb7c453f62959274"
        );
    }

    #[test]
    fn files_that_cannot_be_read_say_so() {
        let folder = tempdir().unwrap();
        let read = |path: &Path| Input::read(&path.into()).unwrap_err();
        assert!(matches!(read(folder.path()), ReadError::Directory { .. }));
        assert!(matches!(read(&folder.path().join("no.csv")), ReadError::NotFound { .. }));
        let path = folder.path().join("x");
        for (bytes, wanted) in [
            (&b""[..], "there is nothing in it"),
            (b"\x1f\x8b\x08\0", "this is compressed by gzip"),
            (b"\x00\x01\x02", "line 1: neither text in UTF-8, nor NPY, nor PNG"),
            (b"\x89PNG\r\n\x1a\n", "a damaged PNG: unexpected end of file"),
            (b"x,y\n", "line 1: a header, but no rows below it"),
        ] {
            fs::write(&path, bytes).unwrap();
            let message = read(&path).to_string();
            assert!(message.ends_with(wanted), "{message}");
        }
    }
}
