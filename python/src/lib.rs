//! The Rust side of the Python package `deblais`: arrays in, one solve without the GIL, answers out.

mod answer;
mod arrays;
mod barycenter;
mod entropic;
mod errors;
mod exact;
mod judge;
mod line;
mod pairwise;
mod persistence;
mod picture;
mod pot;
mod pot_plain;
mod run;
mod samples;
mod settings;
mod unbalanced;

use pyo3::prelude::*;

/// The compiled part of deblais.
#[pymodule]
mod _deblais {
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    use crate::answer::{Answer, CertificateView};
    #[pymodule_export]
    use crate::barycenter::{BarycenterView, barycenter};
    #[pymodule_export]
    use crate::entropic::{EntropicTransport, sinkhorn, sinkhorn_divergence, sinkhorn_matrix};
    #[pymodule_export]
    use crate::exact::{TransportView, emd, emd_matrix};
    #[pymodule_export]
    use crate::judge::{certify, certify_matrix};
    #[pymodule_export]
    use crate::line::{sliced_wasserstein, wasserstein_1d};
    #[pymodule_export]
    use crate::pairwise::{PairwiseView, pairwise};
    #[pymodule_export]
    use crate::persistence::{PersistenceView, persistence};
    #[pymodule_export]
    use crate::picture::Picture;
    #[pymodule_export]
    use crate::pot::{cost_matrix, pot_dense, pot_points, pot_sparse};
    #[pymodule_export]
    use crate::pot_plain::{pot_line, pot_sinkhorn};
    #[pymodule_export]
    use crate::samples::{StatisticView, divergences, histogram_divergences, two_sample_test};
    #[pymodule_export]
    use crate::unbalanced::{
        UnbalancedView, partial, partial_matrix, unbalanced, unbalanced_matrix,
    };
}
