//! Level lines of a function on a regular grid, by marching squares.
//!
//! A level line {v = ℓ} crosses an edge of the grid where v, linear along the edge, equals ℓ.
//! Each cell joins the crossings on its own edges, with the higher side to the left; walking from
//! cell to cell joins them into lines. Where the corners of a cell are high and low in turn, two
//! pairings are possible: the value at the saddle of the bilinear function through the corners
//! decides (Nielson and Hamann 1991, "The asymptotic decider: resolving the ambiguity in marching
//! cubes"). O(cells) per level.
//!
//! Values that are not finite are missing: no line enters a cell with such a corner, no region
//! covers it.

use ndarray::ArrayView2;

type GridPoint = (f64, f64);

/// A part of a level line in grid coordinates (column, row).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ContourLine {
    pub(super) points: Vec<GridPoint>,
    /// Whether the last point joins the first.
    pub(super) closed: bool,
}

/// The lines on which the function equals `level`.
pub(super) fn lines(values: ArrayView2<'_, f64>, level: f64) -> Vec<ContourLine> {
    let (rows, columns) = values.dim();
    Squares { rows, columns, value: |i, j| values[(i, j)], place: |i, j| (j as f64, i as f64) }
        .march(level, |corners| corners.iter().all(|value| value.is_finite()))
}

/// The rings around the region where the function is at least `level`: it lies to their left.
pub(super) fn region(values: ArrayView2<'_, f64>, level: f64) -> Vec<Vec<GridPoint>> {
    let (rows, columns) = values.dim();
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    // A rim of missing values, in the place of the outermost ones, closes every ring.
    let value = |i: usize, j: usize| {
        let inside = (1..=rows).contains(&i) && (1..=columns).contains(&j);
        let value = if inside { values[(i - 1, j - 1)] } else { f64::NAN };
        if value.is_finite() { value } else { f64::NEG_INFINITY }
    };
    let place =
        |i: usize, j: usize| (j.clamp(1, columns) as f64 - 1.0, i.clamp(1, rows) as f64 - 1.0);
    let squares = Squares { rows: rows + 2, columns: columns + 2, value, place };
    squares.march(level, |_| true).into_iter().map(|line| line.points).collect()
}

/// One polygon of several rings: there and back along the way from the first to each other one.
/// Filled by either rule it shows the rings alone, as holes run the other way around.
pub(super) fn bridged(rings: Vec<Vec<GridPoint>>) -> Vec<GridPoint> {
    let mut corners = Vec::new();
    for ring in rings {
        let Some(&start) = ring.first() else { continue };
        let first = corners.first().copied();
        corners.extend(ring);
        corners.push(start);
        corners.extend(first);
    }
    corners
}

/// A grid of values and the places of its nodes, by row and column.
struct Squares<V, P> {
    rows: usize,
    columns: usize,
    value: V,
    place: P,
}

/// No further edge.
const NONE: usize = usize::MAX;

impl<V, P> Squares<V, P>
where
    V: Fn(usize, usize) -> f64,
    P: Fn(usize, usize) -> GridPoint,
{
    /// The lines through all cells that are `shown`, by their four corners.
    fn march(&self, level: f64, shown: impl Fn([f64; 4]) -> bool) -> Vec<ContourLine> {
        // From each edge that a line crosses to the next one it crosses.
        let mut next = vec![NONE; 2 * self.rows * self.columns];
        let mut entered = vec![false; next.len()];
        for i in 1..self.rows {
            for j in 1..self.columns {
                let corners = nodes(i, j).map(|(i, j)| (self.value)(i, j));
                if shown(corners) {
                    for (from, to) in pairs(corners, level).into_iter().flatten() {
                        let (from, to) = (self.edge(i, j, from), self.edge(i, j, to));
                        next[from] = to;
                        entered[to] = true;
                    }
                }
            }
        }
        // Lines that end at the rim are walked from their beginning, rings from anywhere.
        let begins = (0..next.len()).filter(|&edge| !entered[edge]).collect::<Vec<_>>();
        let mut lines = Vec::new();
        for start in begins.into_iter().chain(0..next.len()) {
            if next[start] == NONE {
                continue;
            }
            let mut points = vec![self.crossing(start, level)];
            let mut edge = std::mem::replace(&mut next[start], NONE);
            while edge != start && edge != NONE {
                points.push(self.crossing(edge, level));
                edge = std::mem::replace(&mut next[edge], NONE);
            }
            lines.push(ContourLine { points, closed: edge == start });
        }
        lines
    }

    /// The number of a cell's side: below, right, above, left.
    fn edge(&self, i: usize, j: usize, side: usize) -> usize {
        let node = |i: usize, j: usize| 2 * (i * self.columns + j);
        match side {
            0 => node(i - 1, j - 1),
            1 => node(i - 1, j) + 1,
            2 => node(i, j - 1),
            _ => node(i - 1, j - 1) + 1,
        }
    }

    /// The point of an edge at which the function has the level.
    fn crossing(&self, edge: usize, level: f64) -> GridPoint {
        let (i, j) = (edge / 2 / self.columns, edge / 2 % self.columns);
        let (k, l) = if edge.is_multiple_of(2) { (i, j + 1) } else { (i + 1, j) };
        let (from, to) = ((self.value)(i, j), (self.value)(k, l));
        let ((x0, y0), (x1, y1)) = ((self.place)(i, j), (self.place)(k, l));
        // Halved against overflow; a missing value leaves the crossing to the other node.
        let t = match (from.is_finite(), to.is_finite()) {
            (true, true) => (level / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0),
            (true, false) => 0.0,
            _ => 1.0,
        };
        (x0 + t * (x1 - x0), y0 + t * (y1 - y0))
    }
}

/// The corners of the cell whose last row and column are (i, j), counterclockwise.
fn nodes(i: usize, j: usize) -> [(usize, usize); 4] {
    [(i - 1, j - 1), (i - 1, j), (i, j), (i, j - 1)]
}

/// The one or two ways of a line through a cell, from side to side, with the higher corners to
/// its left.
fn pairs(corners: [f64; 4], level: f64) -> [Option<(usize, usize)>; 2] {
    let high = corners.map(|value| value >= level);
    // Counterclockwise, a line begins where high turns low and ends where low turns high.
    let begins = |side: usize| high[side] && !high[(side + 1) % 4];
    let ends = |side: usize| !high[side] && high[(side + 1) % 4];
    let way = |from: usize| {
        let following = (1..4).map(|step| (from + step) % 4);
        if joined_at_saddle(corners, level) {
            following.into_iter().find(|&side| ends(side))
        } else {
            following.rev().find(|&side| ends(side))
        }
    };
    let mut starts = (0..4).filter(|&side| begins(side));
    [starts.next(), starts.next()].map(|from| from.and_then(|from| Some((from, way(from)?))))
}

/// Whether the high corners of an ambiguous cell are joined through its middle.
fn joined_at_saddle([a, b, c, d]: [f64; 4], level: f64) -> bool {
    // In units of the level's distance nothing overflows: the saddle is at (ac − bd)/(a + c − b − d).
    let [a, b, c, d] = [a, b, c, d].map(|value| value / 2.0 - level / 2.0);
    let size = [a, b, c, d].into_iter().fold(0.0, |size: f64, value| size.max(value.abs()));
    if !(size > 0.0 && size.is_finite()) {
        return false;
    }
    let [a, b, c, d] = [a, b, c, d].map(|value| value / size);
    (a * c - b * d) / (a + c - b - d) >= 0.0
}

#[cfg(test)]
mod tests;
