//! A first column that could number or name the rows, but is taken for data.

use deblais::io::{Layout, Table, may_list_arcs};

use super::columns::{labels, listed};
use super::input_warnings::first_row;
use super::remarks::Remarks;
use super::remedies::{Flags, call_it_id, typed_columns};

/// Coordinates of points, by their columns, that could name the rows.
pub(crate) fn of_coordinates(
    table: &Table,
    layout: &Layout,
    columns: &[usize],
    flags: Flags,
) -> String {
    let mut names = listed(&labels(table, columns));
    let are_several = columns.len() > 1;
    if table.header().is_none() {
        names = format!("column{} {names}", if are_several { "s" } else { "" });
    }
    let (are, numbers, does) = if are_several {
        ("are taken for coordinates", "different whole numbers", "they do")
    } else {
        ("is taken for a coordinate", "a different whole number", "it does")
    };
    format!(
        "{}: {names} {are}, but could name the rows, with {numbers} for each; if {does}, {}{}",
        table.origin(),
        flags.leave_out(table, layout, columns),
        flags.keep(&typed_columns(table, &layout.coordinates))
    )
}

/// The first column of a matrix of costs; `masses` is the number of those of the columns.
pub(crate) fn of_costs(table: &Table, masses: Option<usize>, remarks: &mut Remarks) {
    let origin = table.origin();
    if may_list_arcs(table) {
        remarks.warn(format!(
            "{origin}: the rows are taken for those of a matrix, but could be arcs i, j, cost; if they \
             are, give --cost-arcs {origin}"
        ));
    } else if table.has_doubtful_index_of_costs(masses) {
        let is_square = table.n_rows() + 1 == table.data_columns().len();
        let square = if is_square { ", though the matrix is square without it" } else { "" };
        remarks.warn(first_column(table, &format!("costs{square}"), "rows"));
    }
}

/// The remedy if the first column of a matrix of costs numbers the rows, where it could; `masses` is the
/// number of those of the columns.
pub(crate) fn row_numbers(table: &Table, masses: Option<usize>) -> Option<String> {
    let may_be = table.numbers_its_rows() || table.has_doubtful_index_of_costs(masses);
    may_be.then(|| {
        let remedy = call_it_id(table);
        format!("if the first of the columns of {} numbers the rows, {remedy}", table.origin())
    })
}

/// Places of cells, the first coordinate of which could number the cells.
pub(crate) fn of_places(table: &Table, remarks: &mut Remarks) {
    first_row(table, "place", remarks);
    if table.has_doubtful_index_of_places() {
        remarks.warn(first_column(table, "a coordinate", "cells"));
    }
}

/// A first column that could number the rows of a table, which are `kind`.
fn first_column(table: &Table, taken: &str, kind: &str) -> String {
    let column = table.data_columns()[0];
    let remedy = call_it_id(table);
    let name = table
        .header()
        .map_or(String::new(), |_| format!(", {},", listed(&labels(table, &[column]))));
    let is = if table.counts_rows(column) {
        "counts the rows"
    } else {
        "holds a different whole number in each row"
    };
    format!(
        "{}: the first column{name} {is}, but is taken for {taken}; if it numbers or names the \
         {kind}, {remedy}",
        table.origin()
    )
}
