//! Pictures in and out.

use std::fs;
use std::path::Path;

use super::folder::{Folder, is_just_above, number, piles, stderr, stdout};

/// A gray PNG of the given intensities.
pub(super) fn picture(path: &Path, width: u32, pixels: &[u8]) {
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
    assert!(is_just_above(number(&json, "/transport_cost"), 5.0_f64.sqrt()));
    assert_eq!(
        (json["n"].as_u64(), json["inputs"]["source"]["normalized"].as_bool()),
        (Some(6), Some(true))
    );
    assert!(stdout(&folder.run("emd a.png b.png")).contains("scaled to 1"));
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
