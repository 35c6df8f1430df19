//! Which cells of a Gibbs plan are formed: all of them only where they are few.

use clap::Args;
use deblais::plan::TransportPlan;
use deblais::problem::OtProblem;
use deblais::solvers::sinkhorn::Entropic;
use serde::Serialize;

use crate::cli::failure::Failure;

/// A Gibbs plan of no more cells than this is formed without a threshold.
const MOST_CELLS: usize = 4_000_000;

/// How much of the plan is written and drawn.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Output")]
pub(crate) struct CellArgs {
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true, help = help())]
    pub(crate) plan_threshold: Option<f64>,

    /// Put the plan's cells into the JSON as well
    #[arg(long, requires = "json")]
    #[serde(skip)]
    pub(crate) json_plan: bool,
}

fn help() -> String {
    format!(
        "Leave out of the plan's cells, in files and pictures, those with less than this share of \
         the mass: at most 1/SHARE cells are kept. Needed for plans of more than {MOST_CELLS} \
         cells"
    )
}

/// Parses a share of the mass.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("a share of the mass is a number above 0, and at most 1, such as 1e-6".into()),
    }
}

/// A validated request for cells.
#[derive(Debug)]
pub(crate) struct Cells {
    flag: Option<&'static str>,
    threshold: Option<f64>,
}

impl Cells {
    /// `flag` is the first one that needs them.
    pub(crate) fn new(args: &CellArgs, flag: Option<&'static str>) -> Result<Self, Failure> {
        let flag = flag.or(args.json_plan.then_some("--json-plan"));
        if flag.is_none() && args.plan_threshold.is_some() {
            return Err(Failure::usage(
                "--plan-threshold says which cells of the plan to keep, but none are asked for",
            )
            .hint("add --plan FILE, --heatmap FILE or --map FILE"));
        }
        Ok(Self { flag, threshold: args.plan_threshold })
    }

    /// Refuses plans of too many cells, before anything is solved.
    pub(crate) fn check(&self, problem: &OtProblem) -> Result<(), Failure> {
        let (n, m) = (problem.n(), problem.m());
        let cells = n.saturating_mul(m);
        match (self.flag, self.threshold) {
            (Some(flag), None) if cells > MOST_CELLS => Err(Failure::new(format!(
                "{flag}: an entropic plan has mass in every cell, here {n} × {m} = {cells}, and \
                 more than {MOST_CELLS} are not formed unasked"
            ))
            .hint(
                "add --plan-threshold 1e-6, say, to keep the cells of at least that share of \
                   the mass",
            )),
            _ => Ok(()),
        }
    }

    /// The cells, if any are asked for, and the mass of those left out.
    pub(crate) fn of(
        &self,
        answer: &Entropic,
        problem: &OtProblem,
    ) -> Option<(TransportPlan, f64)> {
        let (source, target) = (problem.source(), problem.target());
        let threshold = self.threshold.unwrap_or(0.0);
        self.flag.map(|_| answer.plan.sparse(problem.cost(), source, target, threshold))
    }
}
