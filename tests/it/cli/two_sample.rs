//! `deblais test` through the binary.

use std::fs;

use serde_json::{Value, json};

use super::folder::{Folder, number, stderr, stdout};

/// Points on the line, n of them, from a golden-ratio sequence.
fn points(n: u32, shift: f64) -> String {
    let point = |k: u32| format!("{}\n", shift + (0.618_034 * f64::from(k)).fract());
    (0..n).map(point).collect()
}

fn samples(shift: f64) -> Folder {
    Folder::with(&[("a.csv", &points(30, 0.0)), ("b.csv", &points(25, shift))])
}

fn without_timings(mut json: Value) -> Value {
    json.as_object_mut().unwrap().remove("timings");
    json
}

fn names_are_documented(docs: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
                names_are_documented(docs, value);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| names_are_documented(docs, value)),
        _ => {}
    }
}

#[test]
fn a_report_has_the_documented_fields() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let json = samples(0.5).json("test a.csv b.csv --permutations 99 --json");
    assert_eq!(json["schema"], "deblais.test/1");
    let mut fields = without_timings(json.clone());
    fields["settings"] = json!({});
    names_are_documented(&docs, &fields);
    assert_eq!(json["settings"]["statistics"], "emd,energy,mmd");
    let comparison = &json["comparisons"][0];
    assert_eq!((comparison["n"].as_u64(), comparison["m"].as_u64()), (Some(30), Some(25)));
    for name in ["emd", "energy", "mmd"] {
        let test = &comparison["statistics"][name];
        assert_eq!(test["permutations"], 99);
        assert_eq!(number(test, "/p_value"), 0.01, "{name}");
        assert_eq!(test["null_quantiles"][2]["level"], 0.95);
        assert!(number(test, "/null_quantiles/3/upper") < number(test, "/observed/lower"));
        assert!(test.get("p_value_holm").is_none());
    }
    assert!(!json.to_string().contains("null,"));
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let folder = samples(0.1);
    let run = |threads: u32| {
        let args = format!(
            "test a.csv b.csv --columns 0 --cost cityblock --p 2 --permutations 300 --threads {threads} --json"
        );
        without_timings(folder.json(&args))
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn text_tells_the_p_values_and_what_was_compared() {
    let output = samples(0.5).run("test a.csv b.csv --permutations 199");
    let text = stdout(&output);
    for words in ["p-value", "0.005", "0 of 199", "30 and 25 samples on the line", "null median"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn groups_are_tested_pair_by_pair_with_holms_correction() {
    let group = |name: &str, shift: f64| points(20, shift).replace('\n', &format!(",{name}\n"));
    let table = ["x,g\n", &group("a", 0.0), &group("b", 0.05), &group("c", 3.0)].concat();
    let folder = Folder::with(&[("t.csv", &table)]);
    let json = folder.json("test t.csv --by g --permutations 99 --statistics energy,emd --json");
    assert_eq!(json["comparisons"].as_array().unwrap().len(), 3);
    assert_eq!(json["sets"][1]["name"], "b");
    assert_eq!(json["comparisons"][1]["pair"], json!([0, 2]));
    let p_value = |k: usize, which: &str| {
        number(&json["comparisons"][k], &format!("/statistics/energy/{which}"))
    };
    assert!(p_value(0, "p_value") > 0.1);
    assert_eq!((p_value(1, "p_value"), p_value(2, "p_value")), (0.01, 0.01));
    assert_eq!((p_value(1, "p_value_holm"), p_value(2, "p_value_holm")), (0.03, 0.03));
    assert_eq!(p_value(0, "p_value_holm"), p_value(0, "p_value"));
    let text = stdout(&folder.run("test t.csv --by g --permutations 99"));
    for words in ["a, c", "Holm", "3, of 20 points each"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn early_stopping_and_limits_are_told() {
    let folder = samples(0.0);
    let json = folder.json("test a.csv b.csv --permutations 9999 --stop-after 5 --json");
    let emd = &json["comparisons"][0]["statistics"]["emd"];
    assert_eq!((&emd["stopped_early"], &emd["at_least"]), (&json!(true), &json!(5)));
    assert_eq!(number(emd, "/p_value"), 5.0 / number(emd, "/permutations"));
    let output = folder.run("test a.csv b.csv --time-limit 0 --json");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("stopped"));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["termination"], "time_limit");
    assert_eq!(number(&json["comparisons"][0], "/statistics/emd/p_value"), 1.0);
}

#[test]
fn the_picture_shows_the_null_in_full() {
    let folder = samples(0.3);
    let json = folder.json("test a.csv b.csv --permutations 99 --plot null.svg --json");
    assert_eq!(json["settings"]["full_null"], true);
    let svg = fs::read_to_string(folder.path("null.svg")).unwrap();
    for words in ["99 permutations", "observed: ", "energy distance", "p = "] {
        assert!(svg.contains(words), "{words}");
    }
    for quantile in
        json["comparisons"][0]["statistics"]["emd"]["null_quantiles"].as_array().unwrap()
    {
        assert!(number(quantile, "/upper") - number(quantile, "/lower") < 1e-14);
    }
}
