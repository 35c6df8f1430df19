//! Pictures one after another, as an animated GIF that starts again at its end.
//!
//! A GIF has at most 256 colors a frame. The most frequent ones are kept, and any other pixel takes
//! the nearest of them. Of a drawing that is all but the soft edges: its grounds, lines and letters
//! are the same from frame to frame, where a palette that is averaged (Dekker 1994) lets the paper
//! flicker.
//!
//! References: "Graphics Interchange Format, version 89a", 1990; Heckbert 1982, "Color image
//! quantization for frame buffer display", SIGGRAPH (the popularity algorithm).

use std::borrow::Cow;
use std::collections::BTreeMap;

use gif::{Encoder, Frame, Repeat};

use super::{Bitmap, PlotError};

/// Display times of a frame and of the last frame, in hundredths of a second.
const FRAME_HUNDREDTHS: u16 = 25;
const LAST_FRAME_HUNDREDTHS: u16 = 200;

/// The most colors of a frame.
const MAX_COLORS: usize = 256;

/// Pictures of one size.
///
/// ```
/// use deblais::plot::{self, Animation, Chart, Curve, Figure};
///
/// # fn main() -> Result<(), deblais::plot::PlotError> {
/// let frame = |shift: f64| {
///     let line = [(0.0, 0.0), (1.0, shift)];
///     let chart = Chart::new("x", "y").curve(Curve::new("line", line)).level("top", 1.0);
///     plot::bitmap(&chart.resized((300, 200)))
/// };
/// let frames = [0.0, 0.5, 1.0].map(frame).into_iter().collect::<Result<Vec<_>, _>>()?;
/// assert!(Animation::new(frames).to_gif()?.starts_with(b"GIF89a"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Animation {
    frames: Vec<Bitmap>,
}

impl Animation {
    /// An animation of frames in their order.
    #[must_use]
    pub fn new(frames: Vec<Bitmap>) -> Self {
        Self { frames }
    }

    /// The animation as the bytes of a GIF file.
    ///
    /// # Errors
    /// [`PlotError::Frames`] for no frames, frames of different sizes, or pages too large for the
    /// format.
    pub fn to_gif(&self) -> Result<Vec<u8>, PlotError> {
        let Some(first) = self.frames.first() else {
            return Err(PlotError::Frames { what: "there are no frames" });
        };
        let side = |length: u32| {
            let too_large = PlotError::Frames { what: "the frames are too large" };
            u16::try_from(length).ok().filter(|&side| side > 0).ok_or(too_large)
        };
        let (width, height) = (side(first.width())?, side(first.height())?);
        let same =
            |frame: &Bitmap| (frame.width(), frame.height()) == (width.into(), height.into());
        if !self.frames.iter().all(same) {
            return Err(PlotError::Frames { what: "the frames have different sizes" });
        }
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, width, height, &[])?;
        encoder.set_repeat(Repeat::Infinite)?;
        for (k, picture) in self.frames.iter().enumerate() {
            let (palette, pixels) = indexed(picture);
            encoder.write_frame(&Frame {
                width,
                height,
                delay: if k + 1 == self.frames.len() {
                    LAST_FRAME_HUNDREDTHS
                } else {
                    FRAME_HUNDREDTHS
                },
                palette: Some(palette),
                buffer: Cow::Owned(pixels),
                ..Frame::default()
            })?;
        }
        drop(encoder);
        Ok(file)
    }
}

/// The most frequent colors of a picture, and for each pixel the place of the nearest of them.
fn indexed(picture: &Bitmap) -> (Vec<u8>, Vec<u8>) {
    let (pixels, _) = picture.pixels().as_chunks::<3>();
    let mut counts = BTreeMap::new();
    for &color in pixels {
        *counts.entry(color).or_insert(0_usize) += 1;
    }
    let mut palette: Vec<_> = counts.keys().copied().collect();
    // Stable: colors of one frequency stay in order.
    palette.sort_by_key(|color| usize::MAX - counts[color]);
    palette.truncate(MAX_COLORS);
    let distance = |a: &[u8; 3], b: &[u8; 3]| -> u32 {
        a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let nearest = |color: &[u8; 3]| {
        (0_u8..=u8::MAX).zip(&palette).min_by_key(|(_, of)| distance(of, color)).map_or(0, |k| k.0)
    };
    let places: BTreeMap<_, _> = counts.keys().map(|color| (*color, nearest(color))).collect();
    (palette.concat(), pixels.iter().map(|color| places[color]).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use plotters_backend::BackendColor;

    use super::*;

    /// A sheet with `colors` colors.
    fn colored(colors: u32, size: (u32, u32)) -> Bitmap {
        let mut bitmap = Bitmap::new(size);
        for k in 0..size.0 * size.1 {
            let [_, _, g, b] = (k % colors * 77).to_be_bytes();
            let at = ((k % size.0).cast_signed(), (k / size.0).cast_signed());
            bitmap.blend(at, BackendColor { alpha: 1.0, rgb: (9, g, b) }, 1.0);
        }
        bitmap
    }

    fn decoded(file: &[u8]) -> (u16, u16, Vec<(u16, Vec<u8>)>) {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(file).unwrap();
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            frames.push((frame.delay, frame.buffer.to_vec()));
        }
        (decoder.width(), decoder.height(), frames)
    }

    #[test]
    fn frames_of_few_colors_come_back_to_the_byte() {
        let pictures = [2, 200, 256].map(|colors| colored(colors, (20, 16)));
        let (width, height, frames) = decoded(&Animation::new(pictures.to_vec()).to_gif().unwrap());
        assert_eq!((width, height), (20, 16));
        assert_eq!(
            frames.iter().map(|frame| frame.0).collect::<Vec<_>>(),
            [FRAME_HUNDREDTHS, FRAME_HUNDREDTHS, LAST_FRAME_HUNDREDTHS]
        );
        for (picture, (_, pixels)) in pictures.iter().zip(&frames) {
            let opaque = picture.pixels().chunks(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]);
            assert!(opaque.eq(pixels.iter().copied()));
        }
    }

    #[test]
    fn of_more_colors_the_frequent_ones_stay_and_the_others_take_the_nearest() {
        let mut picture = colored(300, (40, 40));
        picture.fill_rect((0, 0), (40, 10), BackendColor { alpha: 1.0, rgb: (255, 255, 255) });
        let (_, _, frames) = decoded(&Animation::new(vec![picture.clone()]).to_gif().unwrap());
        let distance = |was: &[u8], is: &[u8]| -> u32 {
            was.iter().zip(&is[..3]).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
        };
        let pairs: Vec<_> = picture.pixels().chunks(3).zip(frames[0].1.chunks(4)).collect();
        assert!(pairs[..400].iter().all(|(_, is)| is[..] == [255; 4]), "paper stays white");
        let palette: BTreeSet<_> = pairs.iter().map(|(_, is)| is.to_vec()).collect();
        assert_eq!(palette.len(), MAX_COLORS);
        let nearest = |was: &[u8]| palette.iter().map(|of| distance(was, of)).min();
        assert!(pairs.iter().all(|(was, is)| nearest(was) == Some(distance(was, is))));
        assert!(pairs.iter().any(|(was, is)| distance(was, is) > 0));
    }

    #[test]
    fn pictures_that_make_no_animation_are_refused() {
        for frames in [vec![], vec![Bitmap::new((2, 2)), Bitmap::new((2, 3))]] {
            let refused = Animation::new(frames).to_gif();
            assert!(matches!(refused, Err(PlotError::Frames { .. })));
        }
        let wide = Animation::new(vec![Bitmap::new((70_000, 1))]).to_gif();
        assert!(matches!(wide, Err(PlotError::Frames { .. })));
    }
}
