//! Matrix products, by the crate `gemm`: C ← A B or C ← C + A B, for views of any strides.
//!
//! 2·m·n·k operations for A (m, k) and B (k, n), in one thread, so that the order of every sum is
//! fixed. This is the only place of the networks that may be unsafe: `gemm` takes pointers.

use gemm::{Parallelism, gemm};
use ndarray::{ArrayView2, ArrayViewMut2};

use super::real::Real;

/// C ← A B.
pub(super) fn product<T: Real>(a: ArrayView2<T>, b: ArrayView2<T>, c: ArrayViewMut2<T>) {
    call(a, b, c, false);
}

/// C ← C + A B.
pub(super) fn add_product<T: Real>(a: ArrayView2<T>, b: ArrayView2<T>, c: ArrayViewMut2<T>) {
    call(a, b, c, true);
}

fn call<T: Real>(a: ArrayView2<T>, b: ArrayView2<T>, mut c: ArrayViewMut2<T>, keep: bool) {
    let ((m, k), n) = (a.dim(), b.ncols());
    assert_eq!(b.nrows(), k, "a product of {:?} and {:?}", a.dim(), b.dim());
    assert_eq!(c.dim(), (m, n), "a product of {:?} and {:?}", a.dim(), b.dim());
    let (into, into_strides) = (c.as_mut_ptr(), [c.strides()[0], c.strides()[1]]);
    #[expect(unsafe_code, reason = "gemm takes pointers; views of matching shapes vouch for them")]
    // SAFETY: the shapes agree, so gemm reads the elements of `a` and `b` and writes those of `c`
    // alone, each at its view's pointer and strides. `c` is borrowed exclusively, so its elements
    // are distinct and belong to neither `a` nor `b`. T is f32 or f64, Real being sealed.
    unsafe {
        gemm(
            m,
            n,
            k,
            into,
            into_strides[1],
            into_strides[0],
            keep,
            a.as_ptr(),
            a.strides()[1],
            a.strides()[0],
            b.as_ptr(),
            b.strides()[1],
            b.strides()[0],
            T::one(),
            T::one(),
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::*;
    use crate::seed::{Seed, Stream};

    fn random<T: Real>(shape: (usize, usize), stream: &mut Stream) -> Array2<T> {
        Array2::from_shape_simple_fn(shape, || T::of(stream.normal()))
    }

    fn close<T: Real>(c: &Array2<T>, expected: &Array2<T>, k: usize) {
        assert_eq!(c.dim(), expected.dim());
        // Products of normal draws: each of the k + 1 roundings is at most an ulp of a sum that
        // stays below 8 (k + 1).
        let allowed = T::epsilon().wide() * 8.0 * ((k + 1) as f64).powi(2);
        for (c, expected) in c.iter().zip(expected) {
            assert!((c.wide() - expected.wide()).abs() <= allowed, "{c} for {expected}");
        }
    }

    fn against_ndarray<T: Real>() {
        let mut stream = Seed(5).stream("product");
        let sizes = [0, 1, 2, 3, 7, 16, 33, 70];
        let shapes = (0..sizes.len().pow(3)).map(|i| [i / 64, i / 8 % 8, i % 8].map(|i| sizes[i]));
        for [m, k, n] in shapes {
            let (a, b) = (random::<T>((m, k), &mut stream), random::<T>((k, n), &mut stream));
            let old = random::<T>((m, n), &mut stream);
            let expected = a.dot(&b);

            let mut c = old.clone();
            product(a.view(), b.view(), c.view_mut());
            close(&c, &expected, k);

            let mut sum = old.clone();
            add_product(a.view(), b.view(), sum.view_mut());
            close(&sum, &(&old + &expected), k);

            // The same matrices through transposed, reversed and strided views.
            let flipped = b.t().to_owned();
            let mut wide = random::<T>((2 * m, 3 * k), &mut stream);
            wide.slice_mut(s![..;-2, ..;3]).assign(&a);
            let mut into = old.t().to_owned();
            product(wide.slice(s![..;-2, ..;3]), flipped.t(), into.view_mut().reversed_axes());
            close(&into.t().to_owned(), &expected, k);
            let mut frame = Array2::from_elem((2 * m + 1, 2 * n), T::one());
            product(a.view(), flipped.t(), frame.slice_mut(s![1..;2, ..;-2]));
            close(&frame.slice(s![1..;2, ..;-2]).to_owned(), &expected, k);
            assert!(frame.slice(s![..;2, ..]).iter().all(|&x| x == T::one()), "written beside");
            assert!(frame.slice(s![.., ..;2]).iter().all(|&x| x == T::one()), "written beside");
        }
    }

    #[test]
    fn products_are_those_of_ndarray() {
        against_ndarray::<f32>();
        against_ndarray::<f64>();
    }

    #[test]
    fn what_was_in_the_target_does_not_matter() {
        let (a, b) = (Array2::<f64>::eye(3), Array2::<f64>::eye(3));
        let mut c = Array2::from_elem((3, 3), f64::NAN);
        product(a.view(), b.view(), c.view_mut());
        assert_eq!(c, a);
        let (a, b) = (Array2::<f64>::zeros((2, 0)), Array2::<f64>::zeros((0, 2)));
        let mut c = Array2::from_elem((2, 2), f64::NAN);
        product(a.view(), b.view(), c.view_mut());
        assert_eq!(c, Array2::<f64>::zeros((2, 2)));
    }

    #[test]
    #[should_panic(expected = "a product of (2, 3) and (2, 3)")]
    fn shapes_that_do_not_fit_are_refused() {
        let a = Array2::<f32>::zeros((2, 3));
        product(a.view(), a.view(), Array2::zeros((2, 3)).view_mut());
    }
}
