//! Polylines before they are drawn: fewer points, gaps, dashes.

type PagePoint = (f64, f64);

/// A subset of the points such that each point is within `tolerance` of the line through the subset
/// (Douglas and Peucker 1973): a curve of many short steps, each rounded to whole pixels, would
/// tremble. O(n log n) on usual curves, O(n²) at worst.
pub(super) fn thinned(points: &[PagePoint], tolerance: f64) -> Vec<PagePoint> {
    let Some(last) = points.len().checked_sub(1) else { return Vec::new() };
    let mut kept = vec![false; points.len()];
    (kept[0], kept[last]) = (true, true);
    let mut open = vec![(0, last)];
    while let Some((from, to)) = open.pop() {
        let mut farthest = (0.0, from);
        for k in from + 1..to {
            let away = distance(points[k], points[from], points[to]);
            if away > farthest.0 {
                farthest = (away, k);
            }
        }
        if farthest.0 > tolerance {
            kept[farthest.1] = true;
            open.extend([(from, farthest.1), (farthest.1, to)]);
        }
    }
    points.iter().zip(kept).filter(|point| point.1).map(|point| *point.0).collect()
}

/// From a point to the segment between two others.
fn distance(point: PagePoint, from: PagePoint, to: PagePoint) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let length2 = dx * dx + dy * dy;
    let t = if length2 > 0.0 { ((px * dx + py * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (px - t * dx).hypot(py - t * dy)
}

/// The stretches between points that have no place on the page.
pub(super) fn unbroken(points: &[PagePoint]) -> impl Iterator<Item = &[PagePoint]> {
    let placed = |point: &PagePoint| point.0.is_finite() && point.1.is_finite();
    points.split(move |point| !placed(point)).filter(|stretch| !stretch.is_empty())
}

/// The pieces of a line under a pattern of ink and gaps in turn, `pattern` their lengths.
pub(super) fn dashed(points: &[PagePoint], pattern: &[f64]) -> Vec<Vec<PagePoint>> {
    let mut pieces = Vec::new();
    let (mut part, mut left) = (0, pattern[0]);
    let mut piece: Vec<PagePoint> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let mut gone = 0.0;
        while length - gone > left {
            gone += left;
            let t = gone / length;
            let turn = (from.0 + t * (to.0 - from.0), from.1 + t * (to.1 - from.1));
            piece.push(turn);
            if part % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            piece = vec![turn];
            part = (part + 1) % pattern.len();
            left = pattern[part];
        }
        left -= length - gone;
        piece.push(to);
    }
    if part % 2 == 0 && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_corners_and_stays_close() {
        let corner: Vec<PagePoint> =
            (0..=20).map(f64::from).map(|t| (t.min(10.0), (t - 10.0).max(0.0))).collect();
        assert_eq!(thinned(&corner, 0.1), [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]);
        let circle: Vec<PagePoint> = (0..=1000)
            .map(|k| f64::from(k) * std::f64::consts::TAU / 1000.0)
            .map(|angle| (100.0 * angle.cos(), 100.0 * angle.sin()))
            .collect();
        let few = thinned(&circle, 0.25);
        assert!(few.len() < 100, "{}", few.len());
        for point in circle {
            let nearest = few.windows(2).map(|pair| distance(point, pair[0], pair[1]));
            assert!(nearest.fold(f64::INFINITY, f64::min) <= 0.25);
        }
        assert!(thinned(&[], 1.0).is_empty());
        assert_eq!(thinned(&[(1.0, 2.0)], 1.0), [(1.0, 2.0)]);
    }

    #[test]
    fn a_point_without_a_place_breaks_the_line() {
        let line = [(0.0, 0.0), (1.0, f64::NAN), (2.0, 0.0), (3.0, 0.0), (4.0, f64::INFINITY)];
        let lengths: Vec<usize> = unbroken(&line).map(<[PagePoint]>::len).collect();
        assert_eq!(lengths, [1, 2]);
    }

    #[test]
    fn dashes_go_around_corners() {
        let line = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)];
        let pieces = dashed(&line, &[4.0, 4.0]);
        let expected: [&[PagePoint]; 3] = [
            &[(0.0, 0.0), (4.0, 0.0)],
            &[(8.0, 0.0), (10.0, 0.0), (10.0, 2.0)],
            &[(10.0, 6.0), (10.0, 10.0)],
        ];
        assert_eq!(pieces, expected);
    }
}
