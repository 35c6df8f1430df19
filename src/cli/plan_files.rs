//! The output files of a command that computes a plan: plan, potentials, pictures.

use std::path::{Path, PathBuf};

use deblais::Gradient;
use deblais::plan::TransportPlan;
use deblais::potentials::Potentials;
use deblais::report::Inputs;

use super::args::{DrawArgs, FileArgs};
use super::failure::Failure;
use super::inputs::{LoadedProblem, ProblemJob};
use super::output_files::OutputFiles;
use super::pictures::{Pictures, PlanScene};
use super::saved;

/// The files to write.
#[derive(Debug)]
pub(crate) struct PlanFiles {
    plan: Option<PathBuf>,
    potentials: Option<PathBuf>,
    gradient: Option<PathBuf>,
    pictures: Pictures,
}

impl PlanFiles {
    /// Refuses outputs that clash with each other or with `inputs`, and those that cannot be written.
    pub(crate) fn new(
        files: FileArgs,
        gradient: Option<PathBuf>,
        draw: DrawArgs,
        job: &ProblemJob,
        inputs: &[&Path],
    ) -> Result<Self, Failure> {
        let mut outputs = OutputFiles::default();
        outputs.add("--plan", files.plan.as_deref(), saved::FORMATS)?;
        outputs.add("--potentials", files.potentials.as_deref(), saved::FORMATS)?;
        outputs.add("--gradient", gradient.as_deref(), saved::FORMATS)?;
        let pictures = Pictures::new(draw, job, &mut outputs)?;
        outputs.check(inputs)?;
        Ok(Self { plan: files.plan, potentials: files.potentials, gradient, pictures })
    }

    /// Refuses pictures that cannot be drawn of this problem, before it is solved.
    pub(crate) fn check<P>(&self, loaded: &LoadedProblem<P>) -> Result<(), Failure> {
        self.pictures.check(loaded)
    }

    /// Whether a picture is to be drawn.
    pub(crate) fn draws(&self) -> bool {
        !self.pictures.is_empty()
    }

    /// The first flag that needs the cells of the plan.
    pub(crate) fn needs_cells(&self) -> Option<&'static str> {
        self.plan.is_some().then_some("--plan").or(self.pictures.flag())
    }

    /// Writes the plan and draws its pictures.
    pub(crate) fn save_plan(&self, scene: &PlanScene<'_>) -> Result<(), Failure> {
        self.write_plan(scene.plan)?;
        self.draw(scene)
    }

    /// Writes the plan.
    pub(crate) fn write_plan(&self, plan: &TransportPlan) -> Result<(), Failure> {
        match &self.plan {
            Some(path) => saved::write_plan(path, plan),
            None => Ok(()),
        }
    }

    /// Draws the pictures.
    pub(crate) fn draw(&self, scene: &PlanScene<'_>) -> Result<(), Failure> {
        self.pictures.draw(scene)
    }

    /// Writes the potentials.
    pub(crate) fn save_potentials(&self, potentials: &Potentials) -> Result<(), Failure> {
        match &self.potentials {
            Some(path) => saved::write_potentials(path, potentials),
            None => Ok(()),
        }
    }

    /// Writes the derivatives.
    pub(crate) fn save_gradient(
        &self,
        gradient: impl FnOnce() -> Gradient,
        inputs: &Inputs,
    ) -> Result<(), Failure> {
        match &self.gradient {
            Some(path) => saved::write_gradient(path, &gradient(), inputs),
            None => Ok(()),
        }
    }
}
