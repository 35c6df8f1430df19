//! `deblais critic` through the binary.

use std::fs;

use super::folder::{Folder, number, stderr, stdout, translation};
use super::stopping::crowd;

fn crowds() -> Folder {
    Folder::with(&[("a.csv", &crowd(60, 1)), ("b.csv", &crowd(50, 1 << 30))])
}

#[test]
fn json_has_every_documented_field_and_the_figures_agree() {
    let json = crowds().json("critic a.csv b.csv --json --steps 2000");
    assert_eq!(json["schema"], "deblais.critic/2");
    assert_eq!((json["kind"].as_str(), json["steps"].as_u64()), (Some("cones"), Some(2000)));
    assert_eq!(json["termination"], "all_steps");
    let exact = number(&json, "/exact/value");
    assert_eq!(exact, number(&json, "/exact/certificate/upper"));
    let estimate = number(&json, "/estimate");
    assert!((estimate / exact - 1.0).abs() < 1e-4, "{estimate} {exact}");
    assert_eq!(number(&json, "/relative_error"), (estimate - exact) / exact);
    assert_eq!(number(&json, "/lipschitz_bound"), 1.0);
    assert!((number(&json, "/lipschitz_pairs") - 1.0).abs() < 1e-12);
    for bound in ["certified_lower", "polished_lower"] {
        assert!(number(&json, &format!("/{bound}")) <= exact * (1.0 + 1e-12));
    }
    for side in ["source", "target", "between"] {
        for percentile in ["p5", "median", "p95", "max"] {
            number(&json, &format!("/{side}_slopes/{percentile}"));
        }
    }
    for stage in ["read", "train", "judge", "exact"] {
        number(&json, &format!("/timings/{stage}"));
    }
    let alone = crowds().json("critic a.csv b.csv --json --steps 10 --no-exact");
    assert!(alone.get("exact").is_none() && alone.get("relative_error").is_none());
}

#[test]
fn text_puts_the_exact_value_beside_the_estimate() {
    let output = translation().run("critic a.csv b.csv");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for words in
        ["critic's estimate       5\n", "  exact                 5,", "at most 1, by construction"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn the_history_ends_with_the_last_step() {
    let folder = crowds();
    let output = folder.run("critic a.csv b.csv --steps 100 --history h.csv");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = fs::read_to_string(folder.path("h.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "step,estimate,penalty,lipschitz_bound,steepest");
    assert!(lines[1].starts_with("0,") && lines[lines.len() - 1].starts_with("100,"), "{text}");
}

#[test]
fn a_limit_ends_with_exit_code_4_and_a_true_bound() {
    let folder = crowds();
    let output = folder.run("critic a.csv b.csv --steps 100000000 --time-limit 50ms --json");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["termination"], "time_limit");
    assert!(number(&json, "/certified_lower") <= number(&json, "/exact/value") * (1.0 + 1e-9));
}

#[test]
fn what_is_no_distance_is_refused_with_a_remedy() {
    let folder = crowds();
    for (flags, words) in [
        ("--cost sqeuclidean", "power 2"),
        ("--p 1.5", "power 1.5"),
        ("--cost cosine", "triangle"),
        ("--rate -1", "the rate is -1"),
        ("--rate nan", "the rate is NaN"),
    ] {
        let output = folder.run(&format!("critic a.csv b.csv {flags}"));
        assert!(matches!(output.status.code(), Some(1 | 2)), "{flags}");
        let text = stderr(&output);
        assert!(text.contains(words) && text.contains("hint:"), "{flags}: {text}");
        assert_eq!(stdout(&output), "");
    }
    let output = folder.run("critic --cost-matrix a.csv");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("function of points"), "{}", stderr(&output));
    let output = folder.run("critic a.csv b.csv --history a.csv");
    assert!(stderr(&output).contains("overwrite an input"), "{}", stderr(&output));
}

/// The JSON without what depends on the clock.
fn timeless(mut json: serde_json::Value) -> serde_json::Value {
    json.as_object_mut().unwrap().remove("timings");
    json
}

#[test]
fn every_kind_is_trained_and_judged_and_proves_nothing_false() {
    let folder = crowds();
    for kind in ["cones", "lattice", "clip", "gp", "lp", "spectral", "maxmin", "groupsort"] {
        let small = if ["cones", "lattice"].contains(&kind) { "" } else { "--width 16 --depth 2" };
        let json =
            folder.json(&format!("critic a.csv b.csv --json --kind {kind} --steps 60 {small}"));
        assert_eq!(json["kind"], kind);
        let exact = number(&json, "/exact/value");
        for bound in ["certified_lower", "polished_lower"] {
            let bound = number(&json, &format!("/{bound}"));
            assert!((0.0..=exact * (1.0 + 1e-9)).contains(&bound), "{kind}: {bound} {exact}");
        }
        let (bound, pairs) = (number(&json, "/lipschitz_bound"), number(&json, "/lipschitz_pairs"));
        assert!(pairs <= bound * (1.0 + 1e-12), "{kind}: {pairs} {bound}");
    }
}

#[test]
fn the_answer_is_the_same_to_the_bit_for_any_number_of_threads() {
    let folder = crowds();
    for kind in ["cones", "lattice", "lp --width 64", "maxmin --width 64"] {
        let run = |threads: u8| {
            let command =
                format!("critic a.csv b.csv --kind {kind} --steps 40 --threads {threads} --json");
            timeless(folder.json(&command))
        };
        assert_eq!(run(1), run(2), "{kind}");
    }
}

#[test]
fn a_saved_critic_is_judged_as_it_was() {
    let folder = crowds();
    for kind in ["cones", "lattice", "maxmin --width 16"] {
        let trained = folder
            .json(&format!("critic a.csv b.csv --kind {kind} --steps 50 --save c.json --json"));
        let judged = folder.json("critic eval a.csv b.csv --load c.json --json");
        for field in ["kind", "estimate", "lipschitz_bound", "lipschitz_pairs", "polished_lower"] {
            assert_eq!(trained[field], judged[field], "{kind}: {field}");
        }
        assert!(judged.get("steps").is_none() && judged["inputs"]["critic"].is_object());
    }
    fs::write(folder.path("c.csv"), crowd(40, 77)).unwrap();
    let held_out = folder.json("critic eval c.csv b.csv --load c.json --json");
    let exact = number(&held_out, "/exact/value");
    assert!(number(&held_out, "/certified_lower") <= exact * (1.0 + 1e-9));
}

#[test]
fn files_that_are_no_critics_are_refused_with_their_place() {
    let folder = crowds();
    fs::write(folder.path("line.csv"), "0\n1\n").unwrap();
    fs::write(folder.path("broken.json"), "{\"schema\":\n oh").unwrap();
    folder.json("critic a.csv b.csv --cost cityblock --steps 5 --save c.json --json");
    for (arguments, words) in [
        ("eval a.csv b.csv --load nowhere.json", "nowhere.json: there is no such file"),
        ("eval a.csv b.csv --load broken.json", "broken.json: line 2"),
        ("eval a.csv b.csv --load a.csv", "a.csv: line 1"),
        ("eval a.csv b.csv --load c.json", "trained for the distance cityblock"),
        ("eval line.csv line.csv --load c.json --cost cityblock", "2 dimensions, these have 1"),
    ] {
        let output = folder.run(&format!("critic {arguments}"));
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments}: {text}");
        assert!(text.contains(words) && text.contains("hint:"), "{arguments}: {text}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused_with_a_remedy() {
    let folder = crowds();
    for (flags, words) in [
        ("--kind lp --lambda -1", "λ is -1"),
        ("--kind maxmin --width 0", "the width is 0"),
        ("--kind maxmin --width 7", "multiple of the group size"),
        ("--kind maxmin --rate 3", "too high"),
        ("--kind clip --clip 0", "clip"),
        ("--kind maxmin --cost cityblock", "Euclidean distance alone"),
        ("--kind cones --lambda 3", "--lambda has no meaning"),
        ("--kind gp --cost sqeuclidean", "power 2"),
        ("--kind gp --rate 1e30 --steps 50 --width 16", "diverged"),
        ("--kind maxmin --save a.txt", "json"),
    ] {
        let output = folder.run(&format!("critic a.csv b.csv {flags}"));
        let text = stderr(&output);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{flags}: {text}");
        assert!(text.contains(words) && text.contains("hint:"), "{flags}: {text}");
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn a_critic_is_drawn_in_any_dimension() {
    let folder = crowds();
    fs::write(folder.path("line.csv"), "0\n1\n3\n").unwrap();
    fs::write(folder.path("space.csv"), "0,0,0\n1,2,3\n").unwrap();
    for (files, words) in [
        ("a.csv b.csv", "exact potential"),
        ("line.csv line.csv", "critic (cones)"),
        ("space.csv space.csv", "step"),
    ] {
        folder.json(&format!("critic {files} --steps 10 --plot p.svg --save c.json --json"));
        let picture = fs::read_to_string(folder.path("p.svg")).unwrap();
        assert!(picture.contains(words), "{files}");
    }
    let output = folder.run("critic eval space.csv space.csv --load c.json --plot q.png");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--plot"), "{}", stderr(&output));
    assert!(!folder.path("q.png").exists());
}
