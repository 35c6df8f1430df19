//! The files that a solved problem leaves behind: plan, potentials, pictures.

use std::path::{Path, PathBuf};

use deblais::potentials::Potentials;

use super::args::{DrawArgs, FileArgs};
use super::failure::Failure;
use super::inputs::{Loaded, ProblemJob};
use super::output_files::OutputFiles;
use super::pictures::{Pictures, PlanScene};
use super::saved;

/// The files asked for.
#[derive(Debug)]
pub(crate) struct Files {
    plan: Option<PathBuf>,
    potentials: Option<PathBuf>,
    pictures: Pictures,
}

impl Files {
    /// Checks all names against each other and against those of the inputs.
    pub(crate) fn new(
        files: FileArgs,
        draw: DrawArgs,
        job: &ProblemJob,
        inputs: &[&Path],
    ) -> Result<Self, Failure> {
        let mut outputs = OutputFiles::default();
        outputs.add("--plan", files.plan.as_deref(), saved::FORMATS)?;
        outputs.add("--potentials", files.potentials.as_deref(), saved::FORMATS)?;
        let pictures = Pictures::new(draw, job, &mut outputs)?;
        outputs.check(inputs)?;
        Ok(Self { plan: files.plan, potentials: files.potentials, pictures })
    }

    /// Refuses what cannot be drawn, before anything is solved.
    pub(crate) fn check(&self, loaded: &Loaded) -> Result<(), Failure> {
        self.pictures.check(loaded)
    }

    /// Whether there is something to draw.
    pub(crate) fn draws(&self) -> bool {
        !self.pictures.is_empty()
    }

    /// The first flag that needs the cells of the plan.
    pub(crate) fn needs_cells(&self) -> Option<&'static str> {
        self.plan.is_some().then_some("--plan").or(self.pictures.flag())
    }

    /// Writes what shows the plan.
    pub(crate) fn save_plan(&self, scene: &PlanScene<'_>) -> Result<(), Failure> {
        if let Some(path) = &self.plan {
            saved::write_plan(path, scene.plan)?;
        }
        self.pictures.draw(scene)
    }

    /// Writes the potentials.
    pub(crate) fn save_potentials(&self, potentials: &Potentials) -> Result<(), Failure> {
        match &self.potentials {
            Some(path) => saved::write_potentials(path, potentials),
            None => Ok(()),
        }
    }
}
