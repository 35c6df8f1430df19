//! `deblais barycenter`: histograms, pictures and point clouds.

use std::fs;

use super::folder::{Folder, number, stderr, stdout};
use super::pictures::picture;

/// All mass at the ends of five cells on the line.
fn ends() -> Folder {
    Folder::with(&[("a.csv", "2\n0\n0\n0\n0\n"), ("b.csv", "0\n0\n0\n0\n5\n")])
}

#[test]
fn the_mean_of_two_points_lies_between_them() {
    let folder = ends();
    let json = folder.json("barycenter a.csv b.csv --weights 3,1 --json --output m.csv");
    // All mass at 1: 0.75·1² + 0.25·3².
    assert!((number(&json, "/mean_cost") - 3.0).abs() < 1e-9);
    assert_eq!(number(&json, "/mean_cost"), number(&json, "/certificate/upper"));
    assert!(number(&json, "/certificate/lower") <= 3.0);
    assert!(number(&json, "/certificate/relative_gap") <= 1e-9);
    assert!((number(&json, "/masses/1") - 1.0).abs() < 1e-6);
    assert_eq!(json["schema"], "deblais.barycenter/1");
    assert_eq!((json["cells"].as_u64(), json["dim"].as_u64()), (Some(5), Some(1)));
    assert_eq!((json["cost"].as_str(), json["p"].as_f64()), (Some("sqeuclidean"), Some(2.0)));
    assert_eq!((json["method"].as_str(), number(&json, "/iterations") > 0.0), (Some("lp"), true));
    assert_eq!(number(&json, "/histograms/0/weight"), 0.75);
    assert_eq!(json["histograms"][1]["input"]["masses"]["total"], 5.0);
    assert!((number(&json, "/histograms/1/transport/upper") - 9.0).abs() < 1e-6);
    assert_eq!(json["settings"]["weights"], "3,1");
    assert!(!json.to_string().contains("null"));
    // The answer is a histogram like the others.
    let emd = folder.json("emd --hist m.csv a.csv --normalize --cost sqeuclidean --json");
    assert!((number(&emd, "/transport_cost") - 1.0).abs() < 1e-6);
}

/// Shares of the total that no `f64` holds.
#[test]
fn the_barycenter_of_equal_histograms_costs_nothing() {
    let folder = Folder::with(&[("h.csv", "1\n2\n3\n0.1\n")]);
    for flags in ["", " --method lp", " --method entropic", " --method entropic --cost euclidean"] {
        let json = folder.json(&format!("barycenter h.csv h.csv h.csv --json{flags}"));
        assert_eq!(number(&json, "/certificate/lower"), 0.0, "{flags}");
        assert_eq!(number(&json, "/certificate/upper"), 0.0, "{flags}");
        assert_eq!(number(&json, "/histograms/2/transport/upper"), 0.0, "{flags}");
        assert!((number(&json, "/masses/0") - 1.0 / 6.1).abs() < 1e-15, "{flags}");
    }
}

#[test]
fn the_text_names_every_file_with_its_weight() {
    let folder = ends();
    let output = folder.run("barycenter a.csv b.csv --method entropic");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for words in [
        "mean transport cost     ",
        "relative",
        "of 5 cells have mass",
        "2 on 5 cells on the line",
        "sqeuclidean",
        "  weight 0.5            b.csv, transport cost",
        "entropic, tolerance reached",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let auto = stdout(&folder.run("barycenter a.csv b.csv"));
    assert!(auto.contains("lp (auto)") && auto.contains(": optimal"), "{auto}");
}

#[test]
fn cells_lie_on_the_grid_under_any_cost() {
    let folder = ends();
    folder.put("grid.csv", b"x,y\n0,0\n10,0\n20,0\n30,0\n30,40\n");
    let args = "barycenter a.csv b.csv --grid grid.csv --cost euclidean --json";
    // Any point of the way between the two: half of its length, 50.
    let json = folder.json(args);
    assert!((number(&json, "/mean_cost") - 25.0).abs() < 1e-9, "{json}");
    assert_eq!(json["inputs"]["grid"]["rows"], 5);
    let cubes = folder.json(&format!("{args} --p 3"));
    // In the middle of the line, at 20 or 30 of 50.
    let middle = f64::midpoint(20.0_f64.powi(3), 2000.0_f64.powf(1.5));
    assert!(number(&cubes, "/mean_cost") <= middle * (1.0 + 1e-9), "{cubes}");
}

#[test]
fn one_file_of_all_weight_is_the_answer() {
    let folder = ends();
    let json = folder.json("barycenter a.csv b.csv --weights 1,0 --json");
    assert_eq!(json["certificate"]["lower"], 0.0);
    assert_eq!(json["mean_cost"], 0.0);
    assert!(json["histograms"][1].get("transport").is_none());
}

#[test]
fn pictures_are_averaged_and_drawn() {
    let folder = Folder::with(&[]);
    picture(&folder.path("a.png"), 3, &[9, 0, 0, 0, 0, 0, 0, 0, 0]);
    picture(&folder.path("b.png"), 3, &[0, 0, 0, 0, 0, 0, 0, 0, 200]);
    for (plot, start) in [("mean.png", b"\x89PNG"), ("mean.svg", b"<svg")] {
        let json = folder.json(&format!("barycenter a.png b.png --plot {plot} --json"));
        // At the pixel in the middle: 2 from each.
        assert!((number(&json, "/mean_cost") - 2.0).abs() < 1e-9);
        assert!(fs::read(folder.path(plot)).unwrap().starts_with(start));
    }
    let svg = fs::read_to_string(folder.path("mean.svg")).unwrap();
    assert!(svg.contains("a.png") && svg.contains("barycenter"), "{svg}");
    let line = ends();
    line.run("barycenter a.csv b.csv --plot line.svg");
    assert!(fs::read_to_string(line.path("line.svg")).unwrap().contains("barycenter"));
}

#[test]
fn a_gap_that_is_not_reached_is_told() {
    let folder = ends();
    let stopped = folder.run("barycenter a.csv b.csv --method entropic --time-limit 0 --json");
    assert_eq!(stopped.status.code(), Some(4), "{}", stderr(&stopped));
    assert!(stderr(&stopped).contains("stopped at a limit"));
    let json: serde_json::Value = serde_json::from_slice(&stopped.stdout).unwrap();
    assert_eq!(json["termination"], "time_limit");
    assert!(number(&json, "/certificate/lower") <= 4.0 && number(&json, "/mean_cost") >= 4.0);
    folder.put("c.csv", b"1\n3\n1\n0\n4\n");
    let wide = folder.run("barycenter a.csv b.csv c.csv --method entropic --gap-tolerance 1e-15");
    assert_eq!(wide.status.code(), Some(3), "{}", stderr(&wide));
    assert!(stderr(&wide).contains("is wider than 1e-15"), "{}", stderr(&wide));
}

#[test]
fn clouds_move_to_the_means_of_their_points() {
    let folder = Folder::with(&[
        ("a.csv", "x,y\n0,0\n1,0\n0,1\n"),
        ("b.csv", "y,x\n4,3\n4,4\n5,3\n"),
        ("c.csv", "x,y,z\n1,2,3\n"),
    ]);
    let json = folder.json("barycenter --free a.csv b.csv --json --output m.csv --plot m.png");
    // The second is the first, moved by (3, 4), with its columns in another order.
    assert_eq!(json["schema"], "deblais.barycenter.free/1");
    assert_eq!(json["points"], serde_json::json!([[1.5, 2.0], [2.5, 2.0], [1.5, 3.0]]));
    for (pointer, value) in [
        ("/steps/0/upper", 12.5),
        ("/steps/1/upper", 6.25),
        ("/steps/2/lower", 6.25),
        ("/clouds/0/transport/upper", 6.25),
    ] {
        assert!((number(&json, pointer) - value).abs() < 1e-12, "{pointer}: {json}");
    }
    assert_eq!(fs::read_to_string(folder.path("m.csv")).unwrap(), "1.5,2.0\n2.5,2.0\n1.5,3.0\n");
    assert!(fs::read(folder.path("m.png")).unwrap().starts_with(b"\x89PNG"));
    let text = stdout(&folder.run("barycenter --free a.csv b.csv"));
    for words in
        ["mean squared distance   6.25, at the points found", "at the start", "fixed point"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}
