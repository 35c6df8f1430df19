//! Runs that end early, and claims that do not hold.

use std::process::{Command, Stdio};
#[cfg(unix)]
use std::time::Duration;

use serde_json::Value;

use super::folder::{Folder, number, stderr};

/// Points on a jittered lattice: a problem with plenty to do.
pub(crate) fn crowd(count: u32, seed: u32) -> String {
    let jitter = |k: u32| f64::from(k.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8);
    let line = |k| format!("{},{}\n", jitter(2 * k + 1), jitter(7 * k + 3));
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn a_time_limit_stops_with_the_best_plan_and_its_bracket() {
    let folder = Folder::with(&[("a.csv", &crowd(700, 1)), ("b.csv", &crowd(699, 1 << 30))]);
    let output = folder.run("emd a.csv b.csv --method simplex --time-limit 0 --json --plan p.csv");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["termination"], "time_limit");
    let (lower, upper) = (number(&json, "/certificate/lower"), number(&json, "/certificate/upper"));
    assert!(lower < upper && upper.is_finite(), "{lower} {upper}");
    assert!(stderr(&output).contains("stopped"));
    let exact = number(&folder.json("emd a.csv b.csv --json"), "/transport_cost");
    assert!(lower <= exact && exact <= upper, "{lower} <= {exact} <= {upper}");
    let judged = folder.json("certify a.csv b.csv --plan p.csv --json");
    assert_eq!(number(&judged, "/certificate/upper"), upper);
}

#[cfg(unix)]
#[test]
fn every_signal_that_ends_a_run_stops_it_with_the_best_plan_and_its_bracket() {
    let folder = Folder::with(&[("a.csv", &crowd(4000, 1)), ("b.csv", &crowd(3999, 1 << 30))]);
    for signal in ["-INT", "-TERM", "-HUP"] {
        let child = Command::new(env!("CARGO_BIN_EXE_deblais"))
            .args(["emd", "a.csv", "b.csv", "--method", "simplex", "--json"])
            .current_dir(folder.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(400));
        let kill = Command::new("kill").args([signal, &child.id().to_string()]).output().unwrap();
        let output = child.wait_with_output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).expect("a report in any case");
        // A fast machine may be done by then.
        if kill.status.success() && json["termination"] != "optimal" {
            assert_eq!(output.status.code(), Some(4), "{signal}: {}", stderr(&output));
            assert_eq!(json["termination"], "stopped", "{signal}");
            assert!(number(&json, "/certificate/lower") <= number(&json, "/certificate/upper"));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_nohup_ignores_does_not_stop_a_run() {
    let folder = Folder::with(&[("a.csv", &crowd(1500, 1)), ("b.csv", &crowd(1499, 1 << 30))]);
    let child = Command::new("nohup")
        .arg(env!("CARGO_BIN_EXE_deblais"))
        .args(["emd", "a.csv", "b.csv", "--method", "simplex", "--json"])
        .current_dir(folder.0.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    Command::new("kill").args(["-HUP", &child.id().to_string()]).output().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_claim_that_does_not_hold_is_exit_code_3() {
    // An interior point is never optimal to the last digit.
    let folder = Folder::with(&[("a.csv", &crowd(30, 1)), ("b.csv", &crowd(29, 1 << 30))]);
    let args = "emd a.csv b.csv --method lp --lp-backend clarabel --json";
    let json = folder.json(&format!("{args} --gap-tolerance 1e-6"));
    assert_eq!(json["settings"]["lp_backend"], "clarabel");
    assert!(number(&json, "/certificate/gap") > 0.0);
    let strict = folder.run(&format!("{args} --gap-tolerance 0"));
    assert_eq!(strict.status.code(), Some(3));
    assert!(stderr(&strict).contains("wider than"));
}

#[test]
fn a_reader_of_stderr_that_has_gone_away_is_no_failure() {
    let folder = Folder::with(&[("a.csv", "weight,x\n1,2\n2,1\n")]);
    for (args, code) in [("emd a.csv a.csv", 0), ("emd none.csv none.csv", 1)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = Command::new(env!("CARGO_BIN_EXE_deblais"))
            .args(args.split_whitespace())
            .current_dir(folder.0.path())
            .stdout(Stdio::null())
            .stderr(writer)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{args}");
    }
}
