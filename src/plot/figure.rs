//! The skeleton of all figures: a size, a drawing, and the words around its field.

use super::legend::Legend;
use super::page::{self, MARGIN, PAGE_WIDTH, PageArea};
use super::{DrawResult, Page};

/// A picture that knows the page that suits it and draws itself on any.
///
/// [`save`](super::save), [`svg`](super::svg), [`bitmap`](super::bitmap) and
/// [`Panels`](super::Panels) take figures.
pub trait Figure {
    /// The page that suits the figure: width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws the figure over the whole page.
    ///
    /// # Errors
    /// An error of the page.
    fn draw(&self, page: &Page<'_>) -> DrawResult;

    /// The figure on a page of another size, in pixels.
    fn resized(self, size: (u32, u32)) -> Resized<Self>
    where
        Self: Sized,
    {
        Resized { figure: self, size }
    }
}

impl<F: Figure + ?Sized> Figure for &F {
    fn size(&self) -> (u32, u32) {
        (**self).size()
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        (**self).draw(page)
    }
}

impl<F: Figure + ?Sized> Figure for Box<F> {
    fn size(&self) -> (u32, u32) {
        (**self).size()
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        (**self).draw(page)
    }
}

/// A figure on a page of another size than its own: see [`Figure::resized`].
#[derive(Debug, Clone, PartialEq)]
pub struct Resized<F> {
    figure: F,
    size: (u32, u32),
}

impl<F: Figure> Figure for Resized<F> {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        self.figure.draw(page)
    }
}

/// Builders of the title and the caption, for figures with fields `title` and `note`.
macro_rules! titled_and_noted {
    () => {
        /// With a title.
        #[must_use]
        pub fn titled(mut self, title: impl Into<String>) -> Self {
            self.title = title.into();
            self
        }

        /// With sentences that open the caption.
        #[must_use]
        pub fn noted(mut self, note: impl Into<String>) -> Self {
            self.note = note.into();
            self
        }
    };
}

/// A builder of the axis labels, for figures with a field `labels`.
macro_rules! labeled {
    () => {
        /// With other axis labels than the default ones.
        #[must_use]
        pub fn labeled(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
            self.labels = (x.into(), y.into());
            self
        }
    };
}

pub(super) use {labeled, titled_and_noted};

/// The words around the field of a figure: title and legend above, caption below.
pub(super) struct FigureText<'f> {
    pub(super) title: &'f str,
    pub(super) legend: Legend,
    pub(super) caption: String,
}

impl FigureText<'_> {
    /// The size in pixels of a page whose field, axes included, is `height` units high.
    pub(super) fn size(&self, height: f64) -> (u32, u32) {
        let width = PAGE_WIDTH - 2.0 * MARGIN;
        let above = page::title_height(self.title) + self.legend.height(width);
        let below = page::caption_height(page::wrap(&self.caption, width).len());
        page::size(2.0 * MARGIN + above + height + below)
    }

    /// The room between legend and caption.
    pub(super) fn room(&self, page: &Page<'_>) -> PageArea {
        let inside = page.inside();
        let lines = page.caption_lines(&self.caption, inside).len();
        PageArea {
            top: self.legend_top(page) + page.px(self.legend.height(page.units(inside.width()))),
            bottom: inside.bottom - page.px(page::caption_height(lines)),
            ..inside
        }
    }

    /// Draws the words, and between them the field by `draw_field(room)`, which returns the bottom
    /// of the field with its axes: there the caption begins.
    pub(super) fn draw(
        &self,
        page: &Page<'_>,
        draw_field: impl FnOnce(PageArea) -> DrawResult<f64>,
    ) -> DrawResult {
        let inside = page.inside();
        page.title(self.title, inside)?;
        self.legend.draw(page, inside, self.legend_top(page))?;
        let bottom = draw_field(self.room(page))?;
        page.caption(&page.caption_lines(&self.caption, inside), inside.left, bottom)
    }

    fn legend_top(&self, page: &Page<'_>) -> f64 {
        page.below_title(self.title, page.inside())
    }
}

/// The sentences of a caption that are not empty, one after another.
pub(super) fn caption(sentences: impl IntoIterator<Item = String>) -> String {
    let sentences = sentences.into_iter().filter(|sentence| !sentence.is_empty());
    sentences.collect::<Vec<_>>().join(" ")
}
