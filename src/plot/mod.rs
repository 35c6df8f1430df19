//! Pictures of plans, functions and answers: data in, ink out.
//!
//! A [`Figure`] takes numbers and draws itself by plotters on a [`Page`], never into a path. Only
//! [`save`] knows files: PNG or SVG, by the extension.
//!
//! - [`Heatmap`]: γ as a matrix;
//! - [`TransportMap`]: γ as arrows in the plane;
//! - [`BarPlot`]: γ as arrows from piles on the line into holes;
//! - [`Chart`]: curves, with levels to compare them with, bands, and samples below the axis;
//! - [`ContourPlot`]: a function over the plane, with its slopes and the samples on top;
//! - [`Brackets`]: what several methods prove about one number;
//! - [`Tiles`]: small gray images side by side;
//! - [`MassMap`]: the masses of a measure in the plane;
//! - [`Panels`]: several of these on one page;
//! - [`Animation`]: several of these one after another.
//!
//! Every picture carries its own font (DejaVu Sans, from the crate `dejavu`), so that it looks
//! the same on a machine without any. Lengths grow with the page: a figure drawn into a panel
//! half as wide has letters half as high.
//!
//! ```
//! use deblais::plan::{PlanArc, TransportPlan};
//! use deblais::plot::{self, Heatmap};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let arc = |source, target, mass| PlanArc { source, target, mass };
//! let plan = TransportPlan::new(2, 2, vec![arc(0, 0, 0.5), arc(1, 1, 0.25), arc(1, 0, 0.25)])?;
//! let heatmap = Heatmap::new(&plan).titled("Two piles of earth");
//! let svg = plot::svg(&heatmap)?;
//! assert!(svg.contains("Two piles of earth"));
//! # Ok(())
//! # }
//! ```

mod animation;
mod axes;
mod axis_ticks;
mod bar_plot;

mod bitmap;
mod brackets;
mod canvas;
mod chart;
mod clouds;
mod contour;
mod contour_plot;
mod divergences;
mod extent;
mod field;
mod figure;
mod font;
mod heatmap;
mod histogram;
mod legend;
mod map;
mod markers;
mod mass_map;
mod order;
mod page;
pub mod palette;
mod panels;
mod plan_blocks;
mod polyline;
mod raster;
mod save;
mod scale;
mod space_filling;
mod tiles;

use std::path::PathBuf;

use plotters::drawing::DrawingAreaErrorKind;
use thiserror::Error;

use crate::io::WriteError;
use crate::measure::DiscreteMeasure;
use crate::plan::TransportPlan;

pub use animation::Animation;
pub use bar_plot::BarPlot;
pub use bitmap::Bitmap;
pub use brackets::{Bracket, Brackets};
pub use canvas::Canvas;
pub use chart::{Band, Chart, Curve};
pub use contour_plot::ContourPlot;
pub use extent::Extent;
pub use figure::{Figure, Resized};
pub use font::FAMILY;
pub use heatmap::Heatmap;
pub use map::TransportMap;
pub use markers::Side;
pub use mass_map::MassMap;
pub use order::{Arrangement, Order};
pub use page::Page;
pub use panels::Panels;
pub use plan_blocks::PlanBlocks;
pub use save::{bitmap, save, save_animation, svg};
pub use tiles::Tiles;

/// The result of a function that draws on a [`Page`].
pub type DrawResult<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// Why there is no picture.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlotError {
    /// The file name does not say which format is meant.
    #[error("{}: not a picture format this program writes", path.display())]
    Extension {
        /// The path given.
        path: PathBuf,
    },
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The pixels could not be encoded.
    #[error("the picture could not be encoded as PNG: {0}")]
    Encode(#[from] png::EncodingError),
    /// Bytes that are no picture in red, green and blue.
    #[error("not a PNG file in red, green and blue, eight bits each")]
    Decode,
    /// An animation without frames, of frames of different sizes, or of too large ones.
    #[error("no animation: {what}")]
    Frames {
        /// The fault.
        what: &'static str,
    },
    /// The frames could not be encoded.
    #[error("the animation could not be encoded as GIF: {0}")]
    Animate(#[from] gif::EncodingError),
    /// A drawing function gave up.
    #[error("the picture could not be drawn: {0}")]
    Draw(#[from] DrawingAreaErrorKind<std::io::Error>),
    /// A map was asked for points that do not lie in the plane.
    #[error("a map needs points in the plane, these have {dim} coordinates")]
    NotPlanar {
        /// Coordinates of the points.
        dim: usize,
    },
    /// Piles were to be drawn of points that do not lie on the line.
    #[error("piles stand on the line, these points have {dim} coordinates")]
    NotOnLine {
        /// Coordinates of the points.
        dim: usize,
    },
    /// The points do not belong to the plan.
    #[error("{points} {side} points for a plan with {plan}")]
    Points {
        /// `"source"` or `"target"`.
        side: &'static str,
        /// Number of points.
        points: usize,
        /// Number of points of the plan.
        plan: usize,
    },
}

impl PlotError {
    /// Refuses points that do not belong to the plan.
    fn check_points(
        source: &DiscreteMeasure,
        target: &DiscreteMeasure,
        plan: &TransportPlan,
    ) -> Result<(), Self> {
        for (side, points, plan) in
            [("source", source.len(), plan.n()), ("target", target.len(), plan.m())]
        {
            if points != plan {
                return Err(Self::Points { side, points, plan });
            }
        }
        Ok(())
    }

    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Extension { .. } => "end the file name in .png or .svg, of an animation in .gif",
            Self::Write(_) => "name a file in a folder that exists and may be written to",
            Self::Encode(_) | Self::Draw(_) => "try the other format, .png or .svg",
            Self::Decode => "give a picture that this program has written",
            Self::Frames { .. } => "draw all frames on pages of one size below 65536 pixels",
            Self::Animate(_) => "draw the frames as pictures of their own",
            Self::NotOnLine { .. } => "draw a map or a heatmap instead",
            Self::NotPlanar { .. } => "pick two coordinates, or draw a heatmap instead",
            Self::Points { .. } => "give the clouds that the plan was computed for",
        }
    }
}
