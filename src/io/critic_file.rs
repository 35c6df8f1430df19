//! Critics as files: a JSON object of schema [`CRITIC_FILE`].

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::saved_file::{Schemas, read_saved, saved_from, write_saved};
use super::{InputDigest, InputPath, ReadError, WriteError};
use crate::critic::SavedCritic;

/// Schema of a file with a critic.
pub const CRITIC_FILE: &str = "deblais.saved-critic/2";

/// Files without a checksum are read, too, for whatever a critic proves is computed from its numbers,
/// and others may write them.
const SCHEMAS: Schemas =
    Schemas { current: CRITIC_FILE, unchecked: "deblais.saved-critic/1", reads_unchecked: true };

#[derive(Serialize, Deserialize)]
struct CriticFile<C> {
    schema: String,
    critic: C,
}

/// Writes a critic.
///
/// # Errors
/// [`WriteError`]; nothing half-written is left.
pub fn write_critic(path: &Path, critic: &SavedCritic) -> Result<(), WriteError> {
    write_saved(path, &CriticFile { schema: CRITIC_FILE.to_owned(), critic })
}

/// A critic from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadCritic {
    /// The critic.
    pub critic: SavedCritic,
    /// Whether a checksum vouches for it; files of schema `/1` have none.
    pub checked: bool,
    /// The size and checksum of the file.
    pub digest: InputDigest,
}

/// Reads a critic.
///
/// # Errors
/// [`ReadError`] for a file that cannot be read, or is none that [`write_critic`] wrote.
pub fn read_critic(origin: &InputPath) -> Result<ReadCritic, ReadError> {
    let (CriticFile { critic, .. }, checked, digest) =
        read_saved::<CriticFile<SavedCritic>>(origin, SCHEMAS)?;
    Ok(ReadCritic { critic, checked, digest })
}

/// As [`read_critic`], of bytes in memory; `origin` is for the messages.
///
/// # Errors
/// As [`read_critic`].
pub fn critic_from(origin: &InputPath, bytes: &[u8]) -> Result<SavedCritic, ReadError> {
    let (CriticFile { critic, .. }, _) = saved_from(origin, bytes, SCHEMAS)?;
    Ok(critic)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};

    use super::*;
    use crate::cost::{Cityblock, Euclidean};
    use crate::critic::{Cones, Critic, Frame, Lattice, NetworkCritic, Save};
    use crate::nn::{Activation, Init, Mlp};
    use crate::seed::Seed;

    fn awkward(count: usize) -> Vec<f64> {
        let mut stream = Seed(1).stream("numbers");
        let mut numbers: Vec<f64> =
            (0..count).map(|k| stream.normal() * 10f64.powf((k % 40) as f64 - 20.0)).collect();
        for (number, extreme) in numbers.iter_mut().zip([-0.0, 5e-324, 0.1 + 0.2, 1.0 / 3.0]) {
            *number = extreme;
        }
        numbers
    }

    fn round_trip(critic: &SavedCritic) -> SavedCritic {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("critic.json");
        write_critic(&path, critic).unwrap();
        let read = read_critic(&path.as_path().into()).unwrap();
        assert!(read.checked);
        read.critic
    }

    #[test]
    fn critics_come_back_to_the_bit() {
        let points = Array2::from_shape_vec((4, 2), awkward(8)).unwrap();
        let heights = Array1::from(awkward(4));
        let cones = Cones::new(Cityblock, points.clone(), heights).unwrap();
        let (heights, signs) = (Array1::from(awkward(4)), array![1.0, -1.0, -1.0, 1.0]);
        let lattice = Lattice::new(3, points.clone(), heights, signs).unwrap();
        let layers = [
            (6, Activation::MaxMin),
            (4, Activation::LeakyRelu { slope: 0.1 }),
            (1, Activation::Identity),
        ];
        let mut network = Mlp::new(2, &layers, Init::He, &mut Seed(1).stream("w")).unwrap();
        network.parameters_mut()[..4].copy_from_slice(&awkward(4));
        let frame = Frame::new(Array1::from(awkward(2)), 0.3).unwrap();
        let network = NetworkCritic::new("lp", network, frame).unwrap();
        let bits = |critic: &dyn Critic| {
            let values = critic.values(points.view()).unwrap();
            values.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        let back = round_trip(&cones.saved());
        assert_eq!(back, cones.saved());
        assert_eq!(bits(back.restore(Cityblock).unwrap().as_ref()), bits(&cones));
        let back = round_trip(&lattice.saved()).restore(Euclidean).unwrap();
        assert_eq!(bits(back.as_ref()), bits(&lattice));
        let back = round_trip(&network.saved()).restore(Euclidean).unwrap();
        assert_eq!((bits(back.as_ref()), back.kind()), (bits(&network), "lp"));
        assert_eq!(back.lipschitz(), network.lipschitz());
    }

    #[test]
    fn another_distance_or_a_broken_network_is_refused() {
        let cones = Cones::new(Euclidean, Array2::zeros((1, 1)), Array1::zeros(1)).unwrap();
        let other = cones.saved().restore(Cityblock).err().unwrap().to_string();
        assert!(other.contains("euclidean") && other.contains("cityblock"), "{other}");
        for (file, words) in [
            ("", "line 1"),
            ("{\n\"schema\": 3}", "line 2, column"),
            (r#"{"schema": "deblais.emd/2", "critic": {}}"#, "its schema is"),
            (r#"{"schema": "deblais.saved-critic/1", "critic": {}}"#, "missing field"),
            (r#"{"schema": "deblais.saved-critic/2", "critic": {}}"#, "end in its checksum"),
            (
                r#"{"schema": "deblais.saved-critic/1", "critic": {"metric": "euclidean",
                "function": {"cones": {"centres": [[1], [NaN]], "heights": [0]}}}}"#,
                "line 2",
            ),
        ] {
            let error = critic_from(&InputPath::Stdin, file.as_bytes())
                .map(|_| ())
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{file}: {error}");
        }
        let broken = |function: &str| {
            let text = format!(r#"{{"metric": "euclidean", "function": {function}}}"#);
            let saved: SavedCritic = serde_json::from_str(&text).unwrap();
            saved.restore(Euclidean).err().unwrap().to_string()
        };
        for function in [
            r#"{"cones": {"centres": [], "heights": []}}"#,
            r#"{"cones": {"centres": [[1, 2], [3]], "heights": [0, 0]}}"#,
            r#"{"cones": {"centres": [[1, 2]], "heights": [0, 0]}}"#,
            r#"{"lattice": {"groups": 2, "centres": [[1]], "heights": [0], "signs": [1]}}"#,
            r#"{"lattice": {"groups": 1, "centres": [[1]], "heights": [0], "signs": [0.5]}}"#,
            r#"{"network": {"kind": "lp", "origin": [0], "scale": 0, "layers": [[1, "identity"]],
                "parameters": [1, 0]}}"#,
            r#"{"network": {"kind": "lp", "origin": [0], "scale": 1, "layers": [[1, "identity"]],
                "parameters": [1]}}"#,
            r#"{"network": {"kind": "lp", "origin": [0], "scale": 1, "layers": [[2, "identity"]],
                "parameters": [1, 1, 0, 0]}}"#,
            r#"{"network": {"kind": "lp", "origin": [0], "scale": 1, "layers": [],
                "parameters": []}}"#,
        ] {
            let error = broken(function);
            assert!(error.contains("no critic") || error.contains("scale"), "{error}");
        }
    }
}
