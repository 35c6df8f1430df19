//! An RGB picture in memory.

use std::io::Cursor;

use plotters_backend::BackendColor;

use super::PlotError;

/// Pixels, eight bits for each of red, green and blue; starts out white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Bitmap {
    /// A white sheet.
    pub(super) fn new((width, height): (u32, u32)) -> Self {
        Self { width, height, pixels: vec![255; width as usize * height as usize * 3] }
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows of pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes: row by row from the top, three for each pixel.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Red, green and blue of one pixel, or nothing outside the picture.
    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        let start = self.offset(i32::try_from(x).ok()?, i32::try_from(y).ok()?)?;
        Some([self.pixels[start], self.pixels[start + 1], self.pixels[start + 2]])
    }

    /// The picture as the bytes of a PNG file.
    ///
    /// # Errors
    /// [`PlotError::Encode`] for a picture without pixels.
    pub fn to_png(&self) -> Result<Vec<u8>, PlotError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(file)
    }

    /// The picture in the bytes of a PNG file that [`Bitmap::to_png`] has made.
    ///
    /// # Errors
    /// [`PlotError::Decode`] for anything else.
    pub fn from_png(file: &[u8]) -> Result<Self, PlotError> {
        /// The largest expansion of a byte by deflate; a header may promise more.
        const MAX_INFLATION: usize = 1032;
        let refused = |_: png::DecodingError| PlotError::Decode;
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().map_err(refused)?;
        let size = reader.output_buffer_size().ok_or(PlotError::Decode)?;
        if size / MAX_INFLATION > file.len() {
            return Err(PlotError::Decode);
        }
        let mut pixels = vec![0; size];
        let info = reader.next_frame(&mut pixels).map_err(refused)?;
        if (info.color_type, info.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
            return Err(PlotError::Decode);
        }
        Ok(Self { width: info.width, height: info.height, pixels })
    }

    fn offset(&self, x: i32, y: i32) -> Option<usize> {
        let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        (x < self.width && y < self.height)
            .then(|| (y as usize * self.width as usize + x as usize) * 3)
    }

    /// Lays a color over one pixel, as far as `coverage` (0 to 1) and its opacity say.
    pub(super) fn blend(&mut self, (x, y): (i32, i32), color: BackendColor, coverage: f64) {
        if let Some(start) = self.offset(x, y) {
            let opacity = (coverage * color.alpha).clamp(0.0, 1.0);
            let (r, g, b) = color.rgb;
            for (pixel, new) in self.pixels[start..start + 3].iter_mut().zip([r, g, b]) {
                *pixel = mix(*pixel, new, opacity);
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
fn mix(old: u8, new: u8, opacity: f64) -> u8 {
    let (old, new) = (f64::from(old), f64::from(new));
    (old + (new - old) * opacity).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_mix_by_coverage_and_opacity_and_ink_beside_the_sheet_is_lost() {
        let mut bitmap = Bitmap::new((2, 1));
        let half = BackendColor { alpha: 0.5, rgb: (0, 0, 0) };
        bitmap.blend((0, 0), half, 0.5);
        for outside in [(-1, 0), (2, 0), (0, 1), (0, -1)] {
            bitmap.blend(outside, half, 1.0);
        }
        assert_eq!(bitmap.at(0, 0), Some([191; 3]));
        assert_eq!(bitmap.at(1, 0), Some([255; 3]));
        assert_eq!(bitmap.at(2, 0), None);
    }

    #[test]
    fn the_png_holds_the_pixels() {
        let mut bitmap = Bitmap::new((3, 2));
        bitmap.blend((2, 1), BackendColor { alpha: 1.0, rgb: (1, 2, 3) }, 1.0);
        let file = bitmap.to_png().unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(pixels, bitmap.pixels());
        assert_eq!(Bitmap::from_png(&file).unwrap(), bitmap);
        assert!(matches!(Bitmap::from_png(&file[..40]), Err(PlotError::Decode)));
    }
}
