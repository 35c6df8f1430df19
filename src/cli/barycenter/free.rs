//! Point clouds: points that move.

use std::time::Instant;

use deblais::barycenter::{FreeBarycenter, free_support};
use deblais::io::{Input, InputPath, Selection, write_matrix};
use deblais::measure::DiscreteMeasure;
use deblais::plot;
use deblais::report::{FREE_BARYCENTER_SCHEMA, FreeBarycenterReport, InputReport, Report};

use super::picture::{Picture, check_dimension};
use super::{BarycenterJob, input_lines};
use crate::cli::columns::Columns;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print_report;
use crate::cli::progress_line::RunProgress;
use crate::cli::range::check_bounds;
use crate::cli::read_measure::{InputLog, Role, SampleSet, cloud};
use crate::cli::remarks::Remarks;
use crate::cli::remedies::Flags;
use crate::cli::text::{Lines, bracket, space, stopped};
use crate::cli::warn;

/// The point clouds of a run.
#[derive(Default)]
struct Clouds {
    measures: Vec<DiscreteMeasure>,
    reports: Vec<InputReport>,
    remarks: Remarks,
}

impl Clouds {
    /// Reads them; columns that have names are matched by those of the first file.
    fn read(files: &[InputPath]) -> Result<Self, Failure> {
        let mut clouds = Self::default();
        let mut log = InputLog::default();
        let mut first: Option<Columns> = None;
        for file in files {
            let (input, digest) = Input::read(file)?;
            let set = SampleSet::new(Role::Source, file.clone(), Selection::default());
            let set = SampleSet { flags: Flags::NONE, ..set };
            let read = cloud(&set, input, digest, first.as_ref(), true, &mut log)?;
            clouds.reports.extend(log.inputs.remove(Role::Source.name()));
            if let Some(other) = clouds.measures.first()
                && other.dim() != read.measure.dim()
            {
                return Err(Failure::new(format!(
                    "{file}: points of {} coordinates, where {} has {}",
                    read.measure.dim(),
                    files[0],
                    other.dim()
                ))
                .hint("give all clouds the same columns"));
            }
            first = first.or(Some(read.columns));
            clouds.measures.push(read.measure);
        }
        clouds.remarks = log.remarks;
        Ok(clouds)
    }
}

impl BarycenterJob {
    pub(super) fn run_free(self) -> Result<Exit, Failure> {
        let start = Instant::now();
        let clouds = Clouds::read(&self.files)?;
        let first = &clouds.measures[0];
        if self.plot.is_some() {
            check_dimension(first.dim())?;
        }
        clouds.remarks.tell(self.output.quiet);
        let read = start.elapsed().as_secs_f64();
        let (found, solve) = RunProgress::watch(self.limit, self.output.quiet, |progress| {
            free_support(first, &clouds.measures, &self.weights, progress)
        })?;
        let rounding = self.ground.cost().table(first, first)?.rounding();
        check_bounds(rounding, 1.0, found.certificate())?;
        let findings = FreeBarycenterReport {
            dim: first.dim(),
            clouds: self.averaged(clouds.reports.clone(), &found.transports),
            termination: found.termination.name(),
            steps: found.steps.iter().map(Into::into).collect(),
            points: found.measure.support().outer_iter().map(|point| point.to_vec()).collect(),
            masses: found.measure.mass().to_vec(),
        };
        let settings = ["cost", "method"]
            .iter()
            .fold(self.settings.clone(), |settings, name| settings.without(name));
        let report = Report {
            settings: Some(settings),
            warnings: Some(clouds.remarks.warnings.clone()),
            timings: [("read", read), ("solve", solve)].into(),
            ..Report::new(FREE_BARYCENTER_SCHEMA, findings)
        };
        // A file that fails now must not cost the user the answer: it is printed all the same.
        let saved = self.save_points(&clouds, &found);
        print_report(&self.output, &report, |lines| text(lines, &report, &found))?;
        saved?;
        if found.termination.is_complete() {
            return Ok(Exit::Fine);
        }
        let text = format!("{}: the points so far", stopped(found.termination));
        warn(&[text], self.output.quiet);
        Ok(Exit::Stopped)
    }

    fn save_points(&self, clouds: &Clouds, found: &FreeBarycenter) -> Result<(), Failure> {
        if let Some(path) = &self.answer_file {
            write_matrix(path, found.measure.support())?;
        }
        if let Some(path) = &self.plot {
            let picture = Picture {
                inputs: self.files.iter().zip(&clouds.measures).collect(),
                answer: &found.measure,
                are_pixels: false,
            };
            plot::save(path, &picture.figure()?)?;
        }
        Ok(())
    }
}

fn text(lines: &mut Lines, report: &Report<FreeBarycenterReport>, found: &FreeBarycenter) {
    let value = |step: usize| bracket((found.steps[step].lower, found.steps[step].upper));
    let steps = found.steps.len() - 1;
    lines.line("mean squared distance", format!("{}, at the points found", value(steps)));
    lines.certificate(found.certificate(), None, false);
    lines.line("  at the start", value(0));
    let points = format!("{} {}", report.points.len(), space(report.dim));
    lines.line("  points", format!("{points}, those of {} moved", report.clouds[0].input.name));
    input_lines(lines, &report.clouds);
    let ended = report.termination.replace('_', " ");
    lines.line("  method", format!("fixed point, {ended}, {steps} steps"));
    lines.timings(&report.timings);
}
