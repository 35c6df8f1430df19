//! The columns of several tables: held against each other by name, and listed for people.

use std::collections::{HashMap, HashSet};

use deblais::io::{InputPath, Layout, Table};

use super::failure::Failure;
use super::remarks::Remarks;

/// The coordinates of the first table, which those of the others are held against.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    origin: InputPath,
    places: Vec<usize>,
    /// Names, unless there is no header.
    names: Option<Vec<String>>,
}

impl Columns {
    /// Columns that nobody calls by name.
    pub(crate) fn nameless(origin: &InputPath) -> Self {
        Self { origin: origin.clone(), places: Vec::new(), names: None }
    }

    /// The coordinates of a table.
    pub(crate) fn of(table: &Table, layout: &Layout) -> Self {
        let names = table.names(&layout.coordinates);
        Self { origin: table.origin().clone(), places: layout.coordinates.clone(), names }
    }

    /// Whether others can be matched by name.
    pub(crate) fn have_names(&self) -> bool {
        self.names.is_some() && !self.are_numbers()
    }

    /// Whether the names are bare numbers 0, 1, …, d − 1.
    pub(crate) fn are_numbers(&self) -> bool {
        let is_number = |(k, name): (usize, &String)| *name == k.to_string();
        self.names.as_ref().is_some_and(|names| names.iter().enumerate().all(is_number))
    }

    /// The names to match others by: bare numbers only beside the same numbers.
    fn names_beside(&self, other: &Self) -> Option<&Vec<String>> {
        let names = self.names.as_ref()?;
        let same = |others: &Vec<String>| order(names, others).is_some();
        (!self.are_numbers() || other.names.as_ref().is_some_and(same)).then_some(names)
    }

    /// Puts the coordinates of another table into the order of this one, by name if both have
    /// names. Those that `--columns` chose stay where they are.
    pub(crate) fn order(
        &self,
        table: &Table,
        layout: &mut Layout,
        chosen: bool,
        remarks: &mut Remarks,
    ) -> Result<(), Failure> {
        let other = Self::of(table, layout);
        let (Some(names), Some(others)) = (self.names_beside(&other), other.names_beside(self))
        else {
            if !chosen {
                self.note_position(&other, remarks);
            }
            return Ok(());
        };
        if names == others {
            return Ok(());
        }
        let (here, there) = (listed(names), listed(others));
        if chosen {
            if names.len() == others.len() {
                remarks.warn(format!(
                    "--columns takes {here} of {} and {there} of {}: they are compared by position",
                    self.origin, other.origin
                ));
            }
            return Ok(());
        }
        let Some(order) = order(names, others) else { return Err(self.mismatch(&other)) };
        layout.coordinates = order.into_iter().map(|k| other.places[k]).collect();
        remarks.note(format!(
            "{}: the columns {there} are taken in the order of {}: {here}",
            other.origin, self.origin
        ));
        Ok(())
    }

    /// Names that only one of the tables has cannot show that its columns stand in another order.
    fn note_position(&self, other: &Self, remarks: &mut Remarks) {
        let (named, bare) = if self.have_names() { (self, other) } else { (other, self) };
        if let Some(names) = named.names_beside(bare)
            && names.len() > 1
            && names.len() == bare.places.len()
        {
            remarks.note(format!(
                "the columns of {} have no names: they are taken in the order of {}: {}",
                bare.origin,
                named.origin,
                listed(names)
            ));
        }
    }

    /// Tables whose columns have not the same names.
    fn mismatch(&self, other: &Self) -> Failure {
        let [mine, others] = [self, other].map(|side| side.names.clone().unwrap_or_default());
        let (common, apart): (Vec<_>, Vec<_>) =
            mine.iter().cloned().partition(|name| others.contains(name));
        let extra = others.iter().filter(|name| !mine.contains(name)).cloned();
        let apart: Vec<_> = apart.into_iter().chain(extra).collect();
        let choose = typed(&common).map(|list| format!("choose what both have: --columns {list}"));
        let leave =
            typed(&apart).map(|list| format!("leave out what one has alone: --drop {list}"));
        let hint = if apart.is_empty() {
            "give every column a name of its own, or choose by number: --columns 0,1".to_owned()
        } else if !common.is_empty() {
            let ways: Vec<_> = [choose, leave].into_iter().flatten().collect();
            let none = || "choose the columns with --columns or --drop".to_owned();
            if ways.is_empty() { none() } else { ways.join("; or ") }
        } else if self.places == other.places {
            let places: Vec<_> = self.places.iter().map(usize::to_string).collect();
            let list = typed(&places).unwrap_or_default();
            format!("give both the same names, or compare by position: --columns {list}")
        } else {
            "give both the same names, or choose the columns with --columns".to_owned()
        };
        Failure::new(format!(
            "{} has the columns {}, but {} has {}: they are matched by name",
            self.origin,
            listed(&mine),
            other.origin,
            listed(&others)
        ))
        .hint(hint)
    }
}

/// Where each of the names is among the others, if they are the same names, each of them once.
pub(crate) fn order(names: &[String], others: &[String]) -> Option<Vec<usize>> {
    let places: HashMap<&String, usize> =
        others.iter().enumerate().map(|(place, name)| (name, place)).collect();
    let found: Vec<_> =
        names.iter().map(|name| places.get(name).copied()).collect::<Option<_>>()?;
    let all = found.iter().collect::<HashSet<_>>().len();
    (all == names.len() && all == others.len()).then_some(found)
}

/// Names, or positions where there is no name.
pub(crate) fn labels(table: &Table, columns: &[usize]) -> Vec<String> {
    columns.iter().map(|&column| label(table, column)).collect()
}

/// A name, or a position where there is none.
pub(crate) fn label(table: &Table, column: usize) -> String {
    let name = table.column_id(column).name.filter(|name| !name.is_empty());
    name.unwrap_or_else(|| column.to_string())
}

/// Names as messages list them: ranges such as `e0-e49`, the first and the last of many.
pub(crate) fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    let ranges: Vec<_> = ranges(names).iter().map(|name| clean(name)).collect();
    match ranges.as_slice() {
        [first, second, .., last] if ranges.len() > MOST => {
            format!("{first}, {second}, …, {last} ({} in all)", names.len())
        }
        few => few.join(", "),
    }
}

/// Names as a shell passes them to `--columns` and `--drop`, if they can be typed.
pub(crate) fn typed(names: &[String]) -> Option<String> {
    const MOST: usize = 24;
    let ranges = ranges(names);
    let can_be = |name: &String| !name.is_empty() && !name.contains(',') && clean(name) == *name;
    let list = (ranges.len() <= MOST && names.iter().all(can_be)).then(|| ranges.join(","))?;
    let is_plain = |c: char| c.is_alphanumeric() || "_-.,:/+%@".contains(c);
    // A name that can be typed holds no quotes.
    Some(if list.chars().all(is_plain) { list } else { format!("'{list}'") })
}

/// Runs of at least three names in sequence become ranges.
fn ranges(names: &[String]) -> Vec<String> {
    const LEAST: usize = 3;
    let runs = names.chunk_by(|name, next| successor(name).as_ref() == Some(next));
    let texts = runs.flat_map(|run| match run {
        [first, .., last] if run.len() >= LEAST => vec![format!("{first}-{last}")],
        _ => run.to_vec(),
    });
    texts.collect()
}

/// The name with the next number, `p08` after `p07`.
fn successor(name: &str) -> Option<String> {
    let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &name[prefix.len()..];
    let next = digits.parse::<u64>().ok()?.checked_add(1)?;
    Some(format!("{prefix}{next:0width$}", width = digits.len()))
}

/// A name on one line, cut if it is long, `""` if it is empty.
fn clean(name: &str) -> String {
    const LONGEST: usize = 40;
    if name.is_empty() {
        return "\"\"".to_owned();
    }
    let cut: String = name.chars().take(LONGEST).collect();
    let more = if cut.len() < name.len() { "…" } else { "" };
    format!("{}{more}", cut.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Vec<String> {
        list.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn names_in_sequence_are_listed_as_ranges() {
        assert_eq!(listed(&names("e0,e1,e2,w")), "e0-e2, w");
        assert_eq!(listed(&names("x,y")), "x, y");
        assert_eq!(listed(&names(",a")), "\"\", a");
        assert_eq!(listed(&names("0,1,2,3")), "0-3");
        assert_eq!(listed(&names("p06,p07,p08,p10")), "p06-p08, p10");
        assert_eq!(listed(&names("a,b,c,d,e,f,x")), "a, b, …, x (7 in all)");
        assert_eq!(listed(&names("a\u{1b}b")), "a\\u{1b}b");
    }

    #[test]
    fn names_are_suggested_only_where_they_can_be_typed() {
        assert_eq!(typed(&names("e0,e1,e2,w")).as_deref(), Some("e0-e2,w"));
        assert_eq!(typed(&names("x,Unnamed: 0.1")).as_deref(), Some("'x,Unnamed: 0.1'"));
        assert_eq!(typed(&["it's".to_owned()]), None);
        assert_eq!(typed(&["a,b".to_owned()]), None);
        assert_eq!(typed(&["a\tb".to_owned()]), None);
        let many: Vec<_> = (0..100).map(|k| (2 * k).to_string()).collect();
        assert_eq!(typed(&many), None);
    }

    #[test]
    fn an_order_is_found_where_the_names_are_the_same_and_each_comes_once() {
        assert_eq!(order(&names("x,y,z"), &names("z,x,y")), Some(vec![1, 2, 0]));
        assert_eq!(order(&names("x,y"), &names("x,y,z")), None);
        assert_eq!(order(&names("x,y,z"), &names("x,y")), None);
        assert_eq!(order(&names("x,x,y"), &names("x,y,x")), None);
        assert_eq!(order(&names("x,x"), &names("x,y")), None);
    }
}
