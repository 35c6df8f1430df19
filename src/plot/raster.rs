//! Lines, discs and polygons on a [`Bitmap`], antialiased by coverage.
//!
//! Coordinates name pixel centers for lines and discs, pixel corners for filled rectangles and
//! polygons, so that neighboring rectangles neither overlap nor leave a seam.

#![expect(clippy::cast_possible_truncation, reason = "clipped to the sheet before the cast")]

use plotters_backend::BackendColor;

use super::Bitmap;

/// Sub-rows a pixel is cut into when a polygon is filled; along the row coverage is exact.
const SUB_ROWS: i32 = 4;

impl Bitmap {
    /// Fills `[x0, x1) × [y0, y1)`.
    pub(super) fn fill_rect(
        &mut self,
        (x0, y0): (i32, i32),
        (x1, y1): (i32, i32),
        color: BackendColor,
    ) {
        for y in y0.max(0)..y1.min(self.height().cast_signed()) {
            for x in x0.max(0)..x1.min(self.width().cast_signed()) {
                self.blend((x, y), color, 1.0);
            }
        }
    }

    /// A straight line with round ends.
    pub(super) fn line(
        &mut self,
        from: (i32, i32),
        to: (i32, i32),
        width: u32,
        color: BackendColor,
    ) {
        let (dx, dy) = (f64::from(to.0) - f64::from(from.0), f64::from(to.1) - f64::from(from.1));
        // Walk along the longer direction; `turn` swaps the axes so that this is always the first.
        let steep = dy.abs() > dx.abs();
        let turn = |(a, b): (i32, i32)| if steep { (b, a) } else { (a, b) };
        let ((a0, b0), (a1, b1)) = (turn(from), turn(to));
        let ((a0, b0), (a1, b1)) =
            if a0 <= a1 { ((a0, b0), (a1, b1)) } else { ((a1, b1), (a0, b0)) };
        let (da, db) = (f64::from(a1) - f64::from(a0), f64::from(b1) - f64::from(b0));
        let length2 = da * da + db * db;
        let half = f64::from(width) / 2.0;
        let reach = half.ceil() as i32;
        // Across a slanted line the pixels to visit lie up to √2 times as far.
        let spread = 1.5 * (half + 0.5);
        let limit = if steep { self.height() } else { self.width() }.cast_signed();
        for a in (a0 - reach).max(0)..=(a1.saturating_add(reach)).min(limit - 1) {
            let along = f64::from(a) - f64::from(a0);
            let center = f64::from(b0) + if da > 0.0 { along / da * db } else { 0.0 };
            for b in (center - spread).ceil() as i32..=(center + spread).floor() as i32 {
                let across = f64::from(b) - f64::from(b0);
                let t = if length2 > 0.0 { (along * da + across * db) / length2 } else { 0.0 };
                let t = t.clamp(0.0, 1.0);
                let distance = (along - t * da).hypot(across - t * db);
                let coverage = half + 0.5 - distance;
                if coverage > 0.0 {
                    self.blend(turn((a, b)), color, coverage.min(1.0));
                }
            }
        }
    }

    /// A disc, or with `stroke` its rim of that width.
    pub(super) fn circle(
        &mut self,
        (cx, cy): (i32, i32),
        radius: u32,
        stroke: Option<u32>,
        color: BackendColor,
    ) {
        let half = stroke.map_or(0.0, |width| f64::from(width) / 2.0);
        let reach = (f64::from(radius) + half + 1.0) as i32;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let from_rim = f64::from(dx).hypot(f64::from(dy)) - f64::from(radius);
                let coverage = match stroke {
                    None => 0.5 - from_rim,
                    Some(_) => half + 0.5 - from_rim.abs(),
                };
                if coverage > 0.0 {
                    self.blend((cx + dx, cy + dy), color, coverage.min(1.0));
                }
            }
        }
    }

    /// Fills a polygon by the even-odd rule.
    pub(super) fn fill_polygon(&mut self, corners: &[(i32, i32)], color: BackendColor) {
        let Some(top) = corners.iter().map(|corner| corner.1).min() else { return };
        let bottom = corners.iter().map(|corner| corner.1).max().unwrap_or(top);
        let left = corners.iter().map(|corner| corner.0).min().unwrap_or(0).max(0);
        let right = corners.iter().map(|corner| corner.0).max().unwrap_or(0);
        let right = right.min(self.width().cast_signed());
        if left >= right {
            return;
        }
        let mut row = vec![0.0; (right - left).unsigned_abs() as usize];
        let mut crossings = Vec::new();
        for y in top.max(0)..bottom.min(self.height().cast_signed()) {
            row.fill(0.0);
            for sub in 0..SUB_ROWS {
                let level = f64::from(y) + (f64::from(sub) + 0.5) / f64::from(SUB_ROWS);
                crossings.clear();
                crossings.extend(edges(corners).filter_map(|edge| crossing(edge, level)));
                crossings.sort_unstable_by(f64::total_cmp);
                for span in crossings.chunks_exact(2) {
                    add_span(&mut row, span[0] - f64::from(left), span[1] - f64::from(left));
                }
            }
            for (x, &coverage) in (left..).zip(&row) {
                if coverage > 0.0 {
                    self.blend((x, y), color, coverage);
                }
            }
        }
    }
}

type Edge = ((i32, i32), (i32, i32));

fn edges(corners: &[(i32, i32)]) -> impl Iterator<Item = Edge> {
    corners.iter().copied().zip(corners.iter().copied().cycle().skip(1))
}

/// The coordinate across at which an edge crosses the horizontal at `level`.
fn crossing(((x0, y0), (x1, y1)): Edge, level: f64) -> Option<f64> {
    let (x0, y0, x1, y1) = (f64::from(x0), f64::from(y0), f64::from(x1), f64::from(y1));
    ((y0 <= level) != (y1 <= level)).then(|| x0 + (level - y0) / (y1 - y0) * (x1 - x0))
}

/// Adds one sub-row's span `[from, to)` to the coverage of a row of pixels.
#[expect(clippy::cast_sign_loss, reason = "clipped to the row")]
fn add_span(row: &mut [f64], from: f64, to: f64) {
    let (from, to) = (from.max(0.0), to.min(row.len() as f64));
    let end = (to.ceil().max(0.0) as usize).min(row.len());
    for (x, covered) in row.iter_mut().enumerate().take(end).skip(from as usize) {
        let overlap = to.min(x as f64 + 1.0) - from.max(x as f64);
        *covered += overlap.max(0.0) / f64::from(SUB_ROWS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: BackendColor = BackendColor { alpha: 1.0, rgb: (0, 0, 0) };

    /// The area of the ink, in pixels.
    fn ink(bitmap: &Bitmap) -> f64 {
        bitmap.pixels().iter().map(|&p| 1.0 - f64::from(p) / 255.0).sum::<f64>() / 3.0
    }

    #[test]
    fn shapes_cover_their_area() {
        let drawn = |draw: &dyn Fn(&mut Bitmap)| {
            let mut bitmap = Bitmap::new((200, 200));
            draw(&mut bitmap);
            ink(&bitmap)
        };
        let near =
            |have: f64, want: f64| assert!((have - want).abs() < 0.02 * want, "{have} {want}");
        near(drawn(&|b| b.fill_rect((10, 10), (30, 20), BLACK)), 200.0);
        near(drawn(&|b| b.fill_polygon(&[(10, 10), (90, 10), (10, 50)], BLACK)), 1600.0);
        near(drawn(&|b| b.circle((100, 100), 50, None, BLACK)), std::f64::consts::PI * 2500.0);
        near(drawn(&|b| b.circle((100, 100), 50, Some(4), BLACK)), std::f64::consts::PI * 400.0);
        for (to, length) in [((150, 50), 100.0), ((50, 150), 100.0), ((110, 130), 100.0)] {
            let area = 5.0 * length + std::f64::consts::PI * 6.25;
            near(drawn(&|b| b.line((50, 50), to, 5, BLACK)), area);
            near(drawn(&|b| b.line(to, (50, 50), 5, BLACK)), area);
        }
    }

    #[test]
    fn shapes_beyond_the_sheet_are_clipped() {
        let mut bitmap = Bitmap::new((10, 10));
        bitmap.line((-1_000_000, 5), (1_000_000, 5), 1, BLACK);
        bitmap.fill_polygon(&[(-50, 8), (50, 8), (50, 90), (-50, 90)], BLACK);
        bitmap.circle((-20, -20), 5, None, BLACK);
        bitmap.fill_rect((-5, -5), (50, 1), BLACK);
        assert!((ink(&bitmap) - 40.0).abs() < 1e-9);
    }
}
