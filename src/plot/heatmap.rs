//! γ as a matrix: rows source, columns target, the darker the more mass.

use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{self, Bar, NUMBER_GAP, TICK_LENGTH, marks};
use super::field::X_AXIS_HEIGHT;
use super::figure::{self, FigureText, labeled, titled_and_noted};
use super::legend::Legend;
use super::page::{LABEL_HEIGHT, MARGIN, NUMBER_HEIGHT, PAGE_WIDTH, Page, PageArea};
use super::scale::{MassScale, number};
use super::{Arrangement, DrawResult, Figure, PlanBlocks, palette};
use crate::plan::TransportPlan;

/// The most blocks along an axis: each is then a few pixels wide on a page of [`Heatmap::size`].
const MAX_BLOCKS: usize = 250;

/// The most cells along an axis that are separated by lines.
const MAX_RULED_CELLS: usize = 40;

/// The least and the largest height of numbers in cells, in units; smaller ones are not drawn.
const CELL_NUMBER_HEIGHTS: (f64, f64) = (7.5, 15.0);

/// The largest width of a cell, in units: a matrix of one cell need not fill the page.
const MAX_CELL_WIDTH: f64 = 110.0;

/// Largest ratio of the sides of the matrix: one row of a thousand columns would otherwise be too
/// thin to see.
const MAX_SIDE_RATIO: f64 = 3.0;

/// The approximate width of axis and color bar beside a matrix, in units: for the size of the page.
const SURROUNDING_WIDTH: f64 = 140.0;

/// The least height of the color bar, in units.
const LEAST_BAR_HEIGHT: f64 = 120.0;

/// The picture of a plan as the lecture draws it.
///
/// Rows are source points from top to bottom, columns target points from left to right; white
/// is no mass at all, the lightest blue the smallest there is, night blue the largest. Small
/// matrices have their masses written into the cells, large ones are added up into blocks. Masses
/// over more than three decades are shaded by their logarithm, a few very small ones ignored. The
/// caption says all this.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    blocks: PlanBlocks,
    shown: Arrangement,
    title: String,
    note: String,
    labels: (String, String),
    scale: MassScale,
    explained: bool,
}

impl Heatmap {
    /// A plan in the order of the input.
    #[must_use]
    pub fn new(plan: &TransportPlan) -> Self {
        Self::arranged(plan, Arrangement::input(plan.n(), plan.m()))
    }

    /// A plan in another order: see [`Order::arrange`](super::Order::arrange).
    #[must_use]
    pub fn arranged(plan: &TransportPlan, shown: Arrangement) -> Self {
        Self::from_blocks(PlanBlocks::of_plan(plan, &shown, MAX_BLOCKS), shown)
    }

    /// Masses already added up, by the order shown.
    #[must_use]
    pub fn from_blocks(blocks: PlanBlocks, shown: Arrangement) -> Self {
        let labels = ("source i".to_owned(), "target j".to_owned());
        let title = "Transport plan γ".to_owned();
        let scale = MassScale::fitting(blocks.cells().iter().map(|cell| cell.1));
        Self { blocks, shown, title, note: String::new(), labels, scale, explained: true }
    }

    titled_and_noted!();
    labeled!();

    /// Without the caption that says how to read it: for one of several panels.
    #[must_use]
    pub fn without_caption(mut self) -> Self {
        self.explained = false;
        self
    }

    fn words(&self) -> FigureText<'_> {
        FigureText { title: &self.title, legend: Legend::default(), caption: self.caption() }
    }

    /// Draws matrix, axes and color bar, and returns the bottom of the lower of axis and bar.
    fn draw_field(&self, page: &Page<'_>, room: PageArea) -> DrawResult<f64> {
        let matrix = self.matrix(page, room);
        self.draw_cells(page, matrix)?;
        self.draw_axes(page, matrix)?;
        let bar = axes::bar_beside(page, matrix);
        let bar = PageArea { bottom: bar.bottom.max(bar.top + page.px(LEAST_BAR_HEIGHT)), ..bar };
        let name = if self.blocks.block() == (1, 1) { "mass γ(i, j)" } else { "mass per block" };
        axes::draw_bar(page, bar, &Bar::of(self.scale), name)?;
        Ok((matrix.bottom + page.px(X_AXIS_HEIGHT)).max(bar.bottom + page.px(NUMBER_HEIGHT / 2.0)))
    }

    /// The part of the room that axes and bar leave to the matrix.
    fn matrix(&self, page: &Page<'_>, room: PageArea) -> PageArea {
        let last_row = self.blocks.shape().0.saturating_sub(1).to_string();
        let numbers = page.text_width(&last_row, NUMBER_HEIGHT);
        let room = PageArea {
            left: room.left + page.px(LABEL_HEIGHT * 1.6 + TICK_LENGTH + NUMBER_GAP) + numbers,
            right: room.right - axes::bar_width(page, &Bar::of(self.scale)),
            bottom: room.bottom - page.px(X_AXIS_HEIGHT),
            ..room
        };
        self.place(page, room)
    }

    /// The largest frame of the right proportions at the top of the room, in its middle.
    fn place(&self, page: &Page<'_>, room: PageArea) -> PageArea {
        let (rows, columns) = self.blocks.counts();
        let (across, down) = proportions((rows, columns));
        let widest = page.px(MAX_CELL_WIDTH);
        let unit = (room.width() / across)
            .min(room.height() / down)
            .min(widest * columns as f64 / across)
            .min(widest * rows as f64 / down)
            .max(0.0);
        let (width, height) = ((unit * across).round().max(1.0), (unit * down).round().max(1.0));
        let left = (room.left + (room.width() - width) / 2.0).max(room.left).round();
        let top = room.top.round();
        PageArea { left, top, right: left + width, bottom: top + height }
    }

    fn draw_cells(&self, page: &Page<'_>, matrix: PageArea) -> DrawResult {
        let (cells, scale) = (&self.blocks.cells(), self.scale);
        let (rows, columns) = self.blocks.counts();
        let (down, across) = (matrix.height() / rows as f64, matrix.width() / columns as f64);
        let frame = |(row, column): (usize, usize)| PageArea {
            left: (matrix.left + across * column as f64).round(),
            top: (matrix.top + down * row as f64).round(),
            right: (matrix.left + across * (column as f64 + 1.0)).round(),
            bottom: (matrix.top + down * (row as f64 + 1.0)).round(),
        };
        for &(place, mass) in cells {
            page.fill(frame(place), scale.shade(mass))?;
        }
        if rows.max(columns) <= MAX_RULED_CELLS {
            for k in 1..rows {
                let y = (matrix.top + down * k as f64).round();
                page.line((matrix.left, y), (matrix.right, y), 0.4, palette::GRID.to_rgba())?;
            }
            for k in 1..columns {
                let x = (matrix.left + across * k as f64).round();
                page.line((x, matrix.top), (x, matrix.bottom), 0.4, palette::GRID.to_rgba())?;
            }
        }
        if let Some(height) = number_height(page, cells, (across, down)) {
            for &(place, mass) in cells {
                let PageArea { left, top, right, bottom } = frame(place);
                let middle = (f64::midpoint(left, right), f64::midpoint(top, bottom));
                let light = palette::is_light(scale.shade(mass));
                let ink = if light { palette::INK } else { palette::PAPER };
                page.text(&number(mass), middle, height, (HPos::Center, VPos::Center), ink)?;
            }
        }
        page.outline(matrix, palette::FRAME)
    }

    fn draw_axes(&self, page: &Page<'_>, matrix: PageArea) -> DrawResult {
        let (n, m) = self.blocks.shape();
        let pitch = page.px(NUMBER_HEIGHT * 1.35);
        let rows = marks(n, &self.shown.rows, |_| pitch, matrix.height());
        let down = rows.pixels(matrix.top, matrix.height());
        axes::draw_beside(page, matrix, &down, &rows.label(&self.labels.0, &self.shown.rows))?;
        let wide = |text: &str| page.text_width(text, NUMBER_HEIGHT) + page.px(NUMBER_HEIGHT * 0.8);
        let columns = marks(m, &self.shown.columns, wide, matrix.width());
        let across = columns.pixels(matrix.left, matrix.width());
        let name = columns.label(&self.labels.1, &self.shown.columns);
        axes::draw_below(page, matrix, &across, &name, false)
    }

    /// The caption: note and reading aid.
    fn caption(&self) -> String {
        if !self.explained {
            return self.note.clone();
        }
        let mut sentences = vec![
            self.note.clone(),
            "Each row is a source point, each column a target point: the darker a cell, the more \
             mass moves from the one to the other; white is none."
                .to_owned(),
            self.shown.description.clone(),
        ];
        let (down, across) = self.blocks.block();
        if (down, across) != (1, 1) {
            sentences.push(format!("A block adds up {}.", block(down, across)));
        }
        if matches!(self.scale, MassScale::Logarithmic(..)) {
            sentences.push("The shade is logarithmic.".to_owned());
        }
        figure::caption(sentences)
    }
}

impl Figure for Heatmap {
    fn size(&self) -> (u32, u32) {
        let (rows, columns) = self.blocks.counts();
        let (across, down) = proportions((rows, columns));
        let room = PAGE_WIDTH - 2.0 * MARGIN - SURROUNDING_WIDTH;
        let unit = (room / across)
            .min(1.05 * room / down)
            .min(MAX_CELL_WIDTH * columns as f64 / across)
            .min(MAX_CELL_WIDTH * rows as f64 / down);
        self.words().size((unit * down + X_AXIS_HEIGHT).max(LEAST_BAR_HEIGHT + NUMBER_HEIGHT))
    }

    fn draw(&self, page: &Page<'_>) -> DrawResult {
        self.words().draw(page, |room| self.draw_field(page, room))
    }
}

/// Width and height of the matrix in proportion: square cells, unless that makes it too thin to see.
fn proportions((rows, columns): (usize, usize)) -> (f64, f64) {
    let (across, down) = (columns.max(1) as f64, rows.max(1) as f64);
    let most = across.max(down);
    (across.max(most / MAX_SIDE_RATIO), down.max(most / MAX_SIDE_RATIO))
}

/// The height of the numbers in the cells, if they fit.
fn number_height(
    page: &Page<'_>,
    cells: &[((usize, usize), f64)],
    (across, down): (f64, f64),
) -> Option<f64> {
    if across.min(down) < page.px(CELL_NUMBER_HEIGHTS.0 * 1.3) {
        return None;
    }
    let widest = cells.iter().map(|cell| page.text_width(&number(cell.1), 1.0)).fold(0.1, f64::max);
    let height = (across * 0.86 / widest).min(down * 0.7 / page.px(1.0)).min(CELL_NUMBER_HEIGHTS.1);
    (height >= CELL_NUMBER_HEIGHTS.0).then_some(height)
}

/// The rows and columns of a block in words that stay on one line.
fn block(down: usize, across: usize) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (s, t) = (plural(down), plural(across));
    format!("{down}\u{a0}row{s}\u{a0}×\u{a0}{across}\u{a0}column{t}")
}

#[cfg(test)]
mod tests;
