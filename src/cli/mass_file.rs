//! Masses in a file of their own.

use deblais::io::{InputDigest, InputPath, Table};
use deblais::report::InputReport;
use ndarray::Axis;

use super::failure::Failure;
use super::input_warnings;
use super::read_measure::{InputLog, Masses, Role, masses_report, report, table, totals_tolerance};
use super::remedies::NAME_IT;
use super::row_names::RowNames;

/// The points, rows or columns of a matrix that masses are given to.
pub(crate) struct MassHolders {
    pub(crate) count: usize,
    /// Their kind and file, for messages.
    pub(crate) kind: String,
    pub(crate) names: RowNames,
    /// The remedy if the first of them is none.
    pub(crate) excess: Option<String>,
}

impl MassHolders {
    /// The remedy if the first of `rows` is a header, where it could be one.
    pub(crate) fn header(rows: &str, may_be_one: bool) -> Option<String> {
        let remedy = NAME_IT;
        may_be_one.then(|| format!("if the first of the {rows} is a header, {remedy}"))
    }
}

/// A file of masses that was read.
pub(crate) struct MassFile {
    pub(crate) origin: InputPath,
    pub(crate) table: Table,
    digest: InputDigest,
}

impl MassFile {
    pub(crate) fn read(origin: &InputPath) -> Result<Self, Failure> {
        let (table, digest) = table(origin)?;
        Ok(Self { origin: origin.clone(), table, digest })
    }

    /// The masses as they are; rows that have names are matched by them.
    pub(crate) fn masses(
        self,
        role: Role,
        holders: &MassHolders,
        normalize: bool,
        log: &mut InputLog,
    ) -> Result<Masses, Failure> {
        let MassFile { origin, table, digest } = self;
        let precision = table.precision();
        let mut values = table.weights()?;
        input_warnings::of_name_columns(&table, "masses", &mut log.remarks);
        input_warnings::first_row(&table, "mass", &mut log.remarks);
        let MassHolders { count, kind, names, excess } = holders;
        if values.len() != *count {
            let remedy = if values.len() + 1 == *count {
                excess.clone()
            } else {
                let is_excess = values.len() == count + 1;
                MassHolders::header("masses", is_excess && table.may_have_header())
            };
            let remedy = remedy.map_or(String::new(), |remedy| format!("{remedy}; else "));
            return Err(Failure::new(format!(
                "{origin}: {} masses for {count} {kind}",
                values.len()
            ))
            .hint(format!("{remedy}give one mass for each of the {kind}, in their order")));
        }
        if let Some(order) = names.order_masses(&RowNames::of(&table, None)?, &mut log.remarks)? {
            values = values.select(Axis(0), &order);
        }
        let report = InputReport {
            masses: Some(masses_report("file", None, &values)),
            ..report(&origin, *count, digest, normalize)
        };
        log.inputs.insert(role.weights(), report);
        Ok(Masses { values, totals_tolerance: totals_tolerance(precision) })
    }
}
