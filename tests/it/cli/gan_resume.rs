//! `deblais gan train --resume`: options, files, damage.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::process::{Command, Stdio};
#[cfg(unix)]
use std::thread::sleep;
#[cfg(unix)]
use std::time::Duration;

use super::folder::{Folder, stderr};
use super::gan::{QUICK, parabola};

/// All files in a folder of a run, by name.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), PathBuf::from(entry.file_name()));
        if path.is_dir() {
            let inner = files(&path).into_iter();
            found.extend(inner.map(|(inner, bytes)| (name.join(inner), bytes)));
        } else {
            found.insert(name, fs::read(path).unwrap());
        }
    }
    found
}

/// Starts a run, ends it by a signal as soon as it has a checkpoint, and waits for it.
#[cfg(unix)]
fn interrupt(folder: &Folder, args: &str, run: &str, signal: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(args.split_whitespace().chain([run]))
        .current_dir(folder.0.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = folder.path(run).join("checkpoint.json");
    while !checkpoint.exists() && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    Command::new("kill").args([signal, &id]).output().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn a_resumed_run_keeps_its_options_and_leaves_the_files_of_an_uninterrupted_one() {
    let folder = Folder::with(&[("points.csv", &parabola())]);
    let sizes = "--set critic.width=16 --set generator.width=16 --set batch=64";
    for (k, (evaluations, signal, data)) in [
        (1, "-KILL", "--data points.csv --columns x,y --held-out 9"),
        (3, "-TERM", "--data points.csv --columns x,y --where z=3 --held-out 7"),
        (7, "-HUP", "--data ring8 --snapshot 30"),
        (60, "-KILL", "--data ring8"),
        (1000, "-TERM", "--data points.csv --columns x,y"),
    ]
    .into_iter()
    .enumerate()
    {
        let (whole, cut) = (format!("whole{k}"), format!("cut{k}"));
        let train = format!(
            "gan train --recipe wgan-lp {data} --quiet --steps 60 --threads 1 --evaluations \
             {evaluations} {sizes} --out"
        );
        assert_eq!(folder.run(&format!("{train} {whole}")).status.code(), Some(0), "{data}");
        interrupt(&folder, &train, &cut, signal);
        let resumed = folder.run(&format!("gan train --resume --quiet --out {cut}"));
        assert_eq!(resumed.status.code(), Some(0), "{data}: {}", stderr(&resumed));
        let (whole, cut) = (files(&folder.path(&whole)), files(&folder.path(&cut)));
        assert!(whole.keys().eq(cut.keys()), "{data}: {:?} {:?}", whole.keys(), cut.keys());
        for (name, bytes) in &whole {
            assert!(*bytes == cut[name], "{data}: {}", name.display());
        }
    }
}

#[test]
fn other_options_than_a_run_was_begun_with_are_refused() {
    let folder = Folder::with(&[("points.csv", &parabola())]);
    let train = "gan train --data points.csv --columns x,y --held-out 7 --quiet --steps 2";
    assert_eq!(folder.run(&format!("{train} --out run {QUICK}")).status.code(), Some(0));
    for (flag, words) in [
        ("--evaluations 5", "--evaluations 5: the run was begun with --evaluations 4"),
        ("--snapshot 5", "--snapshot 5: the run was begun without --snapshot"),
        ("--columns x", "--columns x: the run was begun with --columns x,y"),
        ("--where z=3", "begun without --where"),
        ("--held-out 8", "begun with --held-out 7"),
    ] {
        let before = files(&folder.path("run"));
        let output = folder.run(&format!("gan train --resume --out run {flag}"));
        assert_eq!(output.status.code(), Some(2), "{flag}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{flag}: {}", stderr(&output));
        assert!(before == files(&folder.path("run")), "{flag}");
    }
    let same = "gan train --resume --out run --quiet --evaluations 4 --columns x,y --held-out 7";
    assert_eq!(folder.run(same).status.code(), Some(0));
}

#[test]
fn a_damaged_checkpoint_is_refused_by_name() {
    let folder = Folder::with(&[]);
    let small = "--set critic.width=2 --set generator.width=2 --set batch=8 --evaluations 1";
    let train = format!("gan train --data ring8 --quiet --steps 2 --out run {small}");
    assert_eq!(folder.run(&train).status.code(), Some(0));
    let path = folder.path("run").join("checkpoint.json");
    let whole = fs::read(&path).unwrap();
    let last = whole.len() - 1;
    for place in (0..24).map(|k| k * last / 23) {
        let mut bytes = whole.clone();
        // A digit stays a digit: damage that JSON does not show.
        bytes[place] = if bytes[place] == b'3' { b'4' } else { b'3' };
        fs::write(&path, &bytes).unwrap();
        let output = folder.run("gan sample run --n 1");
        assert_eq!(output.status.code(), Some(1), "{place}: {}", stderr(&output));
        assert!(stderr(&output).contains("checkpoint.json: "), "{place}: {}", stderr(&output));
        assert!(stderr(&output).contains("hint: "), "{place}");
    }
    let old = String::from_utf8(whole).unwrap();
    let old = old.replace("gan-checkpoint/2", "gan-checkpoint/1");
    let old = format!("{}}}\n", old.split(",\"sha256\"").next().unwrap());
    fs::write(&path, old).unwrap();
    let output = folder.run("gan train --resume --out run");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("has no checksum"), "{}", stderr(&output));
}
