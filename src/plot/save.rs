//! The one place of this module that knows files: PNG or SVG, by the extension; GIF for animations.

use std::path::Path;

use plotters::drawing::IntoDrawingArea;

use super::{Animation, Bitmap, Canvas, DrawResult, Figure, Page, PlotError, palette};
use crate::io::atomic::write_atomically;

/// Draws a figure on a page of its own size and returns the pixels.
///
/// # Errors
/// [`PlotError::Draw`] if the figure gives up.
pub fn bitmap(figure: &dyn Figure) -> Result<Bitmap, PlotError> {
    let mut bitmap = Bitmap::new(figure.size());
    render(Canvas::pixels(&mut bitmap), figure)?;
    Ok(bitmap)
}

/// Draws a figure on a page of its own size and returns an SVG document.
///
/// # Errors
/// [`PlotError::Draw`] if the figure gives up.
pub fn svg(figure: &dyn Figure) -> Result<String, PlotError> {
    let mut document = String::new();
    render(Canvas::svg(&mut document, figure.size()), figure)?;
    Ok(document)
}

fn render(canvas: Canvas<'_>, figure: &dyn Figure) -> DrawResult {
    let page = Page::new(canvas.into_drawing_area());
    page.area().fill(&palette::PAPER)?;
    figure.draw(&page)?;
    page.area().present()
}

/// Draws a figure on a page of its own size and writes it to `path`: PNG or SVG, by the extension.
///
/// The file appears in full or not at all ([`write_atomically`]).
///
/// # Errors
/// [`PlotError`]: an extension that is neither, a figure that gives up, a folder that cannot be
/// written to.
pub fn save(path: &Path, figure: &dyn Figure) -> Result<(), PlotError> {
    let bytes = match extension(path).as_deref() {
        Some("png") => bitmap(figure)?.to_png()?,
        Some("svg") => svg(figure)?.into_bytes(),
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

    struct Dot;

    impl Figure for Dot {
        fn size(&self) -> (u32, u32) {
            (20, 20)
        }

        fn draw(&self, page: &Page<'_>) -> DrawResult {
            page.disc((10.0, 10.0), 4.0, palette::SOURCE.to_rgba())
        }
    }

    struct Undrawn;

    impl Figure for Undrawn {
        fn size(&self) -> (u32, u32) {
            unreachable!()
        }

        fn draw(&self, _: &Page<'_>) -> DrawResult {
            unreachable!()
        }
    }

    #[test]
    fn the_extension_decides_and_nothing_else_is_left_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        save(&folder.path().join("a.PNG"), &Dot).unwrap();
        save(&folder.path().join("b.svg"), &Dot).unwrap();
        assert!(fs::read(folder.path().join("a.PNG")).unwrap().starts_with(b"\x89PNG\r\n"));
        let document = fs::read_to_string(folder.path().join("b.svg")).unwrap();
        assert!(document.starts_with("<svg") && document.trim_end().ends_with("</svg>"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn animations_are_gif_files_that_appear_whole() {
        let folder = tempfile::tempdir().unwrap();
        let animation = Animation::new(vec![bitmap(&Dot).unwrap(); 2]);
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
            let refused = save(Path::new(name), &Undrawn);
            assert!(matches!(refused, Err(PlotError::Extension { .. })), "{name}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing").join("a.png");
        assert!(matches!(save(&missing, &Dot), Err(PlotError::Write(_))));
        // A folder of that name: the rename fails after the write succeeded.
        fs::create_dir(folder.path().join("b.png")).unwrap();
        let taken = save(&folder.path().join("b.png"), &Dot);
        assert!(matches!(taken, Err(PlotError::Write(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn pixels_are_drawn_where_asked() {
        let picture = bitmap(&Dot).unwrap();
        assert_eq!(picture.at(10, 10), Some([0, 114, 178]));
        assert_eq!(picture.at(0, 0), Some([255, 255, 255]));
    }
}
