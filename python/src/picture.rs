//! Pictures of a plan: the map in the plane, or the heatmap.

use std::path::PathBuf;

use deblais::plot::{self, Figure, Heatmap, Order, PlotError, TransportMap};
use deblais::problem::Clouds;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::answer::Answer;
use crate::errors::invalid;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Map,
    Heatmap,
}

/// A picture, as SVG or PNG; a notebook shows it.
#[pyclass(frozen, module = "deblais")]
pub(crate) struct Picture {
    answer: Py<Answer>,
    kind: Kind,
}

impl Picture {
    /// The picture of an answer: the map where points lie in the plane, unless another kind is named.
    pub(crate) fn new(answer: PyRef<'_, Answer>, kind: Option<&str>) -> PyResult<Self> {
        answer.known_plan()?;
        let is_planar = answer.clouds.as_ref().is_some_and(|clouds| clouds.source.dim() == 2);
        let kind = match kind {
            None | Some("map") if is_planar => Kind::Map,
            None | Some("heatmap") => Kind::Heatmap,
            Some("map") => {
                let message = "a map needs points in the plane";
                return Err(invalid(message, "plot(\"heatmap\") draws the matrix"));
            }
            Some(other) => {
                let message = format!("there is no picture \"{other}\"");
                return Err(invalid(message, "kind is \"map\" or \"heatmap\""));
            }
        };
        Ok(Self { answer: answer.into(), kind })
    }

    fn drawn<T>(&self, draw: impl FnOnce(&dyn Figure) -> Result<T, PlotError>) -> PyResult<T> {
        let answer = self.answer.get();
        let plan = answer.known_plan()?;
        let drawn = match (self.kind, &answer.clouds) {
            (Kind::Map, Some(Clouds { source, target, .. })) => {
                TransportMap::new(source, target, plan).and_then(|map| draw(&map))
            }
            (_, clouds) => {
                let points = |clouds: &'_ Clouds| {
                    (clouds.source.support().to_owned(), clouds.target.support().to_owned())
                };
                let points = clouds.as_ref().map(points);
                let views = points.as_ref().map(|(x, y)| (x.view(), y.view()));
                draw(&Heatmap::arranged(plan, Order::Plan.arrange(plan, views)))
            }
        };
        drawn.map_err(|error| invalid(&error, error.hint()))
    }
}

#[pymethods]
impl Picture {
    /// The picture as an SVG document.
    #[getter]
    pub(crate) fn svg(&self) -> PyResult<String> {
        self.drawn(plot::svg)
    }

    /// The picture as the bytes of a PNG file.
    #[getter]
    fn png<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let png = self.drawn(|figure| plot::bitmap(figure)?.to_png())?;
        Ok(PyBytes::new(py, &png))
    }

    /// Writes the picture to a file: PNG or SVG, by the extension.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        self.drawn(|figure| plot::save(&path, figure))
    }

    fn _repr_svg_(&self) -> PyResult<String> {
        self.svg()
    }

    fn __repr__(&self) -> &'static str {
        match self.kind {
            Kind::Map => "<Picture: transport map>",
            Kind::Heatmap => "<Picture: transport plan>",
        }
    }
}
