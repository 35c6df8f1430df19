//! `deblais bench funnels` through the binary.

use super::folder::{Folder, number, stderr, stdout};

const SHORT: &str = "bench funnels --dim 4 --funnels 16 --steps 120 --batch 256 --cones 64 \
                     --held-out 2000";

#[test]
fn json_has_every_documented_field_and_the_figures_agree() {
    let json = Folder::with(&[]).json(&format!("{SHORT} --json"));
    assert_eq!(json["schema"], "deblais.bench.funnels/1");
    assert_eq!((json["kind"].as_str(), json["steps"].as_u64()), (Some("cones"), Some(120)));
    assert_eq!(json["termination"], "all_steps");
    let (w1, estimate) = (number(&json, "/w1/value"), number(&json, "/estimate/value"));
    assert_eq!(number(&json, "/relative_error"), estimate / w1 - 1.0);
    assert!(w1 > 0.5 && estimate > 0.7 * w1 && estimate < 1.1 * w1, "{estimate} {w1}");
    for mean in ["w1", "estimate"] {
        let error = number(&json, &format!("/{mean}/standard_error"));
        assert!(0.0 < error && error < 0.1 * w1, "{error}");
    }
    let (cosine, l2) = (number(&json, "/cosine"), number(&json, "/squared_l2"));
    // Both gradients have length 1.
    assert!(cosine > 0.6 && (l2 - (2.0 - 2.0 * cosine)).abs() < 1e-9, "{cosine} {l2}");
    assert_eq!(number(&json, "/lipschitz_bound"), 1.0);
    assert_eq!(json["published"].as_array().unwrap().len(), 11);
    assert_eq!(json["published"][1]["method"], "wgan-gp");
    assert_eq!(number(&json, "/published/1/estimate"), 1.056);
    for stage in ["train", "judge"] {
        number(&json, &format!("/timings/{stage}"));
    }
}

#[test]
fn the_same_seed_finds_the_same_figures_and_another_one_others() {
    let run = |flags: &str| {
        let mut json = Folder::with(&[]).json(&format!("{SHORT} --json {flags}"));
        json["timings"] = serde_json::Value::Null;
        json
    };
    assert_eq!(run("--threads 1"), run("--threads 2"));
    assert_ne!(run("--seed 1")["w1"], run("")["w1"]);
}

#[test]
fn text_puts_the_published_rows_beside_the_figures() {
    let output = Folder::with(&[]).run(&format!("{SHORT} --pool 500 --kind maxmin"));
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for words in ["true W₁", "maxmin, 120 steps", "published wgan-lp", "16 funnels in 4 dimensions"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for flags in ["--dim 0", "--funnels 0", "--held-out 1", "--kind forest", "--batch 0"] {
        let output = Folder::with(&[]).run(&format!("bench funnels {flags}"));
        assert_eq!(output.status.code(), Some(2), "{flags}: {}", stderr(&output));
    }
    let stopped = Folder::with(&[]).run("bench funnels --steps 9999999 --time-limit 50ms --dim 2");
    assert_eq!(stopped.status.code(), Some(4), "{}", stderr(&stopped));
}
