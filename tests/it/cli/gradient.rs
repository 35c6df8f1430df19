//! `emd --gradient`.

use std::fs;

use ndarray::{Array2, array};

use super::folder::{Folder, stderr, translation};

#[test]
fn the_file_names_sides_masses_and_coordinates() {
    let folder = translation();
    let run = "emd a.csv b.csv --cost sqeuclidean --gradient g.csv";
    let output = folder.run(run);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = fs::read_to_string(folder.path("g.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("side,index,d_mass,d_x,d_y"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let names: Vec<_> = rows.iter().map(|row| (row[0], row[1])).collect();
    let sides = ["source", "target"].map(|side| ["0", "1", "2"].map(|index| (side, index)));
    assert_eq!(names, sides.concat());
    // Each point has mass 1/3 and goes (3, 4): 2·(−3, −4)/3, and the reverse for the target.
    for (row, sign) in rows.iter().zip([1.0, 1.0, 1.0, -1.0, -1.0, -1.0]) {
        for (cell, slope) in row[3..].iter().zip([-2.0, -8.0 / 3.0]) {
            assert!((cell.parse::<f64>().unwrap() - sign * slope).abs() < 1e-14, "{text}");
        }
    }
}

#[test]
fn a_cost_matrix_has_derivatives_with_respect_to_masses_alone() {
    let folder = Folder::with(&[("c.csv", "1\n3\n")]);
    let output = folder.run("emd --cost-matrix c.csv --gradient g.npy");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read: Array2<f64> = ndarray_npy::read_npy(folder.path("g.npy")).unwrap();
    assert_eq!(read, array![[-1.0], [1.0], [0.0]]);
}

#[test]
fn histograms_have_the_derivative_at_the_places_of_their_cells() {
    let folder = Folder::with(&[("p.csv", "2\n1\n0\n"), ("q.csv", "0\n1\n2\n")]);
    folder.run("emd --hist p.csv q.csv --gradient g.npy");
    let read: Array2<f64> = ndarray_npy::read_npy(folder.path("g.npy")).unwrap();
    // Two units go up from cell 0, two down into cell 2; cells without mass feel nothing.
    assert_eq!(read.column(1).to_vec()[0], -2.0);
    assert_eq!((read[(2, 1)], read[(3, 1)]), (0.0, 0.0));
    assert_eq!(read[(5, 1)], 2.0);
    let masses: f64 = read.column(0).iter().take(3).sum();
    assert!(masses.abs() < 1e-15, "the mean of a side is 0");
}

#[test]
fn between_unequal_masses_the_derivatives_are_those_of_the_objective() {
    let folder = Folder::with(&[("a.csv", "x,y\n0,0\n8,0\n"), ("b.csv", "x,y\n9,0\n12,0\n20,0\n")]);
    // One unit goes from 8 to 9, half a unit from 0 to 12. More mass at 8 saves the way from 0 to 8.
    let output = folder.run("emd a.csv b.csv --unit-mass --mass 1.5 --gradient g.npy");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read: Array2<f64> = ndarray_npy::read_npy(folder.path("g.npy")).unwrap();
    let known: Array2<f64> = array![
        [0.0, -0.5, 0.0],
        [-8.0, -1.0, 0.0],
        [-3.0, 1.0, 0.0],
        [0.0, 0.5, 0.0],
        [0.0, 0.0, 0.0]
    ];
    assert!((&read - &known).iter().all(|error| error.abs() < 1e-12), "{read}");
}
