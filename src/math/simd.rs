//! The instruction sets that kernels are compiled for.

/// `#[apply(simd_targets)]` compiles a function three times: for AVX-512, for AVX2 with fused
/// multiply-add, and for the architecture's baseline. A call runs the first that the processor has.
macro_rules! simd_targets {
    ($($function:tt)*) => {
        #[multiversion::multiversion(targets(
            "x86_64+avx512f+avx512vl+avx512dq+avx512bw",
            "x86_64+avx2+fma"
        ))]
        $($function)*
    };
}

pub(crate) use simd_targets;
