//! Gray PNG pictures as histograms.

use std::io::Cursor;

use ndarray::{Array1, Array2};
use png::{BitDepth, ColorType, Transformations};
use thiserror::Error;

use super::{InputPath, ReadError};

/// The first bytes of every PNG file.
pub(super) const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture as masses on the grid of its pixels.
///
/// The intensities are those stored in the file, without a gamma correction: white is much
/// mass, black none. Depths below 8 bits are stretched to 0..=255 first; 16 bits give 0..=65535.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Pixels in a row.
    pub width: usize,
    /// Pixels in a column.
    pub height: usize,
    /// Intensities, row by row from the top left; shape (height·width,). Not normalized.
    pub mass: Array1<f64>,
    /// The pixel centers in units of pixels, as (row, column): the pixel in row r and column c
    /// lies at (r, c), with (0, 0) at the top left; shape (height·width, 2).
    pub support: Array2<f64>,
}

/// Why a picture is no histogram.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ImageProblem {
    /// Not a whole PNG.
    #[error("a damaged PNG: {cause}")]
    Damaged {
        /// The message of the decoder.
        cause: String,
    },
    /// A palette that is no list of colors.
    #[error("a damaged PNG: its palette has {length} bytes, not three for each of 1 to 256 colors")]
    Palette {
        /// The length of its chunk.
        length: usize,
    },
    /// A header that promises more than the file can hold.
    #[error("a damaged PNG: it promises {width}×{height} pixels, which {bytes} bytes cannot hold")]
    Promise {
        /// Pixels in a row.
        width: usize,
        /// Pixels in a column.
        height: usize,
        /// Bytes of the file.
        bytes: usize,
    },
    /// A pixel that is not gray.
    #[error(
        "the picture is colored: the pixel in row {row}, column {column} is {red}, {green}, {blue}"
    )]
    Colored {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// Red.
        red: u16,
        /// Green.
        green: u16,
        /// Blue.
        blue: u16,
    },
    /// A pixel that is not opaque.
    #[error("the picture is transparent in the pixel in row {row}, column {column}")]
    Transparent {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
    },
    /// Several pictures in one file.
    #[error("the picture is an animation of {frames} frames")]
    Animated {
        /// Number of frames.
        frames: u32,
    },
    /// More pixels than a transport problem can have.
    #[error("{width}×{height} pixels, but {limit} are the most that are read")]
    TooLarge {
        /// Pixels in a row.
        width: usize,
        /// Pixels in a column.
        height: usize,
        /// The most that are read.
        limit: usize,
    },
    /// No mass anywhere.
    #[error("the picture is black all over: it has no mass")]
    Black,
}

impl ImageProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Damaged { .. } | Self::Palette { .. } | Self::Promise { .. } => {
                "the file is incomplete or altered: copy or save it again"
            }
            Self::Colored { .. } => "convert it to gray: convert IN.png -colorspace Gray OUT.png",
            Self::Transparent { .. } => {
                "put it on a background of your choice: convert IN.png -background black -flatten \
                 OUT.png"
            }
            Self::Animated { .. } => "save the one frame you mean",
            Self::TooLarge { .. } => "scale it down: convert IN.png -resize 256x256 OUT.png",
            Self::Black => {
                "masses are intensities, white the most: negate a picture of dark on \
                            light with convert IN.png -negate OUT.png"
            }
        }
    }
}

/// The most pixels read: a picture of 4096×4096.
const MAX_PIXELS: usize = 1 << 24;

/// How much deflate can make of a byte.
const MAX_INFLATION: usize = 1032;

/// Refuses palettes on which the decoder, png 0.18.1, would panic.
fn check_palette(info: &png::Info<'_>) -> Result<(), ImageProblem> {
    const MAX_PALETTE_COLORS: usize = 256;
    let Some(palette) = info.palette.as_deref().filter(|_| info.color_type == ColorType::Indexed)
    else {
        return Ok(());
    };
    let length = palette.len();
    if length.is_multiple_of(3) && (3..=3 * MAX_PALETTE_COLORS).contains(&length) {
        return Ok(());
    }
    Err(ImageProblem::Palette { length })
}

/// Decodes a PNG.
pub(super) fn decode(origin: &InputPath, bytes: &[u8]) -> Result<Histogram, ReadError> {
    histogram(bytes).map_err(|problem| ReadError::Image { origin: origin.clone(), problem })
}

fn histogram(bytes: &[u8]) -> Result<Histogram, ImageProblem> {
    let damaged = |error: png::DecodingError| ImageProblem::Damaged { cause: error.to_string() };
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info().map_err(damaged)?;
    let (width, height) = (info.width as usize, info.height as usize);
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(ImageProblem::TooLarge { width, height, limit: MAX_PIXELS });
    }
    let mut reader = decoder.read_info().map_err(damaged)?;
    check_palette(reader.info())?;
    if reader.info().raw_bytes() / MAX_INFLATION > bytes.len() {
        return Err(ImageProblem::Promise { width, height, bytes: bytes.len() });
    }
    if let Some(animation) = reader.info().animation_control
        && animation.num_frames > 1
    {
        return Err(ImageProblem::Animated { frames: animation.num_frames });
    }
    let size = reader.output_buffer_size().ok_or(ImageProblem::TooLarge {
        width,
        height,
        limit: MAX_PIXELS,
    })?;
    let mut buffer = vec![0; size];
    let output = reader.next_frame(&mut buffer).map_err(damaged)?;
    let samples: Vec<u16> = if output.bit_depth == BitDepth::Sixteen {
        buffer.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
    } else {
        buffer.iter().map(|&byte| u16::from(byte)).collect()
    };
    let opaque = if output.bit_depth == BitDepth::Sixteen { u16::MAX } else { u16::from(u8::MAX) };
    let mass = gray_levels(&samples, output.color_type, opaque, width)?;
    if mass.iter().all(|&mass| mass == 0.0) {
        return Err(ImageProblem::Black);
    }
    let support = Array2::from_shape_fn((width * height, 2), |(place, axis)| {
        let (row, column) = (place / width, place % width);
        if axis == 0 { row as f64 } else { column as f64 }
    });
    Ok(Histogram { width, height, mass: mass.into(), support })
}

/// The gray of every pixel, none of which may be transparent or have a color.
fn gray_levels(
    samples: &[u16],
    color_type: ColorType,
    opaque: u16,
    width: usize,
) -> Result<Vec<f64>, ImageProblem> {
    let (channels, alpha) = match color_type {
        ColorType::Grayscale | ColorType::Indexed => (1, false),
        ColorType::GrayscaleAlpha => (2, true),
        ColorType::Rgb => (3, false),
        ColorType::Rgba => (4, true),
    };
    let gray = |(place, pixel): (usize, &[u16])| {
        let (row, column) = (place / width, place % width);
        if alpha && pixel[channels - 1] != opaque {
            return Err(ImageProblem::Transparent { row, column });
        }
        match *pixel {
            [red, green, blue, ..] if red != green || green != blue => {
                Err(ImageProblem::Colored { row, column, red, green, blue })
            }
            _ => Ok(f64::from(pixel[0])),
        }
    };
    samples.chunks_exact(channels).enumerate().map(gray).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn encode(color: ColorType, depth: BitDepth, width: u32, height: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ColorType::Indexed {
            encoder.set_palette(&[0, 0, 0, 128, 128, 128, 255, 0, 0][..]);
        }
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    fn mass(bytes: &[u8]) -> Result<Vec<f64>, ImageProblem> {
        histogram(bytes).map(|histogram| histogram.mass.to_vec())
    }

    #[test]
    fn pixels_lie_at_row_and_column() {
        let bytes = encode(ColorType::Grayscale, BitDepth::Eight, 3, 2, &[0, 1, 2, 3, 4, 255]);
        let histogram = histogram(&bytes).unwrap();
        assert_eq!((histogram.width, histogram.height), (3, 2));
        assert_eq!(histogram.mass, array![0.0, 1.0, 2.0, 3.0, 4.0, 255.0]);
        assert_eq!(histogram.support.row(1), array![0.0, 1.0]);
        assert_eq!(histogram.support.row(5), array![1.0, 2.0]);
    }

    #[test]
    fn every_depth_of_gray() {
        let gray = |depth, data: &[u8]| mass(&encode(ColorType::Grayscale, depth, 2, 1, data));
        assert_eq!(gray(BitDepth::One, &[0b0100_0000]).unwrap(), [0.0, 255.0]);
        assert_eq!(gray(BitDepth::Two, &[0b0111_0000]).unwrap(), [85.0, 255.0]);
        assert_eq!(gray(BitDepth::Four, &[0x1f]).unwrap(), [17.0, 255.0]);
        assert_eq!(gray(BitDepth::Sixteen, &[1, 2, 255, 255]).unwrap(), [258.0, 65535.0]);
    }

    #[test]
    fn color_types_that_hold_gray_are_read() {
        let rgb = encode(ColorType::Rgb, BitDepth::Eight, 1, 1, &[9, 9, 9]);
        assert_eq!(mass(&rgb).unwrap(), [9.0]);
        let rgba = encode(ColorType::Rgba, BitDepth::Sixteen, 1, 1, &[0, 9, 0, 9, 0, 9, 255, 255]);
        assert_eq!(mass(&rgba).unwrap(), [9.0]);
        let alpha = encode(ColorType::GrayscaleAlpha, BitDepth::Eight, 1, 1, &[9, 255]);
        assert_eq!(mass(&alpha).unwrap(), [9.0]);
        let indexed = encode(ColorType::Indexed, BitDepth::Eight, 2, 1, &[0, 1]);
        assert_eq!(mass(&indexed).unwrap(), [0.0, 128.0]);
    }

    #[test]
    fn pictures_that_are_no_histogram_say_why() {
        let color = encode(ColorType::Rgb, BitDepth::Eight, 2, 1, &[9, 9, 9, 1, 2, 3]);
        assert_eq!(
            mass(&color),
            Err(ImageProblem::Colored { row: 0, column: 1, red: 1, green: 2, blue: 3 })
        );
        let indexed = encode(ColorType::Indexed, BitDepth::Eight, 2, 1, &[0, 2]);
        assert!(matches!(mass(&indexed), Err(ImageProblem::Colored { .. })));
        let glass = encode(ColorType::GrayscaleAlpha, BitDepth::Eight, 1, 2, &[9, 255, 9, 254]);
        assert_eq!(mass(&glass), Err(ImageProblem::Transparent { row: 1, column: 0 }));
        let black = encode(ColorType::Grayscale, BitDepth::Eight, 1, 1, &[0]);
        assert_eq!(mass(&black), Err(ImageProblem::Black));
        let whole = encode(ColorType::Grayscale, BitDepth::Eight, 4, 4, &[7; 16]);
        for length in MAGIC.len()..whole.len() - 12 {
            assert!(
                matches!(mass(&whole[..length]), Err(ImageProblem::Damaged { .. })),
                "{length}"
            );
        }
    }

    /// An indexed picture of one pixel with a palette of `palette` bytes.
    fn indexed(palette: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(vec![9; palette]);
        encoder.write_header().unwrap().write_image_data(&[0]).unwrap();
        bytes
    }

    #[test]
    fn a_palette_that_is_no_list_of_colors_is_refused() {
        for length in (0..12).chain([766, 767, 769, 771, 774, 1000]) {
            let good = length > 0 && length % 3 == 0 && length <= 768;
            assert_eq!(mass(&indexed(length)).is_ok(), good, "{length}");
        }
        assert_eq!(mass(&indexed(10)), Err(ImageProblem::Palette { length: 10 }));
        assert_eq!(mass(&indexed(768)).unwrap(), [9.0]);
    }

    #[test]
    fn a_header_that_promises_more_than_the_file_holds_is_refused() {
        let mut bytes = encode(ColorType::Grayscale, BitDepth::Eight, 1, 1, &[1]);
        bytes[16..24].copy_from_slice(&[0, 0, 16, 0, 0, 0, 16, 0]);
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(matches!(mass(&bytes), Err(ImageProblem::Promise { width: 4096, .. })));
    }

    #[test]
    fn a_huge_picture_is_refused_by_its_header() {
        let mut bytes = encode(ColorType::Grayscale, BitDepth::Eight, 1, 1, &[1]);
        bytes[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        // The checksum of the header is in the bytes behind it; the size must be right for it.
        let crc = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(matches!(mass(&bytes), Err(ImageProblem::TooLarge { width: 65536, .. })));
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
            })
        })
    }
}
