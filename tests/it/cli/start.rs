//! `emd --start-potentials` and `--start-plan`.

use super::folder::{Folder, number, piles, stderr};

#[test]
fn a_start_is_reported_and_changes_nothing_but_the_pivots() {
    let rows = |shift: usize| -> String {
        let row = |k: usize| format!("{},{}\n", (k * k + shift) % 101, (7 * k * k) % 97);
        (0..120).map(row).collect::<Vec<_>>().concat()
    };
    let folder = Folder::with(&[("a.csv", &rows(0)), ("b.csv", &rows(31))]);
    let cold =
        folder.json("emd a.csv b.csv --json --method simplex --potentials f.npy --plan p.csv");
    for (args, role) in [
        ("--start-potentials f.npy", "start_potentials"),
        ("--start-plan p.csv", "start_plan"),
        ("--start-potentials f.npy --start-plan p.csv", "start_plan"),
        ("--start-potentials f.npy --method shortlist", "start_potentials"),
    ] {
        let warm = folder.json(&format!("emd a.csv b.csv --json {args}"));
        assert_eq!(number(&warm, "/transport_cost"), number(&cold, "/transport_cost"), "{args}");
        assert!(number(&warm, "/iterations") < number(&cold, "/iterations"), "{args}");
        let name = warm["settings"][role].as_str().unwrap();
        assert_eq!(warm["inputs"][role]["name"], name, "{args}");
    }
}

#[test]
fn a_start_that_does_not_fit_is_refused() {
    let folder = piles();
    folder.put("short.csv", b"1\n2\n");
    folder.put("plan.csv", b"i,j,mass\n9,0,1\n");
    for (args, code, says) in [
        ("--start-potentials short.csv", 1, "short.csv"),
        ("--start-plan plan.csv", 1, "plan.csv"),
        ("--start-potentials missing.csv", 1, "missing.csv"),
        ("--start-potentials short.csv --method lp", 2, "--start-potentials"),
        ("--start-plan plan.csv --method assignment", 2, "--start-plan"),
        ("--start-potentials short.csv --potentials short.csv", 2, "overwrite an input"),
    ] {
        let output = folder.run(&format!("emd a.csv b.csv --weights w {args}"));
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{args}: {text}");
        assert!(text.contains(says) && text.contains("hint:"), "{args}: {text}");
    }
}
