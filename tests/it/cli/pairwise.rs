//! `deblais pairwise`: the matrix of many sets, stopped, killed and taken up again.

use std::fs;

use serde_json::Value;

use super::folder::{Folder, is_just_above, number, stderr, stdout};

/// So many sets of so many points in the plane, with masses.
fn sets(count: u32, points: u32) -> (Folder, String) {
    let folder = Folder::with(&[]);
    let draw = |k: u32| f64::from(k.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
    let mut list = vec!["# a list\n".to_owned()];
    for set in 0..count {
        let row = |k: u32| {
            let k = 3 * (set * points + k);
            format!("{},{},{}\n", draw(k + 1), draw(k + 2), draw(k + 3) + 0.01)
        };
        let text = "x,y,w\n".to_owned() + &(0..points).map(row).collect::<String>();
        folder.put(&format!("s{set}.csv"), text.as_bytes());
        list.push(format!("s{set}.csv\n"));
    }
    folder.put("list.txt", list.concat().as_bytes());
    (folder, "pairwise --manifest list.txt --weights w --normalize".to_owned())
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn every_entry_is_what_emd_says() {
    let (folder, command) = sets(4, 9);
    for flags in ["", "--cost sqeuclidean", "--p 1.5", "--cost cityblock", "--where w=nothing"] {
        if flags.starts_with("--where") {
            let output = folder.run(&format!("{command} {flags}"));
            assert_eq!(output.status.code(), Some(1));
            assert!(stderr(&output).contains("4 of 4 sets cannot be used"), "{}", stderr(&output));
            continue;
        }
        let output = folder.run(&format!("{command} {flags}"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains("all optimal"), "{}", stderr(&output));
        let table = rows(&stdout(&output));
        assert_eq!(table[0], ["", "s0.csv", "s1.csv", "s2.csv", "s3.csv"]);
        for i in 0..4 {
            assert_eq!(table[i + 1][0], format!("s{i}.csv"));
            assert_eq!(table[i + 1][i + 1], "0.0");
            for j in i + 1..4 {
                let emd = format!("emd s{i}.csv s{j}.csv --weights w --normalize --json {flags}");
                let known = number(&folder.json(&emd), "/transport_cost");
                let found: f64 = table[i + 1][j + 1].parse().unwrap();
                assert!((found - known).abs() <= 1e-14 * known, "{flags}: {found} is not {known}");
                assert_eq!(table[i + 1][j + 1], table[j + 1][i + 1]);
            }
        }
    }
}

#[test]
fn a_column_tells_the_sets_of_a_table_apart() {
    let text = "x,w,set\n0,1,b\n1,3,b\n2,2,a\n0,2,a\n5,4,7.0\n5,0,7\n";
    let folder = Folder::with(&[("t.csv", text), ("u.csv", "x,w,set\n1,4,a\n")]);
    let table = rows(&stdout(&folder.run("pairwise t.csv --by set --weights w")));
    assert_eq!(table[0], ["", "b", "a", "7.0"]);
    // From 1 at 0 and 3 at 1 to 2 at 0 and 2 at 2: one to the left, two to the right.
    let entry = |text: &str| text.parse::<f64>().unwrap();
    assert!(is_just_above(entry(&table[1][2]), 3.0));
    assert!(is_just_above(entry(&table[1][3]), 5.0 + 3.0 * 4.0));
    let several = rows(&stdout(&folder.run("pairwise t.csv u.csv --by set --weights w")));
    assert_eq!(several[0], ["", "t.csv:b", "t.csv:a", "t.csv:7.0", "u.csv:a"]);
    let one = folder.run("pairwise u.csv --by set --weights w");
    assert_eq!(one.status.code(), Some(1));
    assert!(stderr(&one).contains("at least two sets"), "{}", stderr(&one));
}

#[test]
fn json_has_every_documented_field() {
    let (folder, command) = sets(3, 5);
    let json = folder.json(&format!("{command} --cost sqeuclidean --root --json"));
    assert_eq!(json["schema"], "deblais.pairwise/2");
    for field in [
        "version",
        "dim",
        "cost",
        "p",
        "total_mass",
        "sets",
        "pairs",
        "done",
        "termination",
        "entries",
        "matrix",
        "worst",
        "unproved",
        "settings",
        "warnings",
        "timings",
    ] {
        assert!(json.get(field).is_some(), "{field}: {json}");
    }
    assert_eq!((json["entries"].as_str(), json["pairs"].as_u64()), (Some("distance"), Some(3)));
    assert_eq!(json["sets"][1]["name"], "s1.csv");
    assert_eq!(json["sets"][1]["points"], 5);
    let w2 = number(&json, "/matrix/0/1");
    let emd = "emd s0.csv s1.csv --weights w --normalize --cost sqeuclidean --json";
    assert!((w2 - number(&folder.json(emd), "/distance")).abs() < 1e-14);
    assert!(number(&json, "/worst/certificate/relative_gap") <= 1e-9);
}

#[test]
fn the_matrix_is_a_cost_matrix_and_an_array() {
    let (folder, command) = sets(3, 5);
    let output = folder.run(&format!("{command} --output m.csv"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("3 of 3"), "{}", stdout(&output));
    assert!(!folder.path("m.csv.journal").exists());
    folder.run(&format!("{command} --output m.npy"));
    let read = |name: &str| folder.json(&format!("emd --cost-matrix {name} --json"));
    let (csv, npy) = (read("m.csv"), read("m.npy"));
    assert_eq!(csv["transport_cost"], npy["transport_cost"]);
    assert_eq!((csv["n"].as_u64(), csv["m"].as_u64()), (Some(3), Some(3)));
}

#[test]
fn a_stopped_run_says_what_is_missing_and_goes_on() {
    let (folder, command) = sets(5, 5);
    let stopped = folder.run(&format!("{command} --output m.csv --time-limit 0 --json"));
    assert_eq!(stopped.status.code(), Some(4), "{}", stderr(&stopped));
    assert!(stderr(&stopped).contains("0 of 10 pairs"), "{}", stderr(&stopped));
    assert!(stderr(&stopped).contains("m.csv.journal"), "{}", stderr(&stopped));
    let json: Value = serde_json::from_slice(&stopped.stdout).unwrap();
    assert_eq!(
        (json["termination"].as_str(), json["matrix"][0][1].as_str()),
        (Some("time_limit"), Some("inf"))
    );
    assert!(folder.path("m.csv.journal").exists() && !folder.path("m.csv").exists());
    let whole = folder.run(&format!("{command} --output m.csv"));
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    assert!(!folder.path("m.csv.journal").exists());
    let printed = folder.run(&command);
    assert_eq!(fs::read(folder.path("m.csv")).unwrap(), printed.stdout);
}

#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_where_it_was_and_ends_with_the_same_bits() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let (folder, command) = sets(60, 60);
    let journal = folder.path("m.csv.journal");
    let output = format!("{command} --output m.csv");
    let mut child = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(output.split_whitespace())
        .current_dir(folder.0.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let pairs = |text: &str| text.lines().count().saturating_sub(1);
    while start.elapsed() < Duration::from_secs(20)
        && pairs(&fs::read_to_string(&journal).unwrap_or_default()) < 20
        && child.try_wait().unwrap().is_none()
    {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // A fast machine may be done by then.
    if let Ok(kept) = fs::read_to_string(&journal) {
        assert!(pairs(&kept) >= 20 && pairs(&kept) < 1770, "{} pairs", pairs(&kept));
        let other = folder.run(&format!("{output} --cost cityblock"));
        assert_eq!(other.status.code(), Some(1));
        assert!(stderr(&other).contains("cost=cityblock"), "{}", stderr(&other));
        folder.put("list2.txt", b"s0.csv\ns1.csv\n");
        let fewer = output.replace("list.txt", "list2.txt");
        let fewer = folder.run(&fewer);
        assert_eq!(fewer.status.code(), Some(1));
        assert!(stderr(&fewer).contains("the inputs are different"), "{}", stderr(&fewer));
        assert_eq!(fs::read_to_string(&journal).unwrap(), kept);

        // The kill may have torn a line.
        fs::write(&journal, format!("{kept}3 17 0.25 0.2")).unwrap();
        let resumed = folder.run(&format!("{output} --threads 1"));
        assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
        let before = format!("{} of them from the journal", pairs(&kept));
        assert!(stdout(&resumed).contains(&before), "{}", stdout(&resumed));
    }
    let straight = folder.run(&format!("{command} --threads 2"));
    assert_eq!(fs::read(folder.path("m.csv")).unwrap(), straight.stdout);
}

#[test]
fn merged_shards_are_the_matrix_of_one_run_to_the_bit() {
    let (folder, normalized) = sets(7, 5);
    for command in [
        normalized.clone(),
        format!("{normalized} --root --cost sqeuclidean"),
        normalized.replacen("--normalize", "--unbalanced 0.5,0.25", 1),
    ] {
        for k in [1, 3, 50] {
            for i in (1..=k).rev() {
                let shard = format!("{command} --output m.csv --shard {i}/{k}");
                if i == 2 {
                    let stopped = folder.run(&format!("{shard} --time-limit 0"));
                    assert_eq!(stopped.status.code(), Some(4), "{}", stderr(&stopped));
                }
                let output = folder.run(&shard);
                assert_eq!(output.status.code(), Some(0), "{shard}: {}", stderr(&output));
                assert!(!folder.path("m.csv").exists());
            }
            let merge = command.replacen("pairwise", "pairwise merge", 1);
            let merged = folder.run(&format!("{merge} --output m.csv"));
            assert_eq!(merged.status.code(), Some(0), "{merge}: {}", stderr(&merged));
            assert_eq!(fs::read(folder.path("m.csv")).unwrap(), folder.run(&command).stdout);
            assert!(!folder.path(&format!("m.csv.1-of-{k}.journal")).exists());
            fs::remove_file(folder.path("m.csv")).unwrap();
        }
    }
}

#[test]
fn missing_double_and_foreign_shards_are_refused() {
    let (folder, command) = sets(5, 5);
    let merge = format!("{} --output m.csv", command.replacen("pairwise", "pairwise merge", 1));
    let refused = |message: &str, hint: &str| {
        let output = folder.run(&merge);
        assert_eq!(output.status.code(), Some(1), "{message}");
        let text = stderr(&output);
        assert!(text.contains(message) && text.contains(hint), "{message}: {text}");
        assert!(!folder.path("m.csv").exists());
    };
    let journal = |number: u32| folder.path(&format!("m.csv.{number}-of-3.journal"));
    let shard = |number: u32| {
        let output = folder.run(&format!("{command} --output m.csv --shard {number}/3"));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    };
    refused("m.csv: no shard lies beside it", "--shard 1/K, …, K/K");
    shard(1);
    shard(3);
    refused("m.csv.2-of-3.journal: this shard is missing", "--shard 2/3");
    fs::copy(journal(1), journal(2)).unwrap();
    refused(
        "m.csv.2-of-3.journal: the pair s0.csv and s1.csv is not of this shard",
        "delete the file",
    );
    fs::remove_file(journal(2)).unwrap();
    folder.run(&format!("{command} --output m.csv --shard 2/3 --time-limit 0"));
    refused("m.csv.2-of-3.journal: 0 of 3 pairs are done", "it goes on from there");
    shard(2);
    let text = fs::read_to_string(journal(2)).unwrap();
    fs::write(journal(2), format!("{text}{}\n", text.lines().last().unwrap())).unwrap();
    refused("is there twice", "delete the file");
    fs::write(journal(2), &text).unwrap();
    let foreign = text.replacen("cost=euclidean", "cost=cityblock", 1);
    fs::write(journal(2), foreign).unwrap();
    refused("line 1: damaged", "");
    fs::write(journal(2), &text).unwrap();
    fs::write(folder.path("m.csv.1-of-2.journal"), "").unwrap();
    refused("shards of 2 and of 3 lie beside it", "delete the journals of one division");
    fs::remove_file(folder.path("m.csv.1-of-2.journal")).unwrap();
    let other = folder.run(&format!("{merge} --cost cityblock"));
    assert!(stderr(&other).contains("journal of another run"), "{}", stderr(&other));
    let merged = folder.run(&merge);
    assert_eq!(merged.status.code(), Some(0), "{}", stderr(&merged));
    for (flags, message) in [
        ("--shard 4/3 --output n.csv", "a shard is I/K"),
        ("--shard 0/3 --output n.csv", "a shard is I/K"),
        ("--shard 1/3", "--output"),
    ] {
        let output = folder.run(&format!("{command} {flags}"));
        assert_eq!(output.status.code(), Some(2), "{flags}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn unequal_masses_cost_what_emd_says_to_the_bit() {
    let (folder, _) = sets(4, 9);
    for flags in [
        "--weights w --fraction 0.4",
        "--weights w --mass 1.25 --cost cityblock",
        "--weights w --unbalanced 0.3",
        "--weights w --unbalanced 0.1,0.4 --p 2",
        "--columns x,y --unit-mass --unbalanced 0.2",
        "--columns x,y --fraction 0.7 --cost cosine",
    ] {
        let printed = folder.run(&format!("pairwise --manifest list.txt {flags}"));
        assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
        assert!(stderr(&printed).contains("all optimal"), "{}", stderr(&printed));
        let one = folder.run(&format!("pairwise --manifest list.txt --threads 1 {flags}"));
        assert_eq!(printed.stdout, one.stdout, "{flags}");
        let table = rows(&stdout(&printed));
        let is_symmetric = !flags.contains("0.1,0.4");
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            let found: f64 = table[i + 1][j + 1].parse().unwrap();
            if i == j {
                assert_eq!(found, 0.0);
            } else if i > j && is_symmetric {
                assert_eq!(table[i + 1][j + 1], table[j + 1][i + 1]);
            } else {
                let emd = folder.json(&format!("emd s{i}.csv s{j}.csv --json {flags}"));
                assert_eq!(found.to_bits(), number(&emd, "/objective").to_bits(), "{flags}");
            }
        }
    }
}

#[test]
fn a_stopped_run_between_unequal_masses_goes_on() {
    let (folder, _) = sets(4, 9);
    let command = "pairwise --manifest list.txt --weights w --unbalanced 0.1,0.4 --output m.csv";
    let stopped = folder.run(&format!("{command} --time-limit 0 --json"));
    assert_eq!(stopped.status.code(), Some(4), "{}", stderr(&stopped));
    let json: Value = serde_json::from_slice(&stopped.stdout).unwrap();
    assert_eq!((json["pairs"].as_u64(), json["entries"].as_str()), (Some(12), Some("objective")));
    assert_eq!(json["matrix"][1][0].as_str(), Some("inf"));
    assert!(json.get("total_mass").is_none());
    let other = folder.run(&command.replace("0.1,0.4", "0.4,0.1"));
    assert_eq!(other.status.code(), Some(1));
    assert!(stderr(&other).contains("penalties 0.1 and 0.4"), "{}", stderr(&other));
    let whole = folder.run(command);
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    let text = stdout(&whole);
    assert!(text.contains("what pays, penalties 0.1 and 0.4"), "{text}");
    // A set and the same set twice as heavy: what appears is paid for.
    folder.put("one.csv", b"x,w\n0,1\n1,1\n");
    folder.put("two.csv", b"x,w\n0,2\n1,2\n");
    let json = folder.json("pairwise one.csv two.csv --weights w --unbalanced 3,0.5 --json");
    assert!(is_just_above(number(&json, "/matrix/0/1"), 1.0));
    assert!(is_just_above(number(&json, "/matrix/1/0"), 6.0));
    assert_eq!(json["settings"]["unbalanced"], serde_json::json!([3.0, 0.5]));
}

#[test]
fn counts_given_as_points_get_a_warning() {
    // What value_counts().to_csv() writes.
    let folder = Folder::with(&[
        ("p.csv", "x,count\n1,5\n3,3\n2,2\n"),
        ("o.csv", "x,count\n1,2\n3,4\n2,2\n"),
        ("q.csv", ",count\na,2\nb,5\nc,3\n"),
        ("r.csv", ",count\na,3\nb,2\nc,5\n"),
    ]);
    let json = folder.json("pairwise q.csv r.csv --json");
    let words = "q.csv and r.csv could be counts (3 whole numbers each)";
    assert!(json["warnings"][0].as_str().unwrap().starts_with(words), "{json}");
    let json = folder.json("pairwise p.csv o.csv --weights count --json --normalize");
    assert!(json.get("warnings").is_none_or(|list| list == &serde_json::json!([])), "{json}");
}
