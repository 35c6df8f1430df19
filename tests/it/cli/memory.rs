//! `--memory-limit`: refused before anything is taken, or solved in another way.

use super::folder::{Folder, stderr, stdout};
use super::stopping::crowd;

fn folder() -> Folder {
    Folder::with(&[("a.csv", &crowd(700, 1)), ("b.csv", &crowd(699, 1 << 30))])
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    let output = folder().run("emd a.csv b.csv --method simplex --memory-limit 1MB");
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(stdout(&output), "");
    for words in ["--memory-limit 1MB", "simplex", "700 × 699 costs", "--method shortlist"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let output = folder().run("emd a.csv b.csv --method shortlist --memory-limit 1MB");
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("a limit of") && !text.contains("use --method"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn auto_does_without_a_table_where_that_fits() {
    use crate::cli::folder::number;

    // The remedy says how much is enough without a table; with a table it takes 2 MiB more.
    let refused = folder().run("emd a.csv b.csv --method simplex --memory-limit 1MB");
    let text = stderr(&refused);
    let enough = text.split("a limit of ").nth(1).unwrap().split(" MiB").next().unwrap();
    let limit = enough.parse::<f64>().unwrap() + 1.0;
    let output = folder().run(&format!("emd a.csv b.csv --json --memory-limit {limit}MiB"));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("would not fit into the limit"), "{text}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["method"], "shortlist");
    let free = folder().json("emd a.csv b.csv --json");
    assert_ne!(free["method"], "shortlist");
    let (found, known) = (number(&json, "/transport_cost"), number(&free, "/transport_cost"));
    assert!((found - known).abs() <= 1e-14 * known, "{found} is not {known}");
}
