//! Images in the format of the MNIST files, idx3 with a byte a pixel, plain or compressed by gzip.
//!
//! ```text
//! 00 00 08 03 | images | rows | columns | a byte a pixel, image by image, from the top left
//! ```
//!
//! with three big-endian integers of 4 bytes. They come from a stranger: what they promise is
//! compared with a limit before anything is read for them, and with what follows afterwards.
//!
//! Reference: LeCun, Cortes, Burges, "The MNIST database of handwritten digits"; Xiao, Rasul,
//! Vollgraf 2017, "Fashion-MNIST", arXiv:1708.07747.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use ndarray::Array2;
use thiserror::Error;

use super::{InputPath, ReadError};

/// The first bytes of a file of images.
const IMAGES: [u8; 4] = [0, 0, 8, 3];

/// Those of a file of labels.
const LABELS: [u8; 4] = [0, 0, 8, 1];

/// Those of everything that gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The most pixels that are read: 1 GiB once they are numbers.
const MAX_PIXELS: u64 = 1 << 27;

/// Gray images.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    /// Rows of pixels.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// An image a row, its pixels from the top left, 0 to 255.
    pub pixels: Array2<f64>,
}

/// A fault in a file of images.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdxProblem {
    /// Another beginning.
    #[error("no idx3 file of images: it begins with {found:02x?}, not with 00 00 08 03")]
    Magic {
        /// Its first bytes.
        found: Vec<u8>,
    },
    /// The labels that come with the images.
    #[error("an idx1 file of labels, not of images")]
    Labels,
    /// An end within the header or the pixels.
    #[error("truncated: its header takes {declared} bytes in all, but there are {found}")]
    Truncated {
        /// Bytes of header and pixels.
        declared: u64,
        /// The bytes there are.
        found: u64,
    },
    /// Something behind the last image.
    #[error("more bytes follow the last of {images} images of {height} × {width} pixels")]
    Trailing {
        /// The declared number.
        images: u32,
        /// Rows of pixels.
        height: u32,
        /// Pixels of a row.
        width: u32,
    },
    /// No images, or images without pixels.
    #[error("{images} images of {height} × {width} pixels: there is nothing in it")]
    Empty {
        /// The declared number.
        images: u32,
        /// Rows of pixels.
        height: u32,
        /// Pixels of a row.
        width: u32,
    },
    /// More than is read.
    #[error(
        "{images} images of {height} × {width} pixels, but {MAX_PIXELS} pixels are the most that \
         are read"
    )]
    TooLarge {
        /// The declared number.
        images: u32,
        /// Rows of pixels.
        height: u32,
        /// Pixels of a row.
        width: u32,
    },
    /// Not what gzip has written.
    #[error("damaged by the way gzip sees it: {cause}")]
    Gzip {
        /// The message of the decoder.
        cause: String,
    },
}

impl IdxProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Magic { .. } => {
                "give a file such as train-images-idx3-ubyte.gz; a table with an image a row goes \
                 without idx:"
            }
            Self::Labels => "give the file of images beside it: its name has images-idx3 in it",
            Self::Truncated { .. } | Self::Gzip { .. } => {
                "the file is incomplete or altered: copy or fetch it again"
            }
            Self::Trailing { .. } => "give one file of images at a time, as it was published",
            Self::Empty { .. } => "was the file written? fetch it again",
            Self::TooLarge { .. } => {
                "the header may be damaged; else give fewer images, or scale them down"
            }
        }
    }
}

/// Reads a file of images to its end.
///
/// # Errors
/// [`ReadError`].
pub fn read_images(origin: &InputPath) -> Result<Images, ReadError> {
    images_from(origin, origin.open()?.0)
}

/// As [`read_images`], of what `reader` has; `origin` is for the messages.
///
/// # Errors
/// [`ReadError`].
pub fn images_from(origin: &InputPath, mut reader: impl Read) -> Result<Images, ReadError> {
    let failed = |error| ReadError::from_io(origin, error);
    let mut start = Vec::new();
    reader.by_ref().take(GZIP.len() as u64).read_to_end(&mut start).map_err(failed)?;
    if start.is_empty() {
        return Err(ReadError::Empty { origin: origin.clone() });
    }
    let whole = start.as_slice().chain(reader);
    let answer = if start == GZIP { images(MultiGzDecoder::new(whole)) } else { images(whole) };
    answer.map_err(|failure| match failure {
        IdxFailure::Idx(problem) => ReadError::Idx { origin: origin.clone(), problem },
        IdxFailure::Io(error) if start == GZIP => {
            let problem = IdxProblem::Gzip { cause: error.to_string() };
            ReadError::Idx { origin: origin.clone(), problem }
        }
        IdxFailure::Io(error) => failed(error),
    })
}

/// Why a stream is no file of images.
enum IdxFailure {
    Io(io::Error),
    Idx(IdxProblem),
}

impl From<io::Error> for IdxFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<IdxProblem> for IdxFailure {
    fn from(problem: IdxProblem) -> Self {
        Self::Idx(problem)
    }
}

fn images(mut reader: impl Read) -> Result<Images, IdxFailure> {
    const HEADER_BYTES: u64 = 16;
    let mut header = Vec::new();
    reader.by_ref().take(HEADER_BYTES).read_to_end(&mut header)?;
    if header.starts_with(&LABELS) {
        return Err(IdxProblem::Labels.into());
    }
    if !header.starts_with(&IMAGES) {
        header.truncate(IMAGES.len());
        return Err(IdxProblem::Magic { found: header }.into());
    }
    let (words, _) = header.as_chunks::<4>();
    let [_, images, height, width] =
        words.iter().map(|word| u32::from_be_bytes(*word)).collect::<Vec<_>>()[..]
    else {
        return Err(
            IdxProblem::Truncated { declared: HEADER_BYTES, found: header.len() as u64 }.into()
        );
    };
    let pixels = [images, height, width]
        .into_iter()
        .try_fold(1_u64, |product, size| product.checked_mul(size.into()));
    let pixels = match pixels {
        Some(0) => return Err(IdxProblem::Empty { images, height, width }.into()),
        Some(pixels) if pixels <= MAX_PIXELS => pixels,
        _ => return Err(IdxProblem::TooLarge { images, height, width }.into()),
    };
    let mut bytes = Vec::new();
    // One more than declared, to see whether there are more.
    reader.take(pixels + 1).read_to_end(&mut bytes)?;
    let found = bytes.len() as u64;
    if found < pixels {
        return Err(IdxProblem::Truncated {
            declared: HEADER_BYTES + pixels,
            found: HEADER_BYTES + found,
        }
        .into());
    }
    if found > pixels {
        return Err(IdxProblem::Trailing { images, height, width }.into());
    }
    let (rows, height, width) = (images as usize, height as usize, width as usize);
    let pixels = bytes.into_iter().map(f64::from).collect();
    let pixels = Array2::from_shape_vec((rows, height * width), pixels).expect("counted above");
    Ok(Images { height, width, pixels })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ndarray::array;
    use tempfile::tempdir;

    use super::*;

    fn file(magic: [u8; 4], sizes: [u32; 3], pixels: &[u8]) -> Vec<u8> {
        let sizes = sizes.into_iter().flat_map(u32::to_be_bytes);
        magic.into_iter().chain(sizes).chain(pixels.iter().copied()).collect()
    }

    fn zipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Images, ReadError> {
        let folder = tempdir().unwrap();
        let path = folder.path().join("images");
        fs::write(&path, bytes).unwrap();
        read_images(&path.as_path().into())
    }

    fn problem(bytes: &[u8]) -> IdxProblem {
        match read(bytes) {
            Err(ReadError::Idx { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn images_are_read_plain_and_compressed() {
        let plain = file(IMAGES, [2, 1, 3], &[0, 1, 255, 7, 8, 9]);
        let expected =
            Images { height: 1, width: 3, pixels: array![[0.0, 1.0, 255.0], [7.0, 8.0, 9.0]] };
        assert_eq!(read(&plain).unwrap(), expected);
        assert_eq!(read(&zipped(&plain)).unwrap(), expected);
    }

    #[test]
    fn what_is_no_file_of_images_is_refused_before_memory_is_taken() {
        let good = file(IMAGES, [2, 1, 3], &[0, 1, 255, 7, 8, 9]);
        assert!(matches!(read(&[]), Err(ReadError::Empty { .. })));
        assert_eq!(problem(b"x,y\n1,2\n"), IdxProblem::Magic { found: b"x,y\n".to_vec() });
        assert_eq!(problem(&file(LABELS, [2, 0, 0], &[])), IdxProblem::Labels);
        assert_eq!(problem(&good[..9]), IdxProblem::Truncated { declared: 16, found: 9 });
        assert_eq!(problem(&good[..20]), IdxProblem::Truncated { declared: 22, found: 20 });
        let (images, height, width) = (2, 1, 3);
        let longer = [&good[..], &[0]].concat();
        assert_eq!(problem(&longer), IdxProblem::Trailing { images, height, width });
        assert!(matches!(problem(&file(IMAGES, [0, 28, 28], &[])), IdxProblem::Empty { .. }));
        for sizes in [[u32::MAX; 3], [1 << 20, 1 << 10, 1]] {
            assert!(matches!(problem(&file(IMAGES, sizes, &[1])), IdxProblem::TooLarge { .. }));
        }
        let mut damaged = zipped(&good);
        damaged.truncate(damaged.len() - 9);
        assert!(matches!(problem(&damaged), IdxProblem::Gzip { .. }));
        assert_eq!(problem(&zipped(b"text")), IdxProblem::Magic { found: b"text".to_vec() });
    }
}
