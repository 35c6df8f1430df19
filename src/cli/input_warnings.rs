//! Signs that a table is not what it is taken for. None of them is proof: all are warnings.

use deblais::io::{FirstRow, InputPath, Layout, Table};
use deblais::math;
use deblais::measure::DiscreteMeasure;
use ndarray::{Array1, Array2, ArrayView1};

use super::columns::{label, labels, listed, typed};
use super::index_warnings;
use super::read_measure::ReadMeasure;
use super::remarks::Remarks;
use super::remedies::{Flags, NAME_IT};

/// Rows from which on a sequence is no coincidence.
const SEQUENCE: usize = 3;

/// How closely printed shares add up to 1.
const CLOSE: f64 = 1e-6;

/// Signs in the header and the columns of a table of points; `chosen` by `--columns`.
pub(crate) fn of_columns(
    table: &Table,
    layout: &Layout,
    chosen: bool,
    flags: Flags,
    remarks: &mut Remarks,
) {
    let origin = table.origin();
    match table.first_row() {
        FirstRow::Doubtful | FirstRow::Labeled if !table.has_first_row(layout) => {}
        FirstRow::Labeled => remarks.warn(may_be_header(origin, "point")),
        _ => first_row(table, "point", remarks),
    }
    if table.may_have_decimal_commas() {
        remarks.warn(format!(
            "{origin}: the rows are taken for points of two coordinates, but could be numbers with \
             decimal commas; if they are, write decimal points (pandas: to_csv without decimal=',')"
        ));
    }
    if !layout.row_labels.is_empty() {
        let names: Vec<_> = layout.row_labels.iter().map(|&k| quoted(table, k)).collect();
        let numbers: Vec<_> = layout.row_labels.iter().map(usize::to_string).collect();
        remarks.note(format!(
            "{origin}: left out of the coordinates, as row numbers or labels by name: {}; \
             --columns takes them all the same (by number: {})",
            names.join(", "),
            numbers.join(", ")
        ));
    }
    if !chosen && layout.coordinates.len() > 1 {
        of_coordinates(table, layout, flags, remarks);
    }
}

/// Masses and numbers of rows among the coordinates.
fn of_coordinates(table: &Table, layout: &Layout, flags: Flags, remarks: &mut Remarks) {
    let origin = table.origin();
    let names = labels(table, &layout.coordinates);
    let (has_header, is_bare) = (table.header().is_some(), layout.weights.is_none());
    let holds_shares = |column: &usize| table.holds_shares(*column, CLOSE);
    let shares = if is_bare {
        layout.coordinates.iter().filter(|c| holds_shares(c)).collect()
    } else {
        Vec::new()
    };
    // dplyr calls counts n and puts them last.
    let is_mass = |(column, name): (&usize, &String)| {
        let is_called = is_called_masses(name) && (*column > 0 || name != "n");
        let is_share = shares == [column];
        is_bare && (is_called || is_share || has_header && is_nameless(name, &names))
    };
    let columns = || layout.coordinates.iter().zip(&names);
    let are_positions = names.len() == 2 && columns().any(is_mass);
    let doubtful = if are_positions { Vec::new() } else { table.doubtful_index(layout) };
    let counts = |column| !are_positions && table.n_rows() >= SEQUENCE && table.counts_rows(column);
    for (&column, name) in columns() {
        let shown = listed(std::slice::from_ref(name));
        if is_mass((&column, name)) {
            let remedy = flags.weigh(table, layout, column);
            remarks.warn(format!(
                "{origin}: {shown} is taken for a coordinate; if it holds the masses, {remedy}"
            ));
        } else if counts(column) {
            let leave_out = flags.leave_out(table, layout, &[column]);
            remarks.warn(format!(
                "{origin}: {shown} counts the rows, but is taken for a coordinate; {leave_out}"
            ));
        } else if doubtful.contains(&column) {
            remarks.warn(index_warnings::of_coordinates(table, layout, &doubtful, flags));
        }
    }
}

/// Columns of a file of masses or of a matrix that name its rows.
pub(crate) fn of_name_columns(table: &Table, taken: &str, remarks: &mut Remarks) {
    let columns = table.name_columns();
    if columns.is_empty() {
        return;
    }
    let names: Vec<_> = columns.iter().map(|&column| quoted(table, column)).collect();
    remarks.note(format!(
        "{}: taken for names of the rows, not for {taken}: {}",
        table.origin(),
        names.join(", ")
    ));
}

/// A column, as remarks name it.
fn quoted(table: &Table, column: usize) -> String {
    let label = label(table, column);
    match table.column_id(column).name {
        Some(name) if !name.is_empty() => format!("\"{}\"", listed(&[label])),
        _ => format!("column {label} (no name)"),
    }
}

/// A first row that is a header or not; `kind` is what the rows are.
pub(crate) fn first_row(table: &Table, kind: &str, remarks: &mut Remarks) {
    let origin = table.origin();
    match table.first_row() {
        FirstRow::Names | FirstRow::Data => {}
        FirstRow::Numbers => {
            let names = table.header().unwrap_or_default();
            let is_counted = names.iter().enumerate().all(|(k, name)| *name == k.to_string());
            let (row, point) = if is_counted {
                ("0, 1, …".to_owned(), "0.0, 1.0, …".to_owned())
            } else {
                (names.join(", "), names.join(".0, ") + ".0")
            };
            remarks.note(format!(
                "{origin}: the first row, {row}, is taken for a header, as pandas writes it; if \
                 it is a {kind}, write it as {point}"
            ));
        }
        FirstRow::Doubtful => remarks.warn(may_be_header(origin, kind)),
        FirstRow::Labeled => remarks.note(may_be_header(origin, kind)),
    }
}

fn may_be_header(origin: &InputPath, kind: &str) -> String {
    format!(
        "{origin}: the first row, of whole numbers, is taken for a {kind}, but could be a header; \
         if it is one, {NAME_IT}; if not, write its numbers with a decimal point"
    )
}

/// Warns of two tables of points that begin with one and the same row.
pub(crate) fn same_first_row(table: &Table, other: &Table) -> Option<String> {
    (table.first_row() == FirstRow::Data && table.begins_like(other)).then(|| {
        format!(
            "{} and {} begin with the same row, which is taken for a point of each, but could be a \
             header; if it is one, {NAME_IT}; if not, put a row of names above it",
            table.origin(),
            other.origin()
        )
    })
}

/// A matrix of costs whose first row could be a header: one without which it is square, or whole
/// numbers above fractions, but not the row 0, 1, … of a matrix of distances on a line. One that reads
/// 0, 1, … above fractions is the numbers of the columns, unless the matrix is square with it.
/// Where `masses` of rows and columns are given, their number decides.
pub(crate) fn of_matrix(table: Table, masses: [Option<usize>; 2], remarks: &mut Remarks) -> Table {
    let (n, m) = (table.n_rows(), table.data_columns().len());
    let table = if table.first_row() == FirstRow::Numbers {
        numbers_above_costs(table, masses[0], remarks)
    } else {
        let is_doubtful = table.first_row() == FirstRow::Doubtful;
        let is_line = table.may_have_numbers()
            && (table.has_zero_diagonal() || n != m && table.counts_rows(table.data_columns()[0]));
        let is_unlike = is_doubtful && !is_line;
        let is_too_many = n == m + 1 && table.may_have_header();
        if masses[0] != Some(n) && (is_unlike || is_too_many) {
            remarks.warn(may_be_header(table.origin(), "row of costs"));
        } else if masses[0].is_none() && n != m && table.first_row() == FirstRow::Labeled {
            remarks.note(may_be_header(table.origin(), "row of costs"));
        }
        table
    };
    index_warnings::of_costs(&table, masses[1], remarks);
    table
}

/// A matrix below the numbers 0, 1, … of its columns, if these are not one of its rows.
fn numbers_above_costs(table: Table, masses: Option<usize>, remarks: &mut Remarks) -> Table {
    let origin = table.origin().clone();
    let (n, m) = (table.n_rows(), table.data_columns().len());
    if masses == Some(n + 1) {
        return table.with_all_rows().into_owned();
    }
    if n + 1 == m && masses != Some(n) {
        let table = table.with_all_rows().into_owned();
        if !table.has_zero_diagonal() {
            remarks.warn(format!(
                "{origin}: the first row, 0, 1, …, is taken for one of the matrix, which is square \
                 with it"
            ));
        }
        return table;
    }
    let text = format!(
        "{origin}: the first row, 0, 1, …, is taken for a header, as pandas writes it; if it \
         belongs to the matrix, write it as 0.0, 1.0, …"
    );
    if masses == Some(n) || table.has_zero_diagonal() {
        remarks.note(text);
    } else {
        remarks.warn(text);
    }
    table
}

pub(crate) fn is_called_masses(name: &str) -> bool {
    const NAMES: [&str; 15] = [
        "weight",
        "weights",
        "mass",
        "masses",
        "count",
        "counts",
        "frequency",
        "frequencies",
        "freq",
        "n",
        "proportion",
        "proportions",
        "probability",
        "probabilities",
        "percent",
    ];
    NAMES.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

/// Whether a column has the name 0 that pandas gives to values without one, behind its positions.
fn is_nameless(name: &str, names: &[String]) -> bool {
    name == "0"
        && matches!(names, [position, last] if last == "0" && position.parse::<f64>().is_err())
}

/// Signs in points without masses.
pub(crate) fn of_points(
    origin: &InputPath,
    points: &Array2<f64>,
    names: Option<&[String]>,
    remarks: &mut Remarks,
) {
    let (rows, columns) = points.dim();
    let is_share = |x: &f64| (0.0..=1.0).contains(x);
    if rows > 1
        && columns == 1
        && points.iter().all(is_share)
        && points.iter().any(|x| x.fract() != 0.0)
        && (math::sum(points) - 1.0).abs() <= CLOSE
    {
        remarks.warn(format!(
            "{origin} looks like a probability vector ({rows} numbers that add up to 1), but is \
             read as samples on the line; for a histogram on the cells 0, 1, 2, …, give --hist"
        ));
    }
    let has = |wanted: &str| {
        names.unwrap_or_default().iter().any(|name| name.trim().eq_ignore_ascii_case(wanted))
    };
    if has("birth") && has("death") {
        remarks.warn(format!(
            "{origin}: every point of the persistence diagram has the mass 1/{rows}, and none is \
             matched with the diagonal; for the distance between diagrams, see deblais emd --diagonal"
        ));
    }
}

/// Signs in two sample sets side by side.
pub(crate) fn of_pair(
    [x, y]: [&ReadMeasure; 2],
    [a, b]: [&InputPath; 2],
    flags: Flags,
    remarks: &mut Remarks,
) {
    let (p, q) = (x.measure.support(), y.measure.support());
    if p == q && x.measure.mass() == y.measure.mass() {
        remarks.warn(
            "source and target are the same points with the same masses, 0 apart; to tell two \
             sets of one file apart, use --source-where and --target-where"
                .to_owned(),
        );
        return;
    }
    if x.uniform && y.uniform {
        let name = x.name_of_masses().or(y.name_of_masses());
        of_counts([&x.measure, &y.measure], [a, b], name, flags, remarks);
    }
}

/// Signs of histograms in points without masses; `name` is that of their only column, if masses are
/// called so.
pub(crate) fn of_counts(
    [x, y]: [&DiscreteMeasure; 2],
    files: [&InputPath; 2],
    name: Option<&str>,
    flags: Flags,
    remarks: &mut Remarks,
) {
    let (p, q) = (x.support(), y.support());
    let [a, b] = files;
    if p.ncols() == 1 && q.ncols() == 1 {
        let columns = [p.column(0), q.column(0)];
        if let Some(text) = look_like_counts(columns, files, flags)
            .or_else(|| called_masses(name?, columns, files, flags))
        {
            remarks.warn(text);
        }
    } else if add_up_to_the_same(p.rows().into_iter().chain(q.rows())) && p.ncols() >= SEQUENCE {
        remarks.warn(format!(
            "{a} and {b} could hold a histogram a row (all rows add up to the same), but every \
             row is read as a point in {} dimensions; {} takes a file of one column for each",
            p.ncols(),
            flags.hist()
        ));
    }
}

/// Samples on the line in a column that is called as masses are.
fn called_masses(
    name: &str,
    [p, q]: [ArrayView1<'_, f64>; 2],
    [a, b]: [&InputPath; 2],
    flags: Flags,
) -> Option<String> {
    let are_masses = |x: ArrayView1<'_, f64>| x.iter().all(|x| *x >= 0.0) && math::sum(x) > 0.0;
    // Bodies have a weight and a mass, too.
    let may_be_measured = ["weight", "mass"].contains(&name.trim().to_lowercase().as_str());
    let are_counts = p.iter().chain(q).all(|x| x.fract() == 0.0) || math::sum(p) == math::sum(q);
    if !are_masses(p) || !are_masses(q) || may_be_measured && !are_counts {
        return None;
    }
    let hist = give_hist([p, q], flags);
    let remedy = if p.len() == q.len() {
        hist
    } else {
        format!(
            "write the same cells into both, with their names and with 0 where there is nothing \
             (pandas: counts.reindex(names, fill_value=0).to_csv), and {hist}"
        )
    };
    let keep = flags.keep(&typed(&[name.to_owned()]).unwrap_or_else(|| "0".to_owned()));
    Some(format!(
        "{a} and {b}: the values of the only column, {name}, are read as samples on the line; if they \
         are the masses of cells, {remedy}{keep}"
    ))
}

/// How to read these masses as histograms.
fn give_hist([p, q]: [ArrayView1<'_, f64>; 2], flags: Flags) -> String {
    let hist = flags.hist();
    if math::sum(p) == math::sum(q) {
        format!("give {hist}")
    } else {
        format!("give {hist} --normalize, as the totals differ")
    }
}

/// Whether all rows are non-negative and have one total.
fn add_up_to_the_same<'a>(mut rows: impl Iterator<Item = ArrayView1<'a, f64>>) -> bool {
    let total = |row: ArrayView1<'_, f64>| row.iter().all(|x| *x >= 0.0).then(|| math::sum(row));
    let Some(first) = rows.next().and_then(total).filter(|first| *first > 0.0) else {
        return false;
    };
    rows.all(|row| total(row).is_some_and(|other| (other - first).abs() <= CLOSE * first))
}

/// Whole numbers, as many on both sides, that add up to the same, or change little from one to the
/// next on both.
fn look_like_counts(
    [p, q]: [ArrayView1<'_, f64>; 2],
    [a, b]: [&InputPath; 2],
    flags: Flags,
) -> Option<String> {
    let whole = |x: &f64| *x >= 0.0 && x.fract() == 0.0;
    let cells = p.len();
    let same_total = math::sum(p) == math::sum(q);
    let look_so = cells == q.len()
        && cells >= SEQUENCE
        && p.iter().chain(q).all(whole)
        && (same_total && !(ascends(p) && ascends(q)) || is_smooth(p) && is_smooth(q));
    look_so.then(|| {
        format!(
            "{a} and {b} could be counts ({cells} whole numbers each), but are read as samples on \
             the line; for histograms on the cells 0, 1, 2, …, {}",
            give_hist([p, q], flags)
        )
    })
}

fn ascends(x: ArrayView1<'_, f64>) -> bool {
    x.windows(2).into_iter().all(|pair| pair[0] <= pair[1])
}

/// Whether neighbors differ less than independent samples do, whose ratio of von Neumann, the mean
/// square of their differences over the variance, is near 2. Sorted samples are no counts.
fn is_smooth(x: ArrayView1<'_, f64>) -> bool {
    const MOST: f64 = 1.0;
    let mean = math::sum(x) / x.len() as f64;
    let squares: f64 = x.iter().map(|value| (value - mean).powi(2)).sum();
    let differences: f64 = x.windows(2).into_iter().map(|pair| (pair[1] - pair[0]).powi(2)).sum();
    !ascends(x) && differences < MOST * squares
}

/// Signs in a file that is given for a histogram.
pub(crate) fn of_histogram(
    origin: &InputPath,
    table: &Table,
    masses: &Array1<f64>,
    for_points: &str,
    remarks: &mut Remarks,
) {
    first_row(table, "mass", remarks);
    let total = math::sum(masses);
    let counts_rows = (0..table.n_columns()).all(|column| table.counts_rows(column));
    if masses.len() >= SEQUENCE && counts_rows {
        remarks.warn(format!(
            "{origin} holds the numbers of the cells in sequence: here they are masses; if they are \
             points, {for_points}"
        ));
    } else if masses.iter().any(|mass| mass.fract() != 0.0) && (total - 1.0).abs() > 0.05 {
        remarks.warn(format!(
            "{origin} holds neither counts nor shares of 1 (the sum is {total}); if it holds \
             points, {for_points}"
        ));
    }
}

/// A total that was meant to be 1.
pub(crate) fn of_total(total: f64, remarks: &mut Remarks) {
    const NEAR: f64 = 0.05;
    if (CLOSE..=NEAR).contains(&(total - 1.0).abs()) {
        remarks.warn(format!(
            "the masses add up to {total}, not 1; --normalize scales both sides to a total of 1"
        ));
    }
}
