//! Level and power of permutation tests: how often p ≤ 0.05 for two normal samples whose means differ
//! by a shift.

use deblais::Euclidean;
use deblais::ndarray::Array2;
use deblais::seed::Seed;
use deblais::two_sample::{Statistic, TestOptions, TwoSampleError, two_sample_test_with};

/// The probability of a wrong rejection.
const LEVEL: f64 = 0.05;

/// How often the tests by each statistic reject: `repeats` pairs of samples of 20 and 15 points.
fn rejections(shift: f64, repeats: u64) -> Result<[u32; 3], TwoSampleError> {
    let mut counts = [0; 3];
    for repeat in 0..repeats {
        let mut stream = Seed(repeat).stream(&format!("shift {shift}"));
        let x = Array2::from_shape_simple_fn((20, 2), || stream.normal());
        let y = Array2::from_shape_simple_fn((15, 2), || stream.normal() + shift);
        let options = TestOptions::new().permutations(99).seed(Seed(repeat));
        let test = two_sample_test_with(&x, &y, Euclidean, &options)?;
        for (count, test) in counts.iter_mut().zip(&test.statistics) {
            *count += u32::from(test.p_value() <= LEVEL);
        }
    }
    Ok(counts)
}

fn main() -> Result<(), TwoSampleError> {
    let names = Statistic::ALL.map(Statistic::name);
    println!("shift  repeats  {}", names.map(|name| format!("{name:>6}")).join("  "));
    for (shift, repeats) in [(0.0, 400), (0.3, 200), (0.6, 200), (0.9, 200)] {
        let shares = rejections(shift, repeats)?.map(|count| f64::from(count) / repeats as f64);
        println!("{shift:<5}  {repeats:>7}  {}", shares.map(|s| format!("{s:>6.3}")).join("  "));
        // Three standard deviations of a binomial share.
        let deviation = (LEVEL * (1.0 - LEVEL) / repeats as f64).sqrt();
        assert!(shift > 0.0 || shares.iter().all(|s| (s - LEVEL).abs() < 3.0 * deviation));
    }
    Ok(())
}
