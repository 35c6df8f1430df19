//! The rows of several tables: matched by name where both have names, else by position.

use std::collections::HashSet;

use deblais::io::{Filter, InputPath, ReadError, Table};

use super::columns::{listed, order};
use super::failure::Failure;
use super::remarks::Remarks;

/// How to compare by position, though there are names.
const WITHOUT: &str = "write the files without row names (pandas: to_csv(index=False)) to compare \
                       them by position";

/// The names of the rows of a file, or of the columns of a matrix, if there are any.
#[derive(Debug, Clone)]
pub(crate) struct RowNames {
    origin: InputPath,
    names: Option<Vec<String>>,
    /// The index without a name that pandas writes, be it beside names or in their place.
    index: Option<Vec<String>>,
}

impl RowNames {
    /// Those names.
    pub(crate) fn new(origin: &InputPath, names: Option<Vec<String>>) -> Self {
        Self { origin: origin.clone(), names, index: None }
    }

    /// The names of the rows of a table that pass.
    pub(crate) fn of(table: &Table, filter: Option<&(Filter, usize)>) -> Result<Self, ReadError> {
        let index = table.row_index(filter)?;
        Ok(Self { index, ..Self::new(table.origin(), table.row_names(filter)?) })
    }

    /// Both by their indices, if one has nothing else and the names of the other are not the same.
    fn by_index(&self, other: &Self) -> Option<[Self; 2]> {
        let (mine, others) = (self.index.as_ref()?, other.index.as_ref()?);
        let (names, other_names) = (self.names.as_ref()?, other.names.as_ref()?);
        let is_beside_one = (names == mine) != (other_names == others);
        (is_beside_one && order(names, other_names).is_none() && order(mine, others).is_some())
            .then(|| {
                [(self, mine), (other, others)]
                    .map(|(side, index)| Self::new(&side.origin, Some(index.clone())))
            })
    }

    /// The names, unless they are the numbers 0, 1, 2, … or 1, 2, 3, … of the rows.
    pub(crate) fn meant(&self) -> Option<&[String]> {
        let names = self.names.as_deref()?;
        let count = |first: usize| {
            names.iter().enumerate().all(|(k, name)| *name == (first + k).to_string())
        };
        (!count(0) && !count(1)).then_some(names)
    }

    /// The places of another file's rows in the order of these, unless they are there already.
    /// Names that are not the same on both sides are an error.
    pub(crate) fn order(
        &self,
        other: &Self,
        remarks: &mut Remarks,
    ) -> Result<Option<Vec<usize>>, Failure> {
        if let Some([mine, others]) = self.by_index(other) {
            return mine.order(&others, remarks);
        }
        let (Some(mine), Some(others)) = (&self.names, &other.names) else {
            self.note_position(other, remarks);
            return Ok(None);
        };
        if mine == others {
            return Ok(None);
        }
        let order = order(mine, others).ok_or_else(|| self.mismatch(other))?;
        remarks.note(format!(
            "{}: the rows {} are taken in the order of {}: {}",
            other.origin,
            listed(others),
            self.origin,
            listed(mine)
        ));
        Ok(Some(order))
    }

    /// As [`Self::order`] for a file of masses. Numbers of rows that are not the same, and labels
    /// that several points have and no mass is called by, are no names to match by.
    pub(crate) fn order_masses(
        &self,
        masses: &Self,
        remarks: &mut Remarks,
    ) -> Result<Option<Vec<usize>>, Failure> {
        if let Some([mine, others]) = self.by_index(masses) {
            return mine.order_masses(&others, remarks);
        }
        if self.names.is_some() && self.names == masses.names {
            return Ok(None);
        }
        if self.twice().is_some() {
            let known: HashSet<&String> = self.names.iter().flatten().collect();
            if masses.meant().is_some_and(|names| names.iter().any(|name| known.contains(name))) {
                return Err(self.mismatch(masses));
            }
            return Self::new(&self.origin, None).order(masses, remarks);
        }
        let is_numbered = self.meant().is_none() || masses.meant().is_none();
        match (&self.names, &masses.names) {
            (Some(mine), Some(others)) if is_numbered && order(mine, others).is_none() => {
                self.note_position(masses, remarks);
                Ok(None)
            }
            _ => self.order(masses, remarks),
        }
    }

    /// Names of one file that are not those of the other are not passed over in silence.
    fn note_position(&self, other: &Self, remarks: &mut Remarks) {
        if let Some(names) = self.meant().or(other.meant()) {
            let (named, bare) = if self.meant().is_some() { (self, other) } else { (other, self) };
            remarks.note(format!(
                "the row names of {} ({}) have no counterpart in {}: rows are compared by position",
                named.origin,
                listed(names),
                bare.origin
            ));
        }
    }

    /// A name that comes twice.
    fn twice(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.names.iter().flatten().find(|name| !seen.insert(*name)).map(String::as_str)
    }

    /// Files whose rows do not have the same names.
    fn mismatch(&self, other: &Self) -> Failure {
        for side in [self, other] {
            if let Some(name) = side.twice() {
                let name = listed(&[name.to_owned()]);
                return Failure::new(format!(
                    "{}: the row name \"{name}\" comes twice, so that rows cannot be matched by name",
                    side.origin
                ))
                .hint(format!("give every row a name of its own, or {WITHOUT}"));
            }
        }
        let alone = |side: &Self, other: &Self| {
            let known: HashSet<&String> = other.names.iter().flatten().collect();
            let names = side.names.iter().flatten().filter(|name| !known.contains(name));
            match names.cloned().collect::<Vec<_>>().as_slice() {
                [] => None,
                names => Some(format!("{} alone has {}", side.origin, listed(names))),
            }
        };
        let parts: Vec<_> =
            [alone(self, other), alone(other, self)].into_iter().flatten().collect();
        Failure::new(format!(
            "{} and {} do not have the same row names, by which they are matched: {}",
            self.origin,
            other.origin,
            parts.join("; ")
        ))
        .hint(format!(
            "give both files the same rows, with the mass 0 where there is none (pandas: \
             counts.reindex(names, fill_value=0)); or {WITHOUT}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(origin: &str, list: &str) -> RowNames {
        let names = list.split(',').map(str::to_owned).collect();
        RowNames::new(&InputPath::from(origin), Some(names))
    }

    #[test]
    fn rows_are_put_into_the_order_of_the_first_file() {
        let mut remarks = Remarks::default();
        let order = named("a", "x,y,z").order(&named("b", "z,x,y"), &mut remarks).unwrap();
        assert_eq!(order, Some(vec![1, 2, 0]));
        assert_eq!(remarks.notes, ["b: the rows z, x, y are taken in the order of a: x, y, z"]);
        assert_eq!(named("a", "x,x").order(&named("b", "x,x"), &mut remarks).unwrap(), None);
        let twice = named("a", "x,x,y").order(&named("b", "x,y,x"), &mut remarks);
        assert!(twice.unwrap_err().to_string().contains("\"x\" comes twice"));
        let apart = named("a", "0,1").order(&named("b", "1,2"), &mut remarks).unwrap_err();
        assert!(apart.to_string().contains("a alone has 0; b alone has 2"), "{apart}");
    }

    #[test]
    fn numbers_of_rows_and_class_labels_are_no_names_for_masses() {
        for (points, masses, notes) in [("17,4", "0,1", 1), ("3,3", "a,b", 1), ("0,1", "1,2", 0)] {
            let mut remarks = Remarks::default();
            let masses = named("w", masses);
            assert_eq!(named("a", points).order_masses(&masses, &mut remarks).unwrap(), None);
            assert_eq!(remarks.notes.len(), notes, "{points}");
        }
        let twice = named("a", "a,a,b").order_masses(&named("w", "b,a,a"), &mut Remarks::default());
        assert!(twice.unwrap_err().to_string().contains("\"a\" comes twice"));
        let order = named("a", "1,0").order_masses(&named("w", "0,1"), &mut Remarks::default());
        assert_eq!(order.unwrap(), Some(vec![1, 0]));
        let apart = named("a", "u,v").order_masses(&named("w", "u,x"), &mut Remarks::default());
        assert!(apart.is_err());
    }
}
