//! The one place of this module that knows files: PNG or SVG, by the extension; GIF for animations.

use std::io;
use std::path::Path;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};

use super::{Animation, Bitmap, Canvas, DrawResult, PlotError, font, palette};
use crate::io::atomic::write_atomically;

/// A white page of `size` pixels to draw on.
pub type Page<'a> = DrawingArea<Canvas<'a>, Shift>;

/// Draws on a page and hands back the pixels.
///
/// # Errors
/// [`PlotError::Draw`] if the drawing function gives up.
pub fn bitmap<D>(size: (u32, u32), draw: D) -> Result<Bitmap, PlotError>
where
    D: for<'a> FnOnce(&Page<'a>) -> DrawResult<Canvas<'a>>,
{
    let mut bitmap = Bitmap::new(size);
    render(Canvas::pixels(&mut bitmap), draw)?;
    Ok(bitmap)
}

/// Draws on a page and hands back an SVG document.
///
/// # Errors
/// [`PlotError::Draw`] if the drawing function gives up.
pub fn svg<D>(size: (u32, u32), draw: D) -> Result<String, PlotError>
where
    D: for<'a> FnOnce(&Page<'a>) -> DrawResult<Canvas<'a>>,
{
    let mut document = String::new();
    render(Canvas::svg(&mut document, size), draw)?;
    Ok(document)
}

fn render<'a, D>(canvas: Canvas<'a>, draw: D) -> Result<(), DrawingAreaErrorKind<io::Error>>
where
    D: FnOnce(&Page<'a>) -> DrawResult<Canvas<'a>>,
{
    font::register();
    let root = canvas.into_drawing_area();
    root.fill(&palette::PAPER)?;
    draw(&root)?;
    root.present()
}

/// Draws on a page of `size` pixels and writes it to `path`: PNG or SVG, as its extension says.
///
/// The file appears in full or not at all ([`write_atomically`]).
///
/// # Errors
/// [`PlotError`]: an extension that is neither, a drawing function that gives up, a folder that
/// cannot be written to.
pub fn save<D>(path: &Path, size: (u32, u32), draw: D) -> Result<(), PlotError>
where
    D: for<'a> FnOnce(&Page<'a>) -> DrawResult<Canvas<'a>>,
{
    let bytes = match extension(path).as_deref() {
        Some("png") => bitmap(size, draw)?.to_png()?,
        Some("svg") => svg(size, draw)?.into_bytes(),
        _ => return Err(PlotError::Extension { path: path.to_owned() }),
    };
    Ok(write_atomically(path, |out| out.write_all(&bytes))?)
}

/// Writes an animation to `path`, which ends in `.gif`; whole or not at all, as [`save`] does.
///
/// # Errors
/// [`PlotError`]: another extension, frames that make no animation, a folder that cannot be
/// written to.
pub fn save_animation(path: &Path, animation: &Animation) -> Result<(), PlotError> {
    if extension(path).as_deref() != Some("gif") {
        return Err(PlotError::Extension { path: path.to_owned() });
    }
    let bytes = animation.to_gif()?;
    Ok(write_atomically(path, |out| out.write_all(&bytes))?)
}

/// The extension in small letters.
fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use plotters::style::Color;

    fn dot<'a>(root: &Page<'a>) -> DrawResult<Canvas<'a>> {
        root.draw(&plotters::element::Circle::new((10, 10), 4, palette::SOURCE.filled()))
    }

    #[test]
    fn the_extension_decides_and_nothing_else_is_left_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        save(&folder.path().join("a.PNG"), (20, 20), dot).unwrap();
        save(&folder.path().join("b.svg"), (20, 20), dot).unwrap();
        assert!(fs::read(folder.path().join("a.PNG")).unwrap().starts_with(b"\x89PNG\r\n"));
        let document = fs::read_to_string(folder.path().join("b.svg")).unwrap();
        assert!(document.starts_with("<svg") && document.trim_end().ends_with("</svg>"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn animations_are_gif_files_that_appear_whole() {
        let folder = tempfile::tempdir().unwrap();
        let animation = Animation::new(vec![bitmap((20, 20), dot).unwrap(); 2]);
        save_animation(&folder.path().join("a.gif"), &animation).unwrap();
        assert!(fs::read(folder.path().join("a.gif")).unwrap().starts_with(b"GIF89a"));
        let refused = save_animation(&folder.path().join("a.png"), &animation);
        assert!(matches!(refused, Err(PlotError::Extension { .. })));
        let empty = save_animation(&folder.path().join("b.gif"), &Animation::new(Vec::new()));
        assert!(matches!(empty, Err(PlotError::Frames { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_unknown_extension_is_refused_before_anything_is_drawn() {
        for name in ["picture", "picture.jpg", "png"] {
            let refused = save(Path::new(name), (20, 20), |_| unreachable!());
            assert!(matches!(refused, Err(PlotError::Extension { .. })), "{name}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing").join("a.png");
        assert!(matches!(save(&missing, (20, 20), dot), Err(PlotError::Write(_))));
        // A folder of that name: the rename fails after the write succeeded.
        fs::create_dir(folder.path().join("b.png")).unwrap();
        let taken = save(&folder.path().join("b.png"), (20, 20), dot);
        assert!(matches!(taken, Err(PlotError::Write(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn pixels_are_drawn_where_asked() {
        let picture = bitmap((20, 20), dot).unwrap();
        assert_eq!(picture.at(10, 10), Some([0, 114, 178]));
        assert_eq!(picture.at(0, 0), Some([255, 255, 255]));
    }
}
