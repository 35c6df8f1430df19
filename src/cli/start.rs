//! `--start-potentials` and `--start-plan`: the answer to a similar problem, to start from.

use std::path::{Path, PathBuf};

use clap::Args;
use deblais::plan::TransportPlan;
use deblais::potentials::Potentials;
use deblais::problem::OtProblem;
use deblais::report::Inputs;
use deblais::solvers::Method;
use deblais::solvers::network_simplex::SimplexOptions;
use serde::Serialize;

use super::failure::Failure;
use super::{saved, typed};

/// Files to start from.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Solver")]
pub(crate) struct StartArgs {
    /// Start from these potentials, as `--potentials` of a similar problem writes them; the answer is as
    /// exact as without. Large problems in up to three dimensions need --start-plan beside it
    #[arg(long, value_name = "FILE")]
    #[serde(serialize_with = "typed::path")]
    start_potentials: Option<PathBuf>,

    /// Start from the cells of this plan, as `--plan` of a similar problem writes them; best beside
    /// --start-potentials
    #[arg(long, value_name = "FILE")]
    #[serde(serialize_with = "typed::path")]
    start_plan: Option<PathBuf>,
}

/// The answer to a similar problem, as far as it is given.
#[derive(Debug)]
pub(crate) struct Start {
    potentials: Option<Potentials>,
    plan: Option<TransportPlan>,
}

impl StartArgs {
    /// The names of the files.
    pub(crate) fn files(&self) -> Vec<&Path> {
        [&self.start_potentials, &self.start_plan]
            .into_iter()
            .filter_map(|f| f.as_deref())
            .collect()
    }

    /// Refuses a start for a problem that is solved without.
    pub(crate) fn check_absent(&self, problem: &str) -> Result<(), Failure> {
        match self.flag() {
            Some(flag) => Err(Failure::usage(format!("{flag} does not go with {problem}"))
                .hint(format!("leave {flag} out"))),
            None => Ok(()),
        }
    }

    /// The first flag that is given.
    fn flag(&self) -> Option<&'static str> {
        let plan = self.start_plan.as_ref().map(|_| "--start-plan");
        self.start_potentials.as_ref().map(|_| "--start-potentials").or(plan)
    }

    /// Refuses a method that reads no start.
    pub(crate) fn check(&self, method: Method) -> Result<(), Failure> {
        let reads_it = matches!(method, Method::Auto | Method::Simplex | Method::Shortlist);
        match self.flag() {
            Some(flag) if !reads_it => {
                Err(Failure::usage(format!("{flag}: this method starts from nothing"))
                    .hint("take --method simplex or shortlist, or leave --method out"))
            }
            _ => Ok(()),
        }
    }

    /// Reads the files.
    pub(crate) fn read(&self, problem: &OtProblem, inputs: &mut Inputs) -> Result<Start, Failure> {
        let (n, m) = (problem.n(), problem.m());
        let potentials = self.start_potentials.as_deref();
        let potentials =
            potentials.map(|path| saved::read_potentials(path, "start_potentials", n, m, inputs));
        let plan = self.start_plan.as_deref();
        let plan = plan.map(|path| saved::read_plan(path, "start_plan", problem, inputs, true));
        Ok(Start { potentials: potentials.transpose()?, plan: plan.transpose()? })
    }
}

impl Start {
    /// The options of the simplex methods that start here.
    pub(crate) fn options(&self) -> SimplexOptions<'_> {
        let (start, start_plan) = (self.potentials.as_ref(), self.plan.as_ref());
        SimplexOptions { start, start_plan, ..SimplexOptions::default() }
    }
}
