//! The Rust side of the Python package `deblais`: arrays in, one solve without the GIL, answers out.

mod answer;
mod arrays;
mod errors;
mod exact;
mod picture;
mod run;
mod settings;

use pyo3::prelude::*;

/// The compiled part of deblais.
#[pymodule]
mod _deblais {
    #[pymodule_export]
    use crate::answer::{Answer, CertificateView};
    #[pymodule_export]
    use crate::exact::{TransportView, emd, emd_matrix};
    #[pymodule_export]
    use crate::picture::Picture;
}
