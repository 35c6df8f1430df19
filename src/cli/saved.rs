//! Plans and potentials in files.

use std::path::Path;

use deblais::Gradient;
use deblais::io::{self, InputPath, ReadError, plan_of_mass, potentials_from};
use deblais::plan::TransportPlan;
use deblais::potentials::Potentials;
use deblais::problem::OtProblem;
use deblais::report::Inputs;

use super::failure::Failure;
use super::note;
use super::read_measure::{report, table};

/// Endings of the formats that can be written.
pub(crate) const FORMATS: &[&str] = &["csv", "npy"];

/// Writes the cells of a plan.
pub(crate) fn write_plan(path: &Path, plan: &TransportPlan) -> Result<(), Failure> {
    Ok(io::write_plan(path, plan)?)
}

/// Writes potentials.
pub(crate) fn write_potentials(path: &Path, potentials: &Potentials) -> Result<(), Failure> {
    Ok(io::write_potentials(path, potentials)?)
}

/// Writes derivatives, the coordinates by the names that the source's have.
pub(crate) fn write_gradient(
    path: &Path,
    gradient: &Gradient,
    inputs: &Inputs,
) -> Result<(), Failure> {
    let names = inputs.get("source").and_then(|source| source.columns.as_deref());
    Ok(io::write_gradient(path, gradient, names.unwrap_or_default())?)
}

/// Reads somebody's plan for a problem; `role` is its name among the inputs.
pub(crate) fn read_plan(
    path: &Path,
    role: &'static str,
    problem: &OtProblem,
    inputs: &mut Inputs,
    quiet: bool,
) -> Result<TransportPlan, Failure> {
    let origin = InputPath::from(path);
    let (table, digest) = table(&origin)?;
    let (n, m, mass) = (problem.n(), problem.m(), problem.total());
    let (plan, has_numbers) = plan_of_mass(&table, n, m, mass).map_err(|error| match error {
        ReadError::NotANumber { .. } => Failure::new(error)
            .hint("a plan holds numbers alone: give places of points, from 0, for their names"),
        error => error.into(),
    })?;
    if has_numbers {
        let text = format!(
            "{origin}: the first row, 0, 1, 2, is taken for a header: the masses below it add up to \
             those of the problem"
        );
        note(&text, quiet);
    }
    inputs.insert(role, report(&origin, table.n_rows(), digest, false));
    Ok(plan)
}

/// Reads somebody's potentials, likewise.
pub(crate) fn read_potentials(
    path: &Path,
    role: &'static str,
    n: usize,
    m: usize,
    inputs: &mut Inputs,
) -> Result<Potentials, Failure> {
    let origin = InputPath::from(path);
    let (table, digest) = table(&origin)?;
    let potentials = potentials_from(&table, n, m)?;
    inputs.insert(role, report(&origin, table.n_rows(), digest, false));
    Ok(potentials)
}
