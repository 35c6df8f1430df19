//! The command as a user meets it: through the binary.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run_with_stdin(&self, args: &str, stdin: &str) -> Output {
        run_in(self.0.path(), args, stdin)
    }

    fn run(&self, args: &str) -> Output {
        self.run_with_stdin(args, "")
    }

    fn json(&self, args: &str) -> Value {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{args}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("one JSON object on stdout")
    }
}

fn run_in(folder: &Path, args: &str, stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(args.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // A run that does not read its stdin closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {value}"))
}

/// A 3-4-5 triangle: the two clouds are each other's translation by (3, 4).
fn translation() -> Folder {
    Folder::with(&[("a.csv", "x,y\n0,0\n1,0\n0,1\n"), ("b.csv", "x,y\n3,4\n4,4\n3,5\n")])
}

/// Piles on the line with masses: 1 and 3 at 0 and 2; 2 and 2 at 1 and 2.
fn piles() -> Folder {
    Folder::with(&[("a.csv", "x,w\n0,1\n2,3\n"), ("b.csv", "x,w\n1,2\n2,2\n")])
}

#[test]
fn the_main_job_prints_the_number_with_its_bracket() {
    let output = translation().run("emd a.csv b.csv");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for words in
        ["earth mover's distance  5\n", "lower bound", "upper bound", "gap", "3 × 3 points"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(stderr(&output), "", "nothing to say on stderr");
}

#[test]
fn json_has_every_documented_field() {
    let json = translation().json("emd a.csv b.csv --json");
    assert_eq!(json["schema"], "deblais.emd/1");
    assert_eq!(
        (json["n"].as_u64(), json["m"].as_u64(), json["dim"].as_u64()),
        (Some(3), Some(3), Some(2))
    );
    assert_eq!(json["cost"], "euclidean");
    assert_eq!(json["termination"], "optimal");
    assert_eq!(json["rescaled"], false);
    assert_eq!(number(&json, "/transport_cost"), number(&json, "/certificate/upper"));
    assert_eq!(number(&json, "/distance"), number(&json, "/transport_cost"));
    assert!((number(&json, "/distance") - 5.0).abs() < 1e-14);
    for field in [
        "lower",
        "upper",
        "gap",
        "relative_gap",
        "tolerance",
        "source_residual",
        "target_residual",
        "dual_violation",
    ] {
        number(&json, &format!("/certificate/{field}"));
    }
    for side in ["source", "target"] {
        let input = &json["inputs"][side];
        assert_eq!(input["rows"], 3);
        assert_eq!(input["sha256"].as_str().map(str::len), Some(64));
        assert!(input["bytes"].as_u64().unwrap() > 0);
    }
    for stage in ["read", "solve", "certify"] {
        number(&json, &format!("/timings/{stage}"));
    }
    assert!(json.get("plan").is_none());
    assert!(!json.to_string().contains("null"));
}

#[test]
fn the_documentation_names_every_field() {
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/json.md")).unwrap();
    let json = piles()
        .json("emd a.csv b.csv --weights w --json --json-plan --cost minkowski --exponent 3");
    for (name, value) in json.as_object().unwrap() {
        assert!(docs.contains(&format!("`{name}`")), "docs/json.md is silent on {name}");
        if ["certificate", "plan"].contains(&name.as_str()) {
            for inner in value.as_object().unwrap().keys() {
                assert!(docs.contains(&format!("`{inner}`")), "docs/json.md is silent on {inner}");
            }
        }
    }
}

#[test]
fn everything_but_the_timings_is_reproducible() {
    let folder = piles();
    let run = |threads: u32| {
        let args = format!("emd a.csv b.csv --weights w --json --json-plan --threads {threads}");
        let mut json = folder.json(&args);
        json.as_object_mut().unwrap().remove("timings");
        json
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn weights_come_from_a_column_or_a_file() {
    // Two units stay at 2, one goes from 0 to 1, one from 2 to 1: cost 2.
    let folder = piles();
    fs::write(folder.path("wa.csv"), "1\n3\n").unwrap();
    fs::write(folder.path("wb.csv"), "mass\n2\n2\n").unwrap();
    for args in [
        "emd a.csv b.csv --weights w --json",
        "emd a.csv b.csv --weights 1 --json",
        "emd a.csv b.csv --source-weights w --target-weights 1 --json",
        "emd a.csv b.csv --columns x --source-weights wa.csv --target-weights wb.csv --json",
    ] {
        let json = folder.json(args);
        assert!((number(&json, "/transport_cost") - 2.0).abs() < 1e-14, "{args}");
    }
    let normalized = folder.json("emd a.csv b.csv --weights w --normalize --json");
    assert!((number(&normalized, "/transport_cost") - 0.5).abs() < 1e-15);
    assert_eq!(normalized["inputs"]["source"]["normalized"], true);
}

#[test]
fn two_classes_of_one_table_need_no_preparation() {
    let table = "label,x,y\na,0,0\nb,3,4\na,1,0\nb,4,4\nc,100,100\n";
    let folder = Folder::with(&[("t.csv", table)]);
    let json = folder.json("emd t.csv t.csv --source-where label=a --target-where label=b --json");
    assert!((number(&json, "/distance") - 5.0).abs() < 1e-14);
    assert_eq!(json["inputs"]["source"]["rows"], 2);
}

#[test]
fn ground_costs_and_powers() {
    let folder = Folder::with(&[("a.csv", "0,0\n"), ("b.csv", "3,4\n")]);
    for (flags, cost, distance) in [
        ("", 5.0, 5.0),
        ("--cost sqeuclidean", 25.0, 5.0),
        ("--p 2", 25.0, 5.0),
        ("--p 3", 125.0, 5.0),
        ("--cost cityblock", 7.0, 7.0),
        ("--cost cityblock --p 2", 49.0, 7.0),
        ("--cost chebyshev", 4.0, 4.0),
        ("--cost minkowski --exponent 1", 7.0, 7.0),
    ] {
        let json = folder.json(&format!("emd a.csv b.csv --json {flags}"));
        assert!((number(&json, "/transport_cost") - cost).abs() < 1e-12, "{flags}: {json}");
        assert!((number(&json, "/distance") - distance).abs() < 1e-13, "{flags}: {json}");
    }
    let apart = Folder::with(&[("a.csv", "1,0\n"), ("b.csv", "0,2\n")]);
    let cosine = apart.json("emd a.csv b.csv --json --cost cosine");
    assert!((number(&cosine, "/transport_cost") - 1.0).abs() < 1e-15);
    assert!(cosine.get("distance").is_none());
}

#[test]
fn a_cost_matrix_takes_the_place_of_points() {
    let folder = Folder::with(&[
        ("c.csv", "1,4\n3,2\n"),
        ("mu.csv", "0.25\n0.75\n"),
        ("nu.csv", "0.5\n0.5\n"),
    ]);
    let uniform = folder.json("emd --cost-matrix c.csv --json");
    assert!((number(&uniform, "/transport_cost") - 1.5).abs() < 1e-15);
    assert_eq!(uniform["cost"], "matrix");
    assert!(uniform.get("dim").is_none() && uniform.get("distance").is_none());
    let args = "emd --cost-matrix c.csv --source-weights mu.csv --target-weights nu.csv --json";
    assert!((number(&folder.json(args), "/transport_cost") - 2.0).abs() < 1e-15);
}

#[test]
fn stdin_is_an_input_like_any_other() {
    let folder = translation();
    let output = folder.run_with_stdin("emd - b.csv --json", "0,0\n1,0\n0,1\n");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["inputs"]["source"]["name"], "-");
}

#[test]
fn identical_clouds_are_exactly_0_apart() {
    let folder = Folder::with(&[("a.csv", "0.1,0.2\n0.7,0.3\n1e8,3\n")]);
    let json = folder.json("emd a.csv a.csv --json");
    assert_eq!(number(&json, "/transport_cost"), 0.0);
    assert_eq!(number(&json, "/certificate/gap"), 0.0);
}

#[test]
fn plans_and_potentials_survive_a_round_trip() {
    let folder = piles();
    for format in ["csv", "npy"] {
        let emd = folder.json(&format!(
            "emd a.csv b.csv --weights w --json --plan p.{format} --potentials f.{format}"
        ));
        let judged = folder.json(&format!(
            "certify a.csv b.csv --weights w --json --plan p.{format} --potentials f.{format} \
             --gap-tolerance 1e-12"
        ));
        assert_eq!(judged["schema"], "deblais.certify/1");
        for bound in ["/certificate/lower", "/certificate/upper"] {
            assert_eq!(number(&judged, bound), number(&emd, bound), "{format}");
        }
        assert_eq!(number(&judged, "/transport_cost"), number(&emd, "/transport_cost"));
        assert!(judged["inputs"]["plan"]["bytes"].as_u64().unwrap() > 0);
    }
}

#[test]
fn certify_judges_bad_answers_without_believing_them() {
    let folder = translation();
    // Everything crosses over, and the marginals of the last row are off.
    fs::write(folder.path("bad.csv"), "i,j,mass\n0,1,0.4\n1,0,0.3\n2,2,0.1\n").unwrap();
    let args = "certify a.csv b.csv --plan bad.csv";
    let json = folder.json(&format!("{args} --json"));
    assert!(number(&json, "/certificate/upper") >= 5.0);
    assert!(number(&json, "/certificate/source_residual") > 0.2);
    let broken = folder.run(&format!("{args} --gap-tolerance 1e-9"));
    assert_eq!(broken.status.code(), Some(3));
    assert!(stdout(&broken).contains("upper bound"));
    // Potentials alone prove no upper bound.
    folder.run("emd a.csv b.csv --potentials f.csv");
    let lower = folder.json("certify a.csv b.csv --potentials f.csv --json");
    assert_eq!(lower["certificate"]["upper"], "inf");
    assert_eq!(lower["certificate"]["relative_gap"], "inf");
    assert!((number(&lower, "/certificate/lower") - 5.0).abs() < 1e-12);
    assert!(lower.get("transport_cost").is_none());
}

#[test]
fn totals_that_differ_by_rounding_are_rescaled_and_said_so() {
    let folder = Folder::with(&[("a.csv", "x,w\n0,1\n"), ("b.csv", "x,w\n1,1.0000000001\n")]);
    let json = folder.json("emd a.csv b.csv --weights w --json");
    assert_eq!(json["rescaled"], true);
    assert!(number(&json, "/rescale_factor") < 1.0);
}

#[test]
fn samples_that_look_like_a_probability_vector_get_a_warning() {
    let folder = Folder::with(&[("a.csv", "0.2\n0.3\n0.5\n"), ("b.csv", "1\n2\n3\n")]);
    let output = folder.run("emd a.csv b.csv");
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("warning: a.csv"), "{}", stderr(&output));
    assert!(stderr(&folder.run("emd a.csv b.csv --quiet")).is_empty());
    let json = folder.json("emd a.csv b.csv --json");
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let folder = Folder::with(&[]);
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&folder.run(&format!("completions {shell}"))).contains("cost-matrix"));
    }
    assert!(stdout(&folder.run("man")).contains(".TH"));
    assert!(stdout(&folder.run("man emd")).contains("cost"));
    assert_eq!(folder.run("man nothing").status.code(), Some(2));
}

#[test]
fn help_names_the_exit_codes() {
    let output = Folder::with(&[]).run("--help");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("Exit codes"));
}

/// Points on a jittered lattice: a problem with plenty to do.
fn crowd(count: u32, seed: u32) -> String {
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
fn an_interrupt_stops_with_the_best_plan_and_its_bracket() {
    use std::time::Duration;
    let folder = Folder::with(&[("a.csv", &crowd(4000, 1)), ("b.csv", &crowd(3999, 1 << 30))]);
    let child = Command::new(env!("CARGO_BIN_EXE_deblais"))
        .args(["emd", "a.csv", "b.csv", "--method", "simplex", "--json"])
        .current_dir(folder.0.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(400));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).output().unwrap();
    let output = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).expect("a report in any case");
    // A fast machine may be done by then.
    if kill.status.success() && json["termination"] != "optimal" {
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert_eq!(json["termination"], "stopped");
        assert!(number(&json, "/certificate/lower") <= number(&json, "/certificate/upper"));
    }
}

#[test]
fn a_claim_that_does_not_hold_is_exit_code_3() {
    // An interior point is never optimal to the last digit.
    let folder = Folder::with(&[("a.csv", &crowd(30, 1)), ("b.csv", &crowd(29, 1 << 30))]);
    let args = "emd a.csv b.csv --method lp --lp-backend clarabel --json";
    let json = folder.json(args);
    assert_eq!(json["settings"]["lp_backend"], "clarabel");
    let strict = folder.run(&format!("{args} --gap-tolerance 0"));
    let code = strict.status.code();
    if number(&json, "/certificate/gap") > number(&json, "/certificate/tolerance") {
        assert_eq!(code, Some(3));
        assert!(stderr(&strict).contains("wider than"));
    } else {
        assert_eq!(code, Some(0));
    }
}

/// A grey PNG of the given intensities.
fn picture(path: &Path, width: u32, pixels: &[u8]) {
    let height = u32::try_from(pixels.len()).unwrap() / width;
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

#[test]
fn pictures_are_histograms_and_always_normalized() {
    let folder = Folder::with(&[]);
    picture(&folder.path("a.png"), 3, &[9, 0, 0, 0, 0, 0]);
    picture(&folder.path("b.png"), 3, &[0, 0, 0, 0, 0, 200]);
    // From the top left to two columns right and one row down.
    let json = folder.json("emd a.png b.png --json");
    assert!((number(&json, "/transport_cost") - 5.0_f64.sqrt()).abs() < 1e-15);
    assert_eq!(
        (json["n"].as_u64(), json["inputs"]["source"]["normalized"].as_bool()),
        (Some(6), Some(true))
    );
    assert!(stdout(&folder.run("emd a.png b.png")).contains("normalized"));
    let refused = folder.run("emd a.png b.png --columns 0");
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("--columns"), "{}", stderr(&refused));
}

#[test]
fn pictures_of_the_plan_are_written_whole() {
    let folder = piles();
    fs::write(folder.path("c.csv"), "0,0\n1,0\n").unwrap();
    let output =
        folder.run("emd c.csv c.csv --heatmap h.png --map m.svg --plan p.csv --order input");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(fs::read(folder.path("h.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(fs::read_to_string(folder.path("m.svg")).unwrap().trim_end().ends_with("</svg>"));
    let again = folder.run("plot c.csv c.csv --plan p.csv --heatmap again.png --order input");
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert_eq!(
        fs::read(folder.path("h.png")).unwrap(),
        fs::read(folder.path("again.png")).unwrap()
    );
    assert_eq!(folder.run("plot c.csv c.csv --plan p.csv").status.code(), Some(2));
}
