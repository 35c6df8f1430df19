//! Arrays in and out: a matrix in numpy's memory is lent, everything else is converted once.

use deblais::cost::{Cost, CostMatrix, SparseCost};
use deblais::ndarray::{Array1, Array2, ArrayView2, Axis};
use deblais::{DiscreteMeasure, Marginal, tolerance};
use numpy::{Element, PyArray1, PyArray2, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::errors::{Invalid, invalid};

/// `numpy.asarray(value, dtype)`, C-contiguous and aligned.
fn converted<'py, T: Element>(
    value: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    static REQUIRE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let require = REQUIRE.import(py, "numpy", "require")?;
    let no_conversion = |error: PyErr| {
        let hint = "pass an array of numbers; a torch tensor as x.detach().cpu()";
        invalid(format!("{name} is no array of numbers: {error}"), hint)
    };
    let value = if value.hasattr("__dlpack__")? && !value.hasattr("__array__")? {
        py.import("numpy")?.call_method1("from_dlpack", (value,))?
    } else {
        value.clone()
    };
    let array = require.call1((value, T::get_dtype(py), ["C", "A"])).map_err(no_conversion)?;
    Ok(array.cast_into::<PyArrayDyn<T>>()?)
}

/// Whether rows of the array can be read in place.
fn is_plain<T: Element, D: deblais::ndarray::Dimension>(
    array: &Bound<'_, numpy::PyArray<T, D>>,
) -> bool {
    array.is_c_contiguous() && (array.data() as usize).is_multiple_of(align_of::<T>())
}

/// Numbers of shape (n,), copied.
pub(crate) fn vector(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Array1<f64>> {
    if let Ok(array) = value.cast::<PyArray1<f64>>()
        && is_plain(array)
    {
        return Ok(array.to_owned_array());
    }
    let array = converted::<f64>(value, name)?;
    match array.shape() {
        [_] => Ok(array.to_owned_array().into_dimensionality().expect("one axis")),
        shape => Err(invalid(format!("{name} has shape {shape:?}"), "pass an array of shape (n,)")),
    }
}

/// Indices of shape (n,); negative ones lie outside every matrix.
pub(crate) fn indices(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<usize>> {
    let array = converted::<i64>(value, name)?;
    let place = |&k: &i64| usize::try_from(k).unwrap_or(usize::MAX);
    Ok(array.readonly().as_array().iter().map(place).collect())
}

/// Points of shape (n, d), copied; those of shape (n,) lie on the line.
pub(crate) fn points(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Array2<f64>> {
    if let Ok(array) = value.cast::<PyArray2<f64>>()
        && is_plain(array)
    {
        return Ok(array.to_owned_array());
    }
    let array = converted::<f64>(value, name)?.to_owned_array();
    match array.ndim() {
        1 => Ok(array.insert_axis(Axis(1)).into_dimensionality().expect("two axes")),
        2 => Ok(array.into_dimensionality().expect("two axes")),
        _ => Err(invalid(
            format!("{name} has shape {:?}", array.shape()),
            "pass points as an array of shape (n, d), or (n,) on the line",
        )),
    }
}

/// Whether numbers are given in single precision: their sums are equal up to fewer digits.
fn is_single(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<PyArray1<f32>>().is_ok()
}

/// The relative difference of the totals of two sides that is rounding.
pub(crate) fn totals_tolerance(a: Option<&Bound<'_, PyAny>>, b: Option<&Bound<'_, PyAny>>) -> f64 {
    let any_single = a.is_some_and(is_single) || b.is_some_and(is_single);
    if any_single { tolerance::TOTALS_F32 } else { tolerance::TOTALS_F64 }
}

/// The points x with the masses a, 1/n each without; `names` are those of both.
pub(crate) fn measure(
    x: &Bound<'_, PyAny>,
    a: Option<&Bound<'_, PyAny>>,
    names: [&str; 2],
) -> PyResult<DiscreteMeasure> {
    let support = points(x, names[0])?;
    let made = match a {
        None => DiscreteMeasure::uniform(support),
        Some(a) => DiscreteMeasure::new(support, vector(a, names[1])?),
    };
    made.map_err(|error| Invalid::side(names, &error).into())
}

/// The masses a, or 1/n each without.
pub(crate) fn marginal(a: Option<&Bound<'_, PyAny>>, n: usize, name: &str) -> PyResult<Marginal> {
    match a {
        None if n > 0 => Ok(Marginal::uniform(n)),
        None => Err(invalid("the cost matrix is empty", "pass M of shape (n, m), n and m ≥ 1")),
        Some(a) => Marginal::new(vector(a, name)?)
            .map_err(|error| Invalid::side([name, name], &error).into()),
    }
}

/// A cost table over numpy's memory, which it keeps alive.
pub(crate) struct LentCost {
    pub(crate) table: Box<dyn Cost>,
    pub(crate) memory: Option<Py<PyAny>>,
}

impl LentCost {
    /// The entries of a C-contiguous matrix of `f64` or `f32` in place; a scipy sparse matrix as its list
    /// of arcs; anything else converted.
    pub(crate) fn new(matrix: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        if let Ok(array) = matrix.cast::<PyArray2<f64>>()
            && is_plain(array)
        {
            return Self::lent(array);
        }
        if let Ok(array) = matrix.cast::<PyArray2<f32>>()
            && is_plain(array)
        {
            return Self::lent(array);
        }
        if matrix.hasattr("tocoo")? {
            return Self::of_sparse(matrix);
        }
        let array = converted::<f64>(matrix, name)?;
        let Ok(array) = array.cast::<PyArray2<f64>>() else {
            let message = format!("{name} has shape {:?}", array.shape());
            return Err(invalid(message, "pass a matrix of shape (n, m)"));
        };
        Self::lent(array)
    }

    #[expect(unsafe_code, reason = "the view lives as long as the reference to its array")]
    fn lent<T>(array: &Bound<'_, PyArray2<T>>) -> PyResult<Self>
    where
        T: Element + deblais::cost::CostEntry,
    {
        let shape = (array.shape()[0], array.shape()[1]);
        // SAFETY: the array is contiguous and aligned, and `memory` keeps it alive. As in every numpy
        // function that releases the GIL, the caller must not write to it in the meantime.
        let view: ArrayView2<'static, T> =
            unsafe { ArrayView2::from_shape_ptr(shape, array.data().cast_const()) };
        let table = Box::new(CostMatrix::new(view).map_err(Invalid::cost)?);
        Ok(Self { table, memory: Some(array.clone().into_any().unbind()) })
    }

    fn of_sparse(matrix: &Bound<'_, PyAny>) -> PyResult<Self> {
        let coo = matrix.call_method0("tocoo")?;
        let shape: (usize, usize) = coo.getattr("shape")?.extract()?;
        let rows = indices(&coo.getattr("row")?, "row")?;
        let columns = indices(&coo.getattr("col")?, "col")?;
        let costs = vector(&coo.getattr("data")?, "the sparse matrix")?;
        let cells = rows.iter().zip(&columns).zip(&costs);
        let arcs = cells.map(|((&i, &j), &cost)| (i, j, cost)).collect();
        let table = Box::new(SparseCost::new(shape, arcs).map_err(Invalid::cost)?);
        Ok(Self { table, memory: None })
    }
}
