//! Columns, weights and filters as flags name them: `COLUMNS;DROPPED<newline>WEIGHTS<newline>FILTER<newline>`,
//! then a table.

use deblais::io::{ColumnRef, Filter, Input, InputPath, Selection};

pub(crate) fn run(data: &[u8]) {
    let mut parts = data.splitn(4, |&byte| byte == b'\n');
    let mut text = || parts.next().and_then(|part| std::str::from_utf8(part).ok()).unwrap_or("");
    let (columns, weights, filter) = (text(), text(), text());
    let column = |text: &str| text.parse::<ColumnRef>().unwrap_or_else(|never| match never {});
    let (columns, dropped) = columns.split_once(';').unwrap_or((columns, ""));
    let list = |text: &str| -> Option<Vec<ColumnRef>> {
        (!text.is_empty()).then(|| text.split(',').map(column).collect())
    };
    let selection = Selection {
        columns: list(columns),
        dropped: list(dropped).unwrap_or_default(),
        weights: (!weights.is_empty()).then(|| column(weights)),
        filter: filter.parse::<Filter>().ok(),
    };
    let table = parts.next().unwrap_or_default();
    let Ok(Input::Table(table)) = Input::from_bytes(&InputPath::from("table"), table) else {
        return;
    };
    if let Err(error) = table.select(&selection) {
        super::told(&error, &error.hint());
    }
    let _ = table.values(&column(weights));
    let _ = table.with_names_of(&selection).select(&selection);
}
