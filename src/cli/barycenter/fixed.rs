//! Histograms: the barycenter on their cells.

use std::time::Instant;

use deblais::barycenter::{Barycenter, BarycenterMethod, BarycenterProblem};
use deblais::io::write_matrix;
use deblais::measure::DiscreteMeasure;
use deblais::plot;
use deblais::report::{BARYCENTER_SCHEMA, BarycenterReport, Report};
use ndarray::Axis;

use super::picture::{Picture, check_dimension};
use super::{BarycenterJob, input_lines};
use crate::cli::failure::{Exit, Failure};
use crate::cli::histograms::Histograms;
use crate::cli::output::print_report;
use crate::cli::progress_line::RunProgress;
use crate::cli::range::check_bounds;
use crate::cli::text::{Lines, bracket, space, stopped};
use crate::cli::warn;

impl BarycenterJob {
    pub(super) fn run_fixed(self) -> Result<Exit, Failure> {
        let start = Instant::now();
        let histograms = Histograms::read(&self.files, self.grid.as_ref())?;
        if self.plot.is_some() {
            check_dimension(histograms.places.ncols())?;
        }
        histograms.remarks.tell(self.output.quiet);
        let Histograms { places, measures, .. } = &histograms;
        let problem =
            BarycenterProblem::new(places.clone(), measures, &self.weights, self.ground.cost())?;
        let read = start.elapsed().as_secs_f64();
        let (found, solve) = RunProgress::watch(self.limit, self.output.quiet, |progress| {
            problem.solve_with(&self.options, progress)
        })?;
        let rounding = self.ground.cost().table(&measures[0], &measures[0])?.rounding();
        check_bounds(rounding, 1.0, &found.certificate)?;
        let report = Report {
            inputs: histograms.grid.clone().map(|grid| [("grid", grid)].into()),
            settings: Some(self.settings.clone()),
            warnings: Some(histograms.remarks.warnings.clone()),
            timings: [("read", read), ("solve", solve)].into(),
            ..Report::new(BARYCENTER_SCHEMA, self.findings(&histograms, &found))
        };
        // A file that fails now must not cost the user the answer: it is printed all the same.
        let saved = self.save(&histograms, &found);
        print_report(&self.output, &report, |lines| self.text(lines, &report, &found))?;
        saved?;
        Ok(self.exit(&found))
    }

    fn findings(&self, histograms: &Histograms, found: &Barycenter) -> BarycenterReport {
        BarycenterReport {
            cells: histograms.places.nrows(),
            dim: histograms.places.ncols(),
            cost: self.ground.name(),
            exponent: self.ground.exponent(),
            p: self.ground.p(),
            histograms: self.averaged(histograms.reports.clone(), &found.transports),
            method: if found.method == BarycenterMethod::Lp { "lp" } else { "entropic" },
            termination: found.termination.name(),
            iterations: found.iterations,
            mean_cost: found.certificate.upper,
            certificate: (&found.certificate).into(),
            masses: found.masses.to_vec(),
        }
    }

    fn save(&self, histograms: &Histograms, found: &Barycenter) -> Result<(), Failure> {
        if let Some(path) = &self.answer_file {
            write_matrix(path, found.masses.view().insert_axis(Axis(1)))?;
        }
        if let Some(path) = &self.plot {
            let places = histograms.places.clone();
            let answer = DiscreteMeasure::normalized(places, found.masses.clone())?;
            let picture = Picture {
                inputs: self.files.iter().zip(&histograms.measures).collect(),
                answer: &answer,
                are_pixels: histograms.are_pixels,
            };
            plot::save(path, &picture.figure()?)?;
        }
        Ok(())
    }

    fn text(&self, lines: &mut Lines, report: &Report<BarycenterReport>, found: &Barycenter) {
        let certificate = &found.certificate;
        lines.line("mean transport cost", bracket((certificate.lower, certificate.upper)));
        lines.certificate(certificate, Some(found.gap), false);
        let with_mass = found.masses.iter().filter(|mass| **mass > 0.0).count();
        lines.line("  barycenter", format!("{with_mass} of {} cells have mass", report.cells));
        let grid = report.inputs.as_ref().and_then(|inputs| inputs.get("grid"));
        let at = grid.map_or(String::new(), |grid| format!(" at {}", grid.name));
        let cells = format!("{} cells{at} {}", report.cells, space(report.dim));
        lines.line("  histograms", format!("{} on {cells}", report.histograms.len()));
        lines.line("  cost", self.ground.described());
        input_lines(lines, &report.histograms);
        let auto = if self.options.method == BarycenterMethod::Auto { " (auto)" } else { "" };
        let ended = report.termination.replace('_', " ");
        let method = format!("{}{auto}, {ended}, {} iterations", report.method, report.iterations);
        lines.line("  method", method);
        lines.timings(&report.timings);
    }

    fn exit(&self, found: &Barycenter) -> Exit {
        let (text, exit) = if !found.termination.is_complete() {
            let text = stopped(found.termination);
            (format!("{text}: the best answer so far, with its true bracket"), Exit::Stopped)
        } else if found.certificate.is_within(found.gap) {
            return Exit::Fine;
        } else {
            let gap = found.certificate.relative_gap();
            (format!("the relative gap {gap:.1e} is wider than {:e}", found.gap), Exit::ClaimBroken)
        };
        warn(&[text], self.output.quiet);
        exit
    }
}
