//! Derivatives of a transport cost as files.
//!
//! As text: a header `side,index,d_mass` and `d_NAME` for each coordinate, then a line per point,
//! `source` or `target`, and its index from 0. As NPY: an array of shape (n + m, 1 + d), the source
//! before the target, the derivatives with respect to the masses in column 0. Without points d is 0.

use std::path::Path;

use ndarray::{Array2, Axis, concatenate};
use ndarray_npy::WriteNpyExt;

use super::atomic::{WriteError, write_atomically};
use super::matrix_file::quoted;
use super::plan_file::{as_io, is_npy};
use crate::gradient::{Gradient, SideGradient};

/// Writes derivatives: NPY if the name ends so, else CSV, to the bit. Coordinates without a name are
/// called by their places from 0.
///
/// # Errors
/// [`WriteError`]; nothing half-written is left.
pub fn write_gradient(
    path: &Path,
    gradient: &Gradient,
    coordinates: &[String],
) -> Result<(), WriteError> {
    let rows = concatenate![Axis(0), table(&gradient.source), table(&gradient.target)];
    write_atomically(path, |out| {
        if is_npy(path) {
            return rows.write_npy(out).map_err(as_io);
        }
        write!(out, "side,index,d_mass")?;
        for k in 0..rows.ncols() - 1 {
            let name = coordinates.get(k).cloned().unwrap_or_else(|| k.to_string());
            write!(out, ",{}", quoted(&format!("d_{name}")))?;
        }
        writeln!(out)?;
        let n = gradient.source.masses.len();
        for (row, values) in rows.outer_iter().enumerate() {
            let (side, index) = if row < n { ("source", row) } else { ("target", row - n) };
            write!(out, "{side},{index}")?;
            for value in values {
                write!(out, ",{value:?}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    })
}

/// The derivatives of one side, a row a point: mass, then coordinates.
fn table(side: &SideGradient) -> Array2<f64> {
    let masses = side.masses.view().insert_axis(Axis(1));
    match &side.points {
        Some(points) => concatenate![Axis(1), masses, *points],
        None => masses.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use ndarray::array;
    use tempfile::tempdir;

    fn gradient(points: bool) -> Gradient {
        let side = |masses, of| SideGradient { masses, points: points.then_some(of) };
        Gradient {
            source: side(array![0.0], array![[0.5, -1.0]]),
            target: side(array![-0.25, 0.25], array![[1e-7, 0.0], [2.0, 3.0]]),
        }
    }

    #[test]
    fn the_text_is_what_the_documentation_says() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("gradient.csv");
        let text = |points, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            write_gradient(&path, &gradient(points), &names).unwrap();
            fs::read_to_string(&path).unwrap()
        };
        let rows = "source,0,0.0,0.5,-1.0\ntarget,0,-0.25,1e-7,0.0\ntarget,1,0.25,2.0,3.0\n";
        assert_eq!(text(true, &["x", "y"]), format!("side,index,d_mass,d_x,d_y\n{rows}"));
        assert_eq!(text(true, &["a,b"]), format!("side,index,d_mass,\"d_a,b\",d_1\n{rows}"));
        let masses = "side,index,d_mass\nsource,0,0.0\ntarget,0,-0.25\ntarget,1,0.25\n";
        assert_eq!(text(false, &[]), masses);
    }

    #[test]
    fn the_array_has_a_row_a_point() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("gradient.npy");
        write_gradient(&path, &gradient(true), &[]).unwrap();
        let read: Array2<f64> = ndarray_npy::read_npy(&path).unwrap();
        assert_eq!(read, array![[0.0, 0.5, -1.0], [-0.25, 1e-7, 0.0], [0.25, 2.0, 3.0]]);
    }
}
