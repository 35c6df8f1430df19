//! NumPy's `.npy` files.
//!
//! The header is parsed by `ndarray-npy`. It comes from a stranger, though, so its length, its
//! nesting and the shape it declares are checked before anything is allocated for them, and the
//! elements, of whatever numeric type, are turned into f64 as they stream in.

use std::io::{self, Read};

use ndarray::{Array2, ShapeBuilder};
use ndarray_npy::npy::header::Header;
use thiserror::Error;

use super::{InputPath, Precision, ReadError};
use crate::shown::Shown;

/// The first bytes of every NPY file.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// A fault in an NPY file.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NpyProblem {
    /// A version of the format that does not exist yet.
    #[error("NPY format version {major}.{minor}, which is not known")]
    Version {
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
    /// A header that makes no sense.
    #[error("a damaged NPY header: {}", Shown(.cause))]
    Header {
        /// The message of the parser.
        cause: String,
    },
    /// Elements that are not real numbers.
    #[error("an NPY array of type {}, not of real numbers", Shown(.found))]
    ElementType {
        /// The type, as NumPy writes it.
        found: String,
    },
    /// Neither a vector nor a matrix.
    #[error(
        "an NPY array of shape {}, where a vector or a matrix is wanted",
        Shown(&format!("{shape:?}"))
    )]
    Dimensions {
        /// The declared shape.
        shape: Vec<usize>,
    },
    /// Fewer elements than declared.
    #[error(
        "an NPY array of shape {shape:?} takes {declared} bytes, but {found} follow the header"
    )]
    Truncated {
        /// The declared shape.
        shape: Vec<usize>,
        /// The bytes that it takes.
        declared: u128,
        /// The bytes there are.
        found: u64,
    },
    /// Something behind the array.
    #[error("more bytes follow the NPY array of shape {shape:?}")]
    Trailing {
        /// The declared shape.
        shape: Vec<usize>,
    },
}

impl NpyProblem {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Version { .. } | Self::Header { .. } => "save it again by np.save".into(),
            Self::ElementType { found } if found.starts_with('[') => {
                "save its fields as columns: np.save('x.npy', np.column_stack([x[name] for name in \
                 x.dtype.names]))"
                    .into()
            }
            Self::ElementType { found } if found.contains('c') => {
                "save its real part: np.save('x.npy', x.real)".into()
            }
            Self::ElementType { .. } => {
                "save numbers: np.save('x.npy', x.astype(np.float64))".into()
            }
            Self::Dimensions { .. } => {
                "reshape it to one sample per row: np.save('x.npy', x.reshape(len(x), -1))".into()
            }
            Self::Truncated { .. } => "the file is incomplete: copy or save it again".into(),
            Self::Trailing { .. } => "save one array per file".into(),
        }
    }
}

/// Reads an array from its magic bytes on; a vector becomes a column. `size` is the number of
/// bytes of the whole file, where it is known.
pub(super) fn read(
    origin: &InputPath,
    reader: &mut dyn Read,
    size: Option<u64>,
) -> Result<(Array2<f64>, Precision), ReadError> {
    let bad = |problem| ReadError::Npy { origin: origin.clone(), problem };
    let failed = |error| match error {
        NpyFailure::Io(error) => ReadError::from_io(origin, error),
        NpyFailure::Npy(problem) => bad(problem),
    };
    let (header, header_size) = read_header(reader).map_err(failed)?;
    let shape = header.shape;
    let (rows, columns) = match shape[..] {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => return Err(bad(NpyProblem::Dimensions { shape })),
    };
    let element =
        header.type_descriptor.as_string().and_then(|descriptor| Element::parse(descriptor));
    let Some(element) = element else {
        let found = header.type_descriptor.to_string();
        return Err(bad(NpyProblem::ElementType { found }));
    };
    if rows == 0 || columns == 0 {
        return Err(ReadError::Empty { origin: origin.clone() });
    }
    let declared =
        (rows as u128).saturating_mul(columns as u128).saturating_mul(element.size as u128);
    let available = size.map(|size| size.saturating_sub(header_size));
    if let Some(found) = available.filter(|&found| u128::from(found) < declared) {
        return Err(bad(NpyProblem::Truncated { shape, declared, found }));
    }
    // Without a known size, memory grows with what arrives, not with what was promised.
    let mut values = Vec::with_capacity(if available.is_some() { rows * columns } else { 0 });
    let declared_u64 = u64::try_from(declared).unwrap_or(u64::MAX);
    let found = element
        .decode(&mut reader.take(declared_u64), &mut values)
        .map_err(|error| ReadError::from_io(origin, error))?;
    if u128::from(found) < declared {
        return Err(bad(NpyProblem::Truncated { shape, declared, found }));
    }
    let more = io::copy(reader, &mut io::sink()).map_err(|e| ReadError::from_io(origin, e))?;
    if more > 0 {
        return Err(bad(NpyProblem::Trailing { shape }));
    }
    let array = Array2::from_shape_vec((rows, columns).set_f(header.layout.is_fortran()), values)
        .expect("as many elements as the shape has were read");
    Ok((array, element.precision))
}

enum NpyFailure {
    Io(io::Error),
    Npy(NpyProblem),
}

/// The header and the number of bytes it takes.
fn read_header(reader: &mut dyn Read) -> Result<(Header, u64), NpyFailure> {
    // NumPy writes at most a few hundred bytes and refuses to read more than 10 000.
    const MAX_HEADER_BYTES: usize = 10_000;
    const MAX_NESTING: usize = 8;
    let damaged = |cause: String| NpyFailure::Npy(NpyProblem::Header { cause });
    let mut bytes = Vec::new();
    let mut take = |count: usize, bytes: &mut Vec<u8>| {
        let read = reader.take(count as u64).read_to_end(bytes).map_err(NpyFailure::Io)?;
        if read < count { Err(damaged("the file ends in it".into())) } else { Ok(()) }
    };
    take(MAGIC.len() + 2, &mut bytes)?;
    let (major, minor) = (bytes[MAGIC.len()], bytes[MAGIC.len() + 1]);
    let length = match (major, minor) {
        (1, 0) => {
            take(2, &mut bytes)?;
            usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))
        }
        (2 | 3, 0) => {
            take(4, &mut bytes)?;
            u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize
        }
        _ => return Err(NpyFailure::Npy(NpyProblem::Version { major, minor })),
    };
    if length > MAX_HEADER_BYTES {
        return Err(damaged(format!("it claims to be {length} bytes long")));
    }
    take(length, &mut bytes)?;
    // The parser is recursive: deep nesting would overflow its stack.
    if bytes.iter().filter(|byte| b"([{".contains(byte)).count() > MAX_NESTING {
        return Err(NpyFailure::Npy(NpyProblem::ElementType { found: "structured".into() }));
    }
    let header =
        Header::from_reader(&mut &bytes[..]).map_err(|error| damaged(error.to_string()))?;
    Ok((header, bytes.len() as u64))
}

/// A numeric type and how to read it.
struct Element {
    size: usize,
    precision: Precision,
    append: fn(&[u8], &mut Vec<f64>),
    swapped: bool,
}

impl Element {
    /// From NumPy's descriptor: byte order, kind, size.
    fn parse(descriptor: &str) -> Option<Self> {
        let (order, kind) = descriptor.split_at_checked(1)?;
        let swapped = match order {
            "<" | "|" => false,
            "=" => cfg!(target_endian = "big"),
            ">" => true,
            _ => return None,
        };
        let append: fn(&[u8], &mut Vec<f64>) = match kind {
            "f8" => |bytes, out| append(bytes, out, f64::from_le_bytes),
            "f4" => |bytes, out| append(bytes, out, |b| f64::from(f32::from_le_bytes(b))),
            "b1" => |bytes, out| append(bytes, out, |[b]| f64::from(b != 0)),
            "i1" => |bytes, out| append(bytes, out, |b| f64::from(i8::from_le_bytes(b))),
            "u1" => |bytes, out| append(bytes, out, |[b]| f64::from(b)),
            "i2" => |bytes, out| append(bytes, out, |b| f64::from(i16::from_le_bytes(b))),
            "u2" => |bytes, out| append(bytes, out, |b| f64::from(u16::from_le_bytes(b))),
            "i4" => |bytes, out| append(bytes, out, |b| f64::from(i32::from_le_bytes(b))),
            "u4" => |bytes, out| append(bytes, out, |b| f64::from(u32::from_le_bytes(b))),
            // Whole numbers beyond 2^53 are rounded, as NumPy's astype(float) does.
            "i8" => |bytes, out| append(bytes, out, |b| i64::from_le_bytes(b) as f64),
            "u8" => |bytes, out| append(bytes, out, |b| u64::from_le_bytes(b) as f64),
            _ => return None,
        };
        let size = usize::from(kind.as_bytes()[1] - b'0');
        let precision = if kind == "f4" { Precision::F32 } else { Precision::F64 };
        Some(Self { size, precision, append, swapped })
    }

    /// Appends elements until `reader` ends; returns the bytes read.
    fn decode(&self, reader: &mut impl Read, values: &mut Vec<f64>) -> io::Result<u64> {
        // A multiple of every element's size.
        const BLOCK_BYTES: u64 = 1 << 16;
        let mut total = 0;
        let mut block = Vec::new();
        loop {
            block.clear();
            let read = reader.take(BLOCK_BYTES).read_to_end(&mut block)?;
            if read == 0 {
                return Ok(total);
            }
            total += read as u64;
            if self.swapped {
                block.chunks_exact_mut(self.size).for_each(<[u8]>::reverse);
            }
            (self.append)(&block, values);
        }
    }
}

/// Appends whole elements.
fn append<const SIZE: usize>(bytes: &[u8], out: &mut Vec<f64>, decode: fn([u8; SIZE]) -> f64) {
    out.extend(bytes.as_chunks().0.iter().map(|bytes| decode(*bytes)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};
    use ndarray_npy::WriteNpyExt;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Result<(Array2<f64>, Precision), ReadError> {
        let known = read(&InputPath::from("x.npy"), &mut &*bytes, Some(bytes.len() as u64));
        let piped = read(&InputPath::Stdin, &mut &*bytes, None);
        // By the debug format, for NaN equals itself there.
        assert_eq!(format!("{:?}", known.as_ref().ok()), format!("{:?}", piped.as_ref().ok()));
        known
    }

    fn problem(bytes: &[u8]) -> NpyProblem {
        match parse(bytes) {
            Err(ReadError::Npy { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    /// An NPY file by hand.
    fn file(version: u8, descriptor: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': {descriptor}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut bytes = MAGIC.to_vec();
        bytes.extend([version, 0]);
        let length = u32::try_from(header.len()).unwrap().to_le_bytes();
        bytes.extend(if version == 1 { &length[..2] } else { &length[..] });
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn what_ndarray_npy_writes_is_read() {
        let matrix = array![[1.0, -2.5], [f64::NAN, 1e-300], [0.1, f64::INFINITY]];
        let mut bytes = Vec::new();
        matrix.write_npy(&mut bytes).unwrap();
        let (read, precision) = parse(&bytes).unwrap();
        assert_eq!(precision, Precision::F64);
        assert_eq!(read.mapv(f64::to_bits), matrix.mapv(f64::to_bits));

        let mut bytes = Vec::new();
        array![[0.1_f32, 2.0], [3.0, -2.5]].t().write_npy(&mut bytes).unwrap();
        let wanted = array![[f64::from(0.1_f32), 3.0], [2.0, -2.5]];
        assert_eq!(parse(&bytes).unwrap(), (wanted, Precision::F32));

        let mut bytes = Vec::new();
        Array1::from(vec![true, false]).write_npy(&mut bytes).unwrap();
        assert_eq!(parse(&bytes).unwrap().0, array![[1.0], [0.0]]);
    }

    #[test]
    fn every_order_version_and_type() {
        let wanted = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let c = [1_u8, 2, 3, 4, 5, 6];
        let fortran = [1_u8, 4, 2, 5, 3, 6];
        for version in 1..=3 {
            assert_eq!(parse(&file(version, "'|u1'", "False", "(2, 3)", &c)).unwrap().0, wanted);
            assert_eq!(
                parse(&file(version, "'|i1'", "True", "(2, 3)", &fortran)).unwrap().0,
                wanted
            );
        }
        let check = |descriptor: &str, data: Vec<u8>| {
            let read = parse(&file(1, descriptor, "False", "(2, 3)", &data)).unwrap().0;
            assert_eq!(read, wanted, "{descriptor}");
        };
        check("'<i2'", c.iter().flat_map(|&x| i16::from(x).to_le_bytes()).collect());
        check("'>i2'", c.iter().flat_map(|&x| i16::from(x).to_be_bytes()).collect());
        check("'<u4'", c.iter().flat_map(|&x| u32::from(x).to_le_bytes()).collect());
        check("'>i8'", c.iter().flat_map(|&x| i64::from(x).to_be_bytes()).collect());
        check("'>f4'", c.iter().flat_map(|&x| f32::from(x).to_be_bytes()).collect());
        check("'>f8'", c.iter().flat_map(|&x| f64::from(x).to_be_bytes()).collect());
    }

    #[test]
    fn types_that_are_not_numbers_are_named() {
        for descriptor in ["'|O'", "'<c16'", "'<U3'", "'|S5'", "'<f2'", "'<f16'", "'<M8[s]'", "''"]
        {
            let found = descriptor.to_owned();
            let problem = problem(&file(1, descriptor, "False", "(2,)", &[0; 64]));
            assert_eq!(problem, NpyProblem::ElementType { found });
        }
        assert!(matches!(
            problem(&file(1, "[('x', '<f8'), ('y', '<f8')]", "False", "(2,)", &[0; 32])),
            NpyProblem::ElementType { .. }
        ));
    }

    #[test]
    fn other_shapes_are_refused() {
        for (shape, dimensions) in [("()", vec![]), ("(1, 2, 1)", vec![1, 2, 1])] {
            let problem = problem(&file(1, "'<f8'", "False", shape, &[0; 16]));
            assert_eq!(problem, NpyProblem::Dimensions { shape: dimensions });
        }
        let empty = parse(&file(1, "'<f8'", "False", "(0, 3)", &[]));
        assert!(matches!(empty, Err(ReadError::Empty { .. })));
    }

    #[test]
    fn a_huge_declared_shape_allocates_nothing() {
        for shape in ["(1000000000000,)", "(4000000000, 4000000000)", "(18446744073709551615, 2)"] {
            assert!(matches!(
                problem(&file(1, "'<f8'", "False", shape, &[0; 16])),
                NpyProblem::Truncated { found: 16, .. }
            ));
        }
        let nested = format!("{}1{}", "(".repeat(4000), ")".repeat(4000));
        assert!(parse(&file(1, "'<f8'", "False", &nested, &[])).is_err());
        let mut bytes = MAGIC.to_vec();
        bytes.extend([2, 0, 0xff, 0xff, 0xff, 0xff]);
        assert!(matches!(problem(&bytes), NpyProblem::Header { .. }));
    }

    #[test]
    fn a_file_that_ends_early_or_late_is_refused() {
        let whole = file(1, "'<f8'", "False", "(2, 2)", &[0; 32]);
        parse(&whole).unwrap();
        for length in MAGIC.len()..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length} bytes");
        }
        let mut longer = whole;
        longer.push(0);
        assert_eq!(problem(&longer), NpyProblem::Trailing { shape: vec![2, 2] });
    }

    proptest! {
        #[test]
        fn rubbish_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut file = MAGIC.to_vec();
            file.extend(bytes);
            let _ = read(&InputPath::Stdin, &mut &file[..], None);
        }
    }
}
