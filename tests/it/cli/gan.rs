//! `deblais gan`.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::folder::{Folder, number, stderr, stdout};

/// Settings that are quick.
pub(crate) const QUICK: &str =
    "--set critic.width=16 --set generator.width=16 --set batch=64 --evaluations 4";

fn folder() -> Folder {
    Folder::with(&[])
}

/// 60 points on a parabola, a constant beside them.
pub(crate) fn parabola() -> String {
    let rows = (0..60).map(|i| format!("{i},{},3\n", i * i));
    format!("x,y,z\n{}", rows.collect::<String>())
}

/// `gan train` with these flags ends with this code and says so, with a remedy, and leaves nothing.
fn refuses(folder: &Folder, args: &str, code: i32, words: &str) {
    let output = folder.run(&format!("gan train {args} --out run --quiet --steps 2"));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{args}: {text}");
    assert!(text.contains(words), "{args}: {text}");
    assert!(text.contains("hint: "), "{args}: {text}");
    assert!(!folder.path("run").exists(), "{args}: nothing is left behind");
}

#[test]
fn a_run_leaves_everything_in_its_folder() {
    let folder = folder();
    let json = folder.json(&format!(
        "gan train --recipe wgan-maxmin --data ring8 --out run --steps 20 --json {QUICK}"
    ));
    assert_eq!(json["schema"], "deblais.gan/2");
    assert_eq!((&json["recipe"], &json["data"]), (&"wgan-maxmin".into(), &"ring8".into()));
    assert_eq!((json["steps"].as_u64(), json["modes_of"].as_u64()), (Some(20), Some(8)));
    let emd = number(&json, "/exact_emd/value");
    assert!((number(&json, "/ratio") - emd / number(&json, "/noise_floor")).abs() < 1e-12);
    assert!(number(&json, "/exact_emd/certificate/relative_gap") < 1e-9);
    assert_eq!(json["settings"]["critic"]["width"], 16);
    assert!(number(&json, "/timings/cpu") > 0.0);
    for picture in ["samples.png", "curves.png"] {
        assert!(fs::metadata(folder.path("run").join(picture)).unwrap().len() > 1000);
    }
    let saved = fs::read(folder.path("run").join("summary.json")).unwrap();
    let saved: Value = serde_json::from_slice(&saved).unwrap();
    assert_eq!(saved["exact_emd"], json["exact_emd"]);
    let metrics = fs::read_to_string(folder.path("run").join("metrics.jsonl")).unwrap();
    let lines: Vec<Value> = metrics.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let steps: Vec<_> = lines.iter().map(|line| line["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [0, 5, 10, 15, 20]);
    assert_eq!(number(&lines[4], "/emd"), emd);

    let samples = fs::read_to_string(folder.path("run").join("samples.csv")).unwrap();
    assert_eq!(samples.lines().count(), 1000);
    let drawn = stdout(&folder.run("gan sample run --n 5 --seed 3"));
    assert_eq!(drawn.lines().count(), 5);
    assert_eq!(drawn, stdout(&folder.run("gan sample run --n 5 --seed 3")));
    let again = folder.json("gan evaluate run --json");
    assert_eq!(again["exact_emd"], json["exact_emd"]);
    assert_eq!(again["modes"], json["modes"]);
}

/// So many images of 8 × 8 pixels in an idx3 file: a gradient, brighter from image to image.
fn idx(count: u32) -> Vec<u8> {
    let sizes = [count, 8, 8].into_iter().flat_map(u32::to_be_bytes);
    let pixels = (0..count).flat_map(|k| (0..64).map(move |pixel| pixel * 3 + k));
    let pixels = pixels.map(|level| u8::try_from(level).unwrap());
    [0, 0, 8, 3].into_iter().chain(sizes).chain(pixels).collect()
}

#[test]
fn images_are_learnt_by_convolutions_and_drawn() {
    let folder = folder();
    folder.put("images-idx3-ubyte", &idx(40));
    let small = "--set critic.channels=[4,6] --set generator.channels=[4,6] --evaluations 2";
    let json = folder.json(&format!(
        "gan train --recipe wgan-gp-conv --data idx:images-idx3-ubyte --held-out 12 --out run \
         --steps 4 --json {small}"
    ));
    assert_eq!(json["data"], "idx:images-idx3-ubyte");
    assert_eq!(json["points"].as_u64(), Some(12), "as many as are held out");
    assert!(fs::metadata(folder.path("run").join("samples.png")).unwrap().len() > 1000);
    let drawn = stdout(&folder.run("gan sample run --n 3"));
    assert!(drawn.lines().all(|line| line.split(',').count() == 64));
    let again = folder.json("gan evaluate run --held-out 12 --json");
    assert_eq!(again["exact_emd"], json["exact_emd"]);
    let digits = folder.json(&format!(
        "gan train --recipe wgan-gp-conv --data digits --out digits --steps 2 --json {small}"
    ));
    assert_eq!(digits["settings"]["critic"]["channels"][1], 6);
}

#[test]
fn files_that_hold_no_images_are_named_with_a_remedy() {
    let folder = folder();
    folder.put("good", &idx(40));
    folder.put("short", &idx(40)[..1000]);
    folder.put("none", &idx(0));
    folder.put("empty", &[]);
    folder.put("table", b"x,y\n1,2\n");
    folder.put("huge", &[&[0, 0, 8, 3][..], &[255; 12]].concat());
    folder.put("labels", &[0, 0, 8, 1, 0, 0, 0, 1, 7]);
    folder.put("broken.gz", b"\x1f\x8b\x08 and so on");
    let conv = "--recipe wgan-gp-conv --data";
    for (args, code, words) in [
        (&*format!("{conv} idx:short"), 1, "short: truncated"),
        (&format!("{conv} idx:none"), 1, "none: 0 images"),
        (&format!("{conv} idx:empty"), 1, "empty: there is nothing in it"),
        (&format!("{conv} idx:table"), 1, "table: no idx3 file"),
        (&format!("{conv} idx:huge"), 1, "huge: 4294967295 images"),
        (&format!("{conv} idx:labels"), 1, "labels: an idx1 file of labels"),
        (&format!("{conv} idx:broken.gz"), 1, "broken.gz: damaged"),
        (&format!("{conv} idx:nowhere"), 1, "nowhere: there is no such file"),
        (&format!("{conv} idx:good --columns 1"), 2, "has images"),
        (&format!("{conv} ring8"), 1, "not images"),
        (&format!("{conv} idx:good --set critic.channels=[4,4,4,4]"), 1, "halved 3 times"),
    ] {
        refuses(&folder, args, code, words);
    }
}

#[test]
fn the_documentation_names_every_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let folder = Folder::with(&[("points.csv", &parabola())]);
    let mine = folder.json(&format!(
        "gan train --recipe ebgan --data points.csv --out mine --steps 3 --set pretraining=2 --json {QUICK}"
    ));
    let ring = folder.json(&format!("gan train --data ring8 --out ring --steps 3 --json {QUICK}"));
    let both = folder.json(&format!(
        "gan compare --recipes gan,lsgan --data ring8 --seeds 2 --steps 4 --out both --json {QUICK}"
    ));
    let tables = [&mine, &ring, &both, &both["rows"][0]];
    for name in tables.iter().flat_map(|table| table.as_object().unwrap().keys()) {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
    assert!(mine.get("modes").is_none() && mine.get("nearest_generated").is_some());
    assert!(!both.to_string().contains("null"));
}

#[test]
fn a_run_that_is_killed_goes_on_to_the_bit_with_any_number_of_threads() {
    let folder = folder();
    let train = "gan train --recipe wgan-spectral --data moons --quiet --steps 300 --threads 1 \
                 --evaluations 10 --set critic.width=16 --set generator.width=16 --set batch=64 \
                 --out";
    assert_eq!(folder.run(&format!("{train} whole")).status.code(), Some(0));
    let mut child = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(format!("{train} killed").split_whitespace())
        .current_dir(folder.0.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = folder.path("killed").join("checkpoint.json");
    while !checkpoint.exists() && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = folder.run("gan train --resume --out killed --evaluations 10 --threads 2");
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    for file in ["checkpoint.json", "metrics.jsonl", "samples.csv"] {
        let read = |run: &str| fs::read(folder.path(run).join(file)).unwrap();
        assert!(read("whole") == read("killed"), "{file}");
    }
}

/// Delays and pixels of the frames of a GIF.
fn frames(gif: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(gif).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        frames.push((frame.delay, frame.buffer.to_vec()));
    }
    frames
}

#[test]
fn a_film_has_a_frame_a_snapshot_and_does_not_show_an_interruption() {
    let folder = folder();
    let many = folder.run("gan train --data ring8 --steps 3000 --snapshot 1 --out many");
    assert_eq!(many.status.code(), Some(2), "{}", stderr(&many));
    assert!(stderr(&many).contains("1000 are the most"), "{}", stderr(&many));
    let sizes = "--set critic.width=16 --set generator.width=16 --set batch=64";
    let train = format!(
        "gan train --recipe wgan-lp --data ring8 --quiet --steps 50 --evaluations 2 --snapshot 20 \
         {sizes} --out"
    );
    assert_eq!(folder.run(&format!("{train} whole")).status.code(), Some(0));
    let names = |run: &str| {
        let files = fs::read_dir(folder.path(run).join("snapshots")).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let steps =
        ["step-00000000.png", "step-00000020.png", "step-00000040.png", "step-00000050.png"];
    assert_eq!(names("whole"), steps);
    let read = |run: &str, file: &str| fs::read(folder.path(run).join(file)).unwrap();
    let film = frames(&read("whole", "training.gif"));
    assert_eq!(film.len(), 4);
    assert!(film.windows(2).all(|pair| pair[0].1 != pair[1].1), "something moves");

    // A kill after the first checkpoint: what the film had beyond it is drawn again.
    let killed = folder.path("killed");
    fs::create_dir_all(killed.join("snapshots")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(format!("{train} killed").split_whitespace())
        .current_dir(folder.0.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !killed.join("checkpoint.json").exists() && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed =
        folder.run("gan train --resume --out killed --evaluations 2 --snapshot 20 --threads 1");
    assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
    assert_eq!(names("killed"), steps);
    for file in steps {
        let file = format!("snapshots/{file}");
        assert!(read("whole", &file) == read("killed", &file), "{file}");
    }
    assert!(read("whole", "training.gif") == read("killed", "training.gif"));
    let flat = Folder::with(&[("points.csv", &parabola())]);
    let refused = flat.run("gan train --data points.csv --out run --quiet --snapshot 5 --steps 2");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("cannot be looked at"), "{}", stderr(&refused));
    assert!(!flat.path("run").exists());
}

#[test]
fn digits_are_filmed_as_images() {
    let folder = folder();
    let output = folder
        .run(&format!("gan train --data digits --out run --quiet --steps 3 --snapshot 2 {QUICK}"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let film = frames(&fs::read(folder.path("run").join("training.gif")).unwrap());
    assert_eq!(film.len(), 3);
}

#[test]
fn the_share_of_clipped_weights_is_recorded_and_drawn() {
    let folder = folder();
    for (recipe, clipped) in [("wgan-clip", true), ("wgan-gp", false)] {
        let run = format!("gan train --recipe {recipe} --data ring8 --out {recipe} --steps 4");
        assert_eq!(folder.run(&format!("{run} --quiet {QUICK}")).status.code(), Some(0));
        let path = folder.path(recipe);
        let metrics = fs::read_to_string(path.join("metrics.jsonl")).unwrap();
        let last: Value = serde_json::from_str(metrics.lines().last().unwrap()).unwrap();
        let share = last["at_bounds"].as_f64();
        assert_eq!(share.is_some_and(|share| (0.0..=1.0).contains(&share)), clipped, "{last}");
        assert!(path.join("weights.png").exists());
    }
}

#[test]
fn gradients_of_a_generator_that_stands_still_are_told_in_rows() {
    let folder = folder();
    let json = folder.json(
        "gan gradients --data ring8 --away 6 --steps 40 --seeds 2 --batches 2 --set critic.width=16 \
         --set critic.rate=1e-2 --out study --json --quiet",
    );
    assert_eq!(json["schema"], "deblais.gan-gradients/1");
    // The points are moved by 6, and the data are within 2 of their center.
    assert!((4.0..8.0).contains(&number(&json, "/exact_emd")));
    let rows = json["rows"].as_array().unwrap();
    let steps = |loss: &str| {
        let rows = rows.iter().filter(|row| row["loss"] == loss);
        rows.map(|row| row["steps"].as_u64()).collect::<Vec<_>>()
    };
    assert_eq!(steps("exact"), [None]);
    let places = [1, 3, 10, 30, 40].map(Some);
    for loss in ["minimax", "non_saturating", "least_squares", "wasserstein"] {
        assert_eq!(steps(loss), places);
    }
    let norms = |loss: &str| -> Vec<f64> {
        let rows = rows.iter().filter(|row| row["loss"] == loss);
        rows.map(|row| row["norm"].as_f64().unwrap()).collect()
    };
    assert!(norms("minimax")[4] < 0.1 * norms("minimax")[0], "{:?}", norms("minimax"));
    assert!(norms("non_saturating")[4] > norms("minimax")[4]);
    for file in ["gradients.json", "gradients.png"] {
        assert!(folder.path("study").join(file).exists());
    }
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let keys = [&json, &rows[1]].into_iter().flat_map(|table| table.as_object().unwrap().keys());
    for name in keys {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
    }
    let again = "gan gradients --data ring8 --away inf --out study";
    assert_eq!(folder.run(again).status.code(), Some(2));
}

#[test]
fn no_run_is_overwritten() {
    let folder = folder();
    let train = format!("gan train --data moons --quiet --steps 2 --out run {QUICK}");
    assert_eq!(folder.run(&train).status.code(), Some(0));
    let again = folder.run(&train);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--resume"), "{}", stderr(&again));
    let none = folder.run("gan train --resume --out nowhere");
    assert!(stderr(&none).contains("no such file"), "{}", stderr(&none));
}

#[test]
fn comparisons_have_a_row_a_recipe() {
    let folder = folder();
    let output = folder.run(&format!(
        "gan compare --recipes gan,wgan-lp --data grid25 --seeds 1 --steps 4 --out both {QUICK}"
    ));
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(text.lines().next().unwrap().contains("EMD ÷ floor"), "{text}");
    assert!(text.contains("wgan-lp"), "{text}");
    for file in ["comparison.json", "comparison.png", "losses.png", "samples.png"] {
        assert!(folder.path("both").join(file).exists(), "{file}");
    }
}

#[test]
fn recipes_are_listed_and_printed_and_can_be_changed() {
    let folder = folder();
    let list = stdout(&folder.run("gan recipes"));
    for name in ["gan-minimax", "wgan-clip-paper", "ebgan-pt"] {
        assert!(list.contains(name), "{list}");
    }
    let one = stdout(&folder.run("gan recipes wgan-gp --set critic.width=48"));
    assert!(one.contains("width = 48"), "{one}");
    fs::write(folder.path("mine.toml"), one).unwrap();
    let same = stdout(&folder.run("gan recipes mine.toml"));
    assert!(same.contains("width = 48"), "{same}");
}

#[test]
fn what_is_wrong_is_named_with_a_remedy() {
    let files = [
        ("one.csv", "x,y\n1,2\n"),
        ("same.csv", "1,2\n1,2\n1,2\n1,2\n1,2\n1,2\n"),
        ("nan.csv", "x,y\n1,2\n2,nan\n3,1\n4,5\n7,7\n"),
        ("mine.toml", "objektive = \"minimax\"\n"),
    ];
    let folder = Folder::with(&files);
    for (args, code, words) in [
        ("--recipe wgan --data ring8", 1, "there is no recipe called wgan"),
        ("--recipe gan --data ring9", 1, "no data of that name"),
        ("--recipe gan", 2, "--data is missing"),
        ("--recipe gan --data ring8 --set critic.widht=3", 1, "widht"),
        ("--recipe gan --data ring8 --set critic.rate=-1", 1, "critic.rate is -1"),
        ("--recipe gan --data ring8 --set critic.width", 1, "no change of a recipe"),
        ("--recipe gan --data ring8 --set pull_away=1", 1, "pull_away"),
        ("--recipe wgan-maxmin --data ring8 --set critic.rate=1", 1, "too high"),
        ("--recipe wgan-maxmin --data ring8 --set critic.width=63", 1, "groups"),
        ("--recipe mine.toml --data ring8", 1, "objektive"),
        ("--recipe gan --data ring8 --columns x", 2, "is a law"),
        ("--recipe gan --data one.csv", 1, "rows"),
        ("--recipe gan --data same.csv", 1, "the same point"),
        ("--recipe gan --data nan.csv", 1, "nan"),
    ] {
        refuses(&folder, args, code, words);
    }
}

#[test]
fn divergence_is_told_with_the_step_and_a_remedy() {
    let output = folder().run(&format!(
        "gan train --recipe gan --data moons --out run --steps 50 --set critic.rate=1e30 --quiet {QUICK}"
    ));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("at step") && text.contains("rate="), "{text}");
}
