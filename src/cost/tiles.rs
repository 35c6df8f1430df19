//! Tables of costs in tiles of a few points and a strip of targets, whose sums stay in registers.

/// Targets of a strip, and points of a tile: a dozen vectors of sums fill the registers.
pub(super) const WIDTH: usize = 24;
const TILE_POINTS: usize = 4;

/// Computes the entries of a tile.
pub(super) trait Tile {
    /// The entries for R points from row `first` on and the targets from `start` on, which the strip
    /// has coordinate by coordinate.
    fn tile<const R: usize>(
        &self,
        first: usize,
        points: [&[f64]; R],
        start: usize,
        strip: &[[f64; WIDTH]],
    ) -> [[f64; WIDTH]; R];
}

/// The targets of a (d, m) table in strips: d entries for each [`WIDTH`] targets, the last filled up
/// with zeros.
pub(super) fn strips(targets: &[f64], m: usize) -> Vec<[f64; WIDTH]> {
    let d = targets.len() / m;
    let mut strips = vec![[0.0; WIDTH]; d * m.div_ceil(WIDTH)];
    for (k, column) in targets.chunks_exact(m).enumerate() {
        for (strip, part) in strips.iter_mut().skip(k).step_by(d).zip(column.chunks(WIDTH)) {
            strip[..part.len()].copy_from_slice(part);
        }
    }
    strips
}

/// Rows of m entries, as many as `out` has, for points, one after another, and targets in strips.
#[inline(always)]
pub(super) fn over_tiles(
    tiles: &impl Tile,
    points: &[f64],
    strips: &[[f64; WIDTH]],
    m: usize,
    out: &mut [f64],
) {
    let d = strips.len() / m.div_ceil(WIDTH);
    for (start, strip) in (0..m).step_by(WIDTH).zip(strips.chunks_exact(d)) {
        let width = WIDTH.min(m - start);
        let fours = points.chunks_exact(TILE_POINTS * d).zip(out.chunks_exact_mut(TILE_POINTS * m));
        for (four, (points, rows)) in fours.enumerate() {
            let point = |r: usize| &points[r * d..(r + 1) * d];
            let points = [point(0), point(1), point(2), point(3)];
            let entries = tiles.tile(four * TILE_POINTS, points, start, strip);
            for (row, entries) in rows.chunks_exact_mut(m).zip(entries) {
                let row = &mut row[start..start + width];
                match row.first_chunk_mut() {
                    Some(row) => *row = entries,
                    None => row.copy_from_slice(&entries[..width]),
                }
            }
        }
        let done = out.len() / m / TILE_POINTS * TILE_POINTS;
        for (i, row) in out.chunks_exact_mut(m).enumerate().skip(done) {
            let [entries] = tiles.tile(i, [&points[i * d..(i + 1) * d]], start, strip);
            row[start..start + width].copy_from_slice(&entries[..width]);
        }
    }
}
