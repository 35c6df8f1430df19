//! Checkpoints without their end, which is put behind them: read, drawn from, and gone on with.

use deblais::gan::{Data, Standard, Trainer};
use deblais::io::{InputPath, checkpoint_from};
use deblais::seed::Seed;
use ndarray::array;
use sha2::{Digest, Sha256};

pub(crate) fn run(data: &[u8]) {
    let sum: Vec<_> = Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect();
    let end = format!(",\"sha256\":\"{}\"}}\n", sum.concat());
    let bytes = [data, end.as_bytes()].concat();
    let mut checkpoint = match checkpoint_from(&InputPath::from("checkpoint.json"), &bytes) {
        Ok(saved) => saved.checkpoint,
        Err(error) => return super::told(&error, &error.hint()),
    };
    if let Err(error) = checkpoint.sample(2, &mut Seed(0).stream("sample")) {
        super::told(&error, &error.hint());
    }
    let points = array![[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [5.0, 4.0]];
    let Ok(data) = Data::sample("points", points.view(), None, Standard::of) else { return };
    checkpoint.data = "points".into();
    checkpoint.standard = data.standard().clone();
    match Trainer::resume(checkpoint, data) {
        Ok(trainer) => drop(trainer.checkpoint()),
        Err(error) => super::told(&error, &error.hint()),
    }
}
