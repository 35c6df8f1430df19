//! Sparse matrices of `scipy.sparse.save_npz`: a zip archive with an NPY array for each part.
//!
//! ```text
//! all  format ("coo", "csr", "csc")   shape (n, m)   data (k costs)
//! coo  row, col (k indices each)
//! csr  indices (k columns)            indptr (n + 1 places: row i is indptr[i] .. indptr[i + 1])
//! csc  indices (k rows)               indptr (m + 1 places, likewise)
//! ```
//!
//! The archive comes from a stranger: what a part claims to take is compared with what its bytes can hold
//! before anything is allocated for it, and its indices with the shape.

use std::io::{Cursor, Read};

use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::arc_file::{ArcList, ArcProblem};
use super::plan_file::whole;
use super::{InputPath, ReadError, npy};
use crate::shown::Shown;

/// The first bytes of a zip archive.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// The most bytes that deflate makes of one.
const MOST_INFLATED: u64 = 1032;

/// The arcs of a sparse matrix: its stored entries, zeros as well.
pub(super) fn arcs_of(origin: &InputPath, bytes: &[u8]) -> Result<ArcList, ReadError> {
    let zip =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(origin, error.to_string()))?;
    let mut archive = Archive { origin, zip, bytes: bytes.len() as u64 };
    let format = archive.format()?;
    if !["coo", "csr", "csc"].contains(&format.as_str()) {
        let format = Shown(&format);
        return Err(archive.damaged(format!("its format is {format}, not coo, csr or csc")));
    }
    let shape = archive.indices("shape", usize::MAX)?;
    let [n, m] = shape[..] else {
        return Err(archive.damaged(format!("its shape has {} numbers, not two", shape.len())));
    };
    let costs = archive.numbers("data")?;
    let (rows, columns) = match format.as_str() {
        "coo" => (archive.indices("row", n)?, archive.indices("col", m)?),
        "csr" => {
            let columns = archive.indices("indices", m)?;
            (archive.places(n, costs.len())?, columns)
        }
        _ => {
            let rows = archive.indices("indices", n)?;
            (rows, archive.places(m, costs.len())?)
        }
    };
    if [rows.len(), columns.len()] != [costs.len(); 2] {
        let (rows, columns, costs) = (rows.len(), columns.len(), costs.len());
        let text = format!("it has {rows} rows and {columns} columns for {costs} costs");
        return Err(archive.damaged(text));
    }
    let arcs = rows.into_iter().zip(columns).zip(costs);
    let arcs = arcs.map(|((row, column), cost)| (row, column, cost)).collect();
    Ok(ArcList { arcs, shape: Some((n, m)) })
}

fn damaged(origin: &InputPath, cause: String) -> ReadError {
    ReadError::Arcs { origin: origin.clone(), problem: ArcProblem::SparseMatrix { cause } }
}

/// The archive, and the number of its bytes.
struct Archive<'a> {
    origin: &'a InputPath,
    zip: ZipArchive<Cursor<&'a [u8]>>,
    bytes: u64,
}

impl<'a> Archive<'a> {
    fn damaged(&self, cause: String) -> ReadError {
        damaged(self.origin, cause)
    }

    fn part(&mut self, name: &str) -> Result<ZipFile<'_, Cursor<&'a [u8]>>, ReadError> {
        let origin = self.origin;
        let failed = |error| damaged(origin, format!("{name}.npy: {error}"));
        self.zip.by_name(&format!("{name}.npy")).map_err(failed)
    }

    /// The name of the format: the text behind the header of its array, in one or four bytes a letter.
    fn format(&mut self) -> Result<String, ReadError> {
        const MOST_BYTES: u64 = 1000;
        let origin = self.origin;
        let mut bytes = Vec::new();
        let read = self.part("format")?.take(MOST_BYTES).read_to_end(&mut bytes);
        read.map_err(|error| ReadError::from_io(origin, error))?;
        let header = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let letters: Vec<u8> = bytes[header..].iter().copied().filter(|&byte| byte != 0).collect();
        Ok(String::from_utf8_lossy(&letters).into_owned())
    }

    /// A vector.
    fn numbers(&mut self, name: &str) -> Result<Vec<f64>, ReadError> {
        let (origin, whole) = (self.origin, self.bytes);
        let part = InputPath::from(format!("{origin}, {name}.npy").as_str());
        let mut file = self.part(name)?;
        let inflated = match file.compression() {
            CompressionMethod::Stored => 1,
            _ => MOST_INFLATED,
        };
        let size = file.size();
        if size > file.compressed_size().min(whole).saturating_mul(inflated) {
            let text = format!("{name}.npy claims {size} bytes, more than it can hold");
            return Err(damaged(origin, text));
        }
        let (array, _) = npy::read(&part, &mut file, Some(size))?;
        if array.ncols() != 1 {
            return Err(damaged(origin, format!("{name}.npy is a matrix, not a vector")));
        }
        Ok(array.into_iter().collect())
    }

    /// A vector of whole numbers from 0 to below `limit`.
    fn indices(&mut self, name: &str, limit: usize) -> Result<Vec<usize>, ReadError> {
        let numbers = self.numbers(name)?;
        let index = |value: f64| {
            let text =
                || format!("{name}.npy has {value}, not a whole number from 0 to below {limit}");
            whole(value, limit).ok_or_else(|| self.damaged(text()))
        };
        numbers.into_iter().map(index).collect()
    }

    /// The row (or column) of each of `entries`, from the places at which the `count` rows begin.
    fn places(&mut self, count: usize, entries: usize) -> Result<Vec<usize>, ReadError> {
        let starts = self.indices("indptr", usize::MAX)?;
        let ascends = starts.is_sorted() && starts[0] == 0 && starts.last() == Some(&entries);
        if starts.len() - 1 != count || !ascends {
            let text = format!("indptr.npy does not divide {entries} entries by {count} rows");
            return Err(self.damaged(text));
        }
        let rows = starts.windows(2).enumerate();
        Ok(rows.flat_map(|(row, ends)| (ends[0]..ends[1]).map(move |_| row)).collect())
    }
}
