use super::*;
use crate::io::{FirstRow, Selection};
use ndarray::array;
use ndarray_npy::WriteNpyExt;
use proptest::prelude::*;

fn table(text: &str) -> Table {
    Table::from_bytes(&InputPath::from("t.csv"), text.as_bytes()).unwrap()
}

fn npy(matrix: &Array2<f64>) -> Table {
    let mut bytes = Vec::new();
    matrix.write_npy(&mut bytes).unwrap();
    Table::from_bytes(&InputPath::from("t.npy"), &bytes).unwrap()
}

fn selection(columns: &str, filter: &str, weights: &str) -> Selection {
    Selection {
        columns: (!columns.is_empty())
            .then(|| columns.split(',').map(|column| column.parse().unwrap()).collect()),
        filter: (!filter.is_empty()).then(|| filter.parse().unwrap()),
        weights: (!weights.is_empty()).then(|| weights.parse().unwrap()),
        ..Selection::default()
    }
}

fn message(table: &Table, selection: &Selection) -> (String, String) {
    let error = table.select(selection).unwrap_err();
    (error.to_string(), error.hint())
}

#[test]
fn by_default_all_columns_are_coordinates() {
    let samples = table("x,y\n1,2\n3,4\n").select(&Selection::default()).unwrap();
    assert_eq!(samples.points, array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(samples.weights, None);
    assert_eq!(samples.column_names, Some(vec!["x".into(), "y".into()]));
    assert_eq!(samples.precision, Precision::F64);
}

#[test]
fn filter_and_weights_are_left_out_of_the_coordinates() {
    let table = table("kind,x,y,w\na,1,2,0.5\nb,3,4,0.25\na,5,6,0\n");
    let samples = table.select(&selection("", "kind=a", "w")).unwrap();
    assert_eq!(samples.points, array![[1.0, 2.0], [5.0, 6.0]]);
    assert_eq!(samples.weights, Some(array![0.5, 0.0]));
    let samples = table.select(&selection("y,w", "0=b", "3")).unwrap();
    assert_eq!(samples.points, array![[4.0, 0.25]]);
    assert_eq!(samples.weights, Some(array![0.25]));
}

#[test]
fn filters_compare_numbers_as_numbers() {
    let table = table("label,x\n3,1\n3.0,2\n4,3\nthree,4\n");
    let points = |filter| table.select(&selection("x", filter, "")).unwrap().points;
    assert_eq!(points("label=3"), array![[1.0], [2.0]]);
    assert_eq!(points("label=three"), array![[4.0]]);
}

#[test]
fn a_column_whose_name_is_a_number_wins_over_the_position() {
    let table = table("x,2020,1\n0,1.5,2.5\n");
    let points = |column| table.select(&selection(column, "", "")).unwrap().points;
    assert_eq!(points("2020"), array![[1.5]]);
    assert_eq!(points("1"), array![[2.5]]);
    assert_eq!(points("2"), array![[2.5]]);
}

#[test]
fn arrays_are_tables_without_names() {
    let table = npy(&array![[0.0, 1.0, 2.0], [1.0, 3.0, 4.0]]);
    let samples = table.select(&selection("", "0=1", "2")).unwrap();
    assert_eq!(samples.points, array![[3.0]]);
    assert_eq!(samples.weights, Some(array![4.0]));
    assert_eq!(samples.column_names, None);
    let (_, hint) = message(&table, &selection("x", "", ""));
    assert_eq!(hint, "the table has no header: use a number, 0 to 2");
}

#[test]
fn bad_cells_are_named_by_line_and_column() {
    let all = Selection::default();
    let (error, hint) = message(&table("# made\nx,y\n1,2\n\n3,4;5\n"), &all);
    assert_eq!(error, "t.csv, line 5, column \"y\": found \"4;5\", not a number");
    assert!(hint.ends_with("leave the column out"));
    let (error, _) = message(&table("1,2\n3,\n"), &all);
    assert_eq!(error, "t.csv, line 2, column 1 (from 0): found nothing, not a number");
    let (error, _) = message(&table("1,2\n3,NaN\n"), &all);
    assert_eq!(error, "t.csv, line 2, column 1 (from 0): found NaN, not a finite number");
    let (error, _) = message(&table("1,2\n3,1e999\n"), &all);
    assert_eq!(error, "t.csv, line 2, column 1 (from 0): found 1e999, not a finite number");
    let (error, _) = message(&npy(&array![[1.0], [f64::INFINITY]]), &all);
    assert_eq!(error, "t.npy, row 1 (from 0), column 0 (from 0): found inf, not a finite number");
}

#[test]
fn a_column_of_text_is_no_slip() {
    let table = table("name,x\na,1\nb,2\n");
    let (error, hint) = message(&table, &Selection::default());
    assert_eq!(error, "t.csv, column \"name\": it holds text, such as \"a\", not numbers");
    assert!(hint.contains("filter rows by it"));
    assert_eq!(table.select(&selection("x", "", "")).unwrap().points, array![[1.0], [2.0]]);
}

#[test]
fn a_decimal_comma_is_a_slip_and_no_text() {
    let (error, hint) = message(&table("x;y\n1,5;2\n3,5;4\n"), &Selection::default());
    assert_eq!(error, "t.csv, line 2, column \"x\": found \"1,5\", not a number");
    assert_eq!(hint, "write a decimal point: 1.5");
}

#[test]
fn row_names_without_a_header_are_no_coordinates() {
    let named = table(",x,y\n0,1,2\n7,3,4\n");
    let samples = named.select(&Selection::default()).unwrap();
    assert_eq!(samples.points, array![[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(samples.column_names, Some(vec!["x".into(), "y".into()]));
    assert_eq!(named.matrix().unwrap(), samples.points);
    assert_eq!(named.select(&selection("0", "", "")).unwrap().points, array![[0.0], [7.0]]);
    assert_eq!(table(",0\n0,0.5\n1,0.25\n").weights().unwrap(), array![0.5, 0.25]);
    // Here the names look like numbers: column "0" is not column 0.
    let series = table(",0\n5,0.5\n6,0.25\n").select(&selection("0", "", "")).unwrap();
    assert_eq!(series.points, array![[0.5], [0.25]]);
}

#[test]
fn names_of_rows_are_no_numbers_of_a_matrix() {
    let names = |text: &str| {
        let table = table(text);
        (table.name_columns(), table.row_names(None).unwrap())
    };
    let list = |names: [&str; 2]| Some(names.map(str::to_owned).to_vec());
    assert_eq!(names("Index,a,b\n5,0,1\n6.0,1,0\n"), (vec![0], list(["5", "6"])));
    assert_eq!(names("city,a\nBonn,0\nKiel,1\n"), (vec![0], list(["Bonn", "Kiel"])));
    assert_eq!(names("x,y\n0,1\n1,0\n"), (vec![], None));
    assert_eq!(names(",label\n0,3\n1,8\n"), (vec![0], list(["0", "1"])), "one column is left");
    assert_eq!(names("a,\n1,\n2,\n"), (vec![1], None), "a delimiter at the end of each line");
    assert_eq!(names("a,b,\n1,2,\n2,3,\n").0, vec![2], "a delimiter at the end of each line");
    let square = ",id,label,other\nid,0,1,2\nlabel,1,0,3\nother,2,3,0\n";
    assert_eq!(names(square).0, vec![0], "a row has a column of its name");
    assert_eq!(table(square).matrix().unwrap().dim(), (3, 3));
    assert_eq!(names(",cat,label,dog\nx,0,1,2\ny,1,0,3\n").0, vec![0], "amid the data");
    assert_eq!(names(",id,a,b\n0,u,0,1\n1,v,1,0\n").0, vec![0, 1], "pandas' index before an id");
    let far = "9007199254740993";
    assert_eq!(names(&format!(",w\n{far},1\n7,2\n")).1, list([far, "7"]), "no f64");
    let kept = table("id,kind,x\nu,1,0\nv,2,0\nw,1,0\n");
    let filter = kept.layout(&selection("", "kind=1", "")).unwrap().filter;
    assert_eq!(kept.row_names(filter.as_ref()).unwrap(), list(["u", "w"]));
    assert_eq!(table("id,x,1\nu,0,1\n").data_names(), list(["x", "1"]));
    assert_eq!(table("city,a\nBonn,0\nKiel,1\n").weights().unwrap(), array![0.0, 1.0]);
}

#[test]
fn unknown_columns_get_a_suggestion() {
    let table = table("label,weight,x,x\n1,2,3,4\n");
    let (error, hint) = message(&table, &selection("", "", "wieght"));
    assert_eq!(error, "t.csv: there is no column \"wieght\"");
    assert_eq!(hint, "did you mean \"weight\"? the columns are label, weight, x, x");
    let (error, hint) = message(&table, &selection("7", "", ""));
    assert_eq!(error, "t.csv: there is no column 7");
    assert_eq!(hint, "the columns are label, weight, x, x: numbers 0 to 3");
    let (error, hint) = message(&table, &selection("x", "", ""));
    assert_eq!(error, "t.csv: columns 2 and 3 (from 0) are both called \"x\"");
    assert_eq!(hint, "name the column by its number, as in 2");
}

#[test]
fn a_filter_that_nothing_passes_lists_the_values() {
    let (error, hint) = message(&table("label,x\n1,2\n3,4\n1,5\n"), &selection("", "label=2", ""));
    assert_eq!(error, "t.csv: no row has label=2");
    assert_eq!(hint, "that column holds 1, 3");
}

#[test]
fn weights_must_be_masses() {
    let weights = |text: &str| message(&table(text), &selection("", "", "w")).0;
    assert_eq!(
        weights("x,w\n1,1\n2,-0.5\n"),
        "t.csv, line 3, column \"w\": found the weight -0.5, which is negative"
    );
    assert_eq!(weights("x,w\n1,0\n2,0\n"), "t.csv, column \"w\": all weights are zero");
    assert_eq!(weights("w\n1\n"), "t.csv: no column is left for the coordinates");
}

#[test]
fn matrices_and_vectors_are_whole_tables() {
    let matrix = array![[1.0, 2.0], [3.0, 4.0]];
    assert_eq!(table("1 2\n3 4\n").into_matrix().unwrap(), matrix);
    assert_eq!(npy(&matrix).into_matrix().unwrap(), matrix);
    assert_eq!(npy(&matrix.t().to_owned()).matrix().unwrap(), matrix.t());
    assert!(matches!(
        npy(&array![[0.0, f64::NAN]]).into_matrix(),
        Err(ReadError::NotFinite { location: Location::Row(0), .. })
    ));
    assert_eq!(table("w\n1\n0\n").vector().unwrap(), array![1.0, 0.0]);
    assert!(matches!(table("1,2\n").vector(), Err(ReadError::NotOneColumn { columns: 2, .. })));
    assert!(matches!(
        table("1\n-2\n").weights(),
        Err(ReadError::NegativeWeight { location: Location::Line(2), .. })
    ));
}

proptest! {
    #[test]
    fn printed_numbers_are_read_to_the_bit(
        values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 2..40),
        delimiter in prop::sample::select(vec![",", ";", "\t", " "]),
    ) {
        let rows: Vec<_> = values.as_chunks::<2>().0.iter().collect();
        let lines: Vec<_> = rows.iter().map(|[x, y]| format!("{x:?}{delimiter}{y:?}")).collect();
        let text = lines.join("\r\n");
        let points = table(&text).select(&Selection::default()).unwrap().points;
        prop_assert_eq!(points.nrows(), rows.len());
        for (read, written) in points.outer_iter().zip(rows) {
            prop_assert_eq!(read[0].to_bits(), written[0].to_bits());
            prop_assert_eq!(read[1].to_bits(), written[1].to_bits());
        }
    }
}

fn layout(text: &str, selection: &Selection) -> Layout {
    table(text).layout(selection).unwrap()
}

#[test]
fn columns_that_label_the_rows_are_coordinates_only_when_named() {
    let text = "Unnamed: 0,ID,x,Label,y\n0,7,1,3,2\n1,8,3,4,4\n";
    let found = layout(text, &Selection::default());
    assert_eq!((found.coordinates, found.row_labels), (vec![2, 4], vec![0, 1, 3]));
    let found = layout(text, &selection("ID,x", "", ""));
    assert_eq!((found.coordinates, found.row_labels), (vec![1, 2], vec![]));
    let found = layout("x,y,\n1,2,3\n", &Selection::default());
    assert_eq!((found.coordinates, found.row_labels), (vec![0, 1], vec![2]), "an empty name");
}

#[test]
fn the_only_column_is_a_coordinate_whatever_its_name() {
    assert_eq!(layout("id\n5\n7\n", &Selection::default()).coordinates, [0]);
    assert_eq!(layout("id,w\n5,1\n7,2\n", &selection("", "", "w")).coordinates, [0]);
    let (text, hint) = message(&table(",w\n0,1\n1,2\n"), &selection("", "", "w"));
    assert!(
        text.contains("no column is left") && hint.contains("name at least one column"),
        "{text} {hint}"
    );
}

#[test]
fn ranges_are_names_with_one_beginning_or_positions() {
    let text = "e2,id,e0,e1,f\n1,2,3,4,5\n";
    let columns = |text, list| layout(text, &selection(list, "", "")).coordinates;
    assert_eq!(columns(text, "e0-e2"), [2, 3, 0], "by number, not by position");
    assert_eq!(columns(text, "f,e0-e1"), [4, 2, 3]);
    assert_eq!(columns(text, "1-3"), [1, 2, 3]);
    assert_eq!(columns("1,2,3\n4,5,6\n", "0-1"), [0, 1]);
    assert_eq!(columns("p07,p10,p08\n1,2,3\n", "p07-p10"), [0, 2, 1]);
    assert_eq!(columns("a-b,c\n1,2\n", "a-b"), [0], "a column of that very name");
    assert_eq!(columns("2019,2020,2021\n1.5,2.5,3.5\n", "0-1"), [0, 1]);
    let (text, hint) = message(&table(text), &selection("e0-e9", "", ""));
    assert!(text.contains("no column \"e9\"") && hint.contains("e2, id"), "{text} {hint}");
}

#[test]
fn dropped_columns_are_not_coordinates() {
    let text = "id,word,e0,e1\n1,a,3,4\n";
    let dropping = |columns: &str, dropped: &[&str]| {
        let dropped = dropped.iter().map(|column| column.parse().unwrap()).collect();
        layout(text, &Selection { dropped, ..selection(columns, "", "") })
    };
    assert_eq!(dropping("", &["word"]).coordinates, [2, 3]);
    assert_eq!(dropping("e0-e1", &["e0"]).coordinates, [3]);
    let found = dropping("", &["0-1", "e7"]);
    assert_eq!((found.coordinates, found.absent), (vec![2, 3], vec!["e7".parse().unwrap()]));
}

#[test]
fn column_numbers_of_pandas_are_no_point() {
    let text = "0,1\n0.5,1.5\n2.5,3.5\n";
    let samples = table(text).select(&Selection::default()).unwrap();
    assert_eq!(samples.points, array![[0.5, 1.5], [2.5, 3.5]]);
    assert_eq!(table(text).first_row(), FirstRow::Numbers);
    assert_eq!(table(text).with_all_rows().n_rows(), 3);
}

#[test]
fn a_column_that_counts_rows_is_known() {
    let table = table("0,1,2\n1,2,2\n2,3,4\n");
    assert_eq!([0, 1, 2].map(|column| table.counts_rows(column)), [true, true, false]);
}

#[test]
fn two_columns_of_whole_numbers_may_be_one_of_decimal_commas() {
    let tenths = "21,5\n19,8\n22,1\n20,3\n25,9\n18,0\n";
    for text in ["0,5\n-0,25\n", "1,5\n2,05\n", "0,5\n1,0\n2,75\n", tenths] {
        assert!(table(text).may_have_decimal_commas(), "{text}");
    }
    let lattice = "0,5\n1,8\n2,1\n10,3\n5,9\n8,0\n";
    let ones = tenths.replace(',', ";");
    for text in [
        lattice,
        &ones,
        "0,0\n1,0\n2,0\n",
        "1,5\n2,5\n",
        "1,5\n-0,-3\n",
        "1,05\n2.5,1\n",
        "1,05,2\n",
        "x,y\n1,05\n",
    ] {
        assert!(!table(text).may_have_decimal_commas(), "{text}");
    }
}

#[test]
fn numbers_of_columns_are_names_in_any_order() {
    let other = table("1,0\n3,4\n");
    assert!(other.may_have_header() && other.may_have_numbers() && !other.numbers_its_columns());
    let names = other.with_numbers_as_names();
    assert_eq!(names.header(), Some(&["1".to_owned(), "0".to_owned()][..]));
    assert_eq!((names.n_rows(), names.first_row()), (1, FirstRow::Numbers));
    assert!(table(",0,1\n0,3,4\n1,5,6\n").numbers_its_columns());
    assert_eq!(table("2,0\n3,4\n").with_numbers_as_names().n_rows(), 2, "1 is not there");
}

#[test]
fn an_index_without_a_name_comes_after_an_id() {
    let table = table("Unnamed: 0.1,id,x\n1,u,0\n0,v,1\n");
    let list = |names: [&str; 2]| Some(names.map(str::to_owned).to_vec());
    assert_eq!(table.row_names(None).unwrap(), list(["u", "v"]));
    assert_eq!(table.row_index(None).unwrap(), list(["1", "0"]));
}
