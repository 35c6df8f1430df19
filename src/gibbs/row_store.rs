//! Memory for stored rows, written task by task and row by row before it is read.
//!
//! The cells of a stored plan are one allocation, in which every task has a part of its own. To
//! clear it first, as `vec![0.0; n]` does, or to copy rows into it, takes a fifteenth of a solve of
//! 1000 × 1000 points. So the memory is uninitialized, rows are computed in place, and each part counts
//! the cells that have been written: no others can be read. This is the only file on Gibbs plans with
//! unsafe code.

use std::mem::MaybeUninit;

/// Rows of all tasks.
#[derive(Default)]
pub(super) struct RowStore {
    cells: Box<[MaybeUninit<f32>]>,
    parts: Vec<FilledSpan>,
}

/// The cells of a task: `filled` of them from `start` on are written.
struct FilledSpan {
    start: usize,
    filled: usize,
}

/// The part of a task, while it is written.
pub(super) struct TaskSpace<'a> {
    cells: &'a mut [MaybeUninit<f32>],
    filled: &'a mut usize,
}

/// A row of a part, while it is written; discarded unless it is kept.
pub(super) struct OpenRow<'a> {
    cells: &'a mut [MaybeUninit<f32>],
    written: usize,
    filled: &'a mut usize,
}

impl RowStore {
    /// Discards all rows, and makes empty parts with room for the given numbers of cells.
    pub(super) fn clear(&mut self, rooms: &[usize]) -> Vec<TaskSpace<'_>> {
        let room = rooms.iter().sum();
        if self.cells.len() < room {
            self.cells = Box::new_uninit_slice(room);
        }
        let mut start = 0;
        self.parts.clear();
        self.parts.extend(rooms.iter().map(|room| {
            start += room;
            FilledSpan { start: start - room, filled: 0 }
        }));
        let mut rest = &mut self.cells[..];
        let places = self.parts.iter_mut().zip(rooms).map(|(part, &room)| {
            let cells = rest.split_off_mut(..room).expect("room for all");
            TaskSpace { cells, filled: &mut part.filled }
        });
        places.collect()
    }

    /// The cells written into the part of a task.
    pub(super) fn part(&self, task: usize) -> &[f32] {
        let FilledSpan { start, filled } = self.parts[task];
        written(&self.cells[start..start + filled], filled)
    }
}

impl TaskSpace<'_> {
    /// Room for a row of `length` cells after those that are kept; `None` if there is not enough.
    pub(super) fn row(&mut self, length: usize) -> Option<OpenRow<'_>> {
        let cells = self.cells.get_mut(*self.filled..*self.filled + length)?;
        Some(OpenRow { cells, written: 0, filled: self.filled })
    }
}

impl<'a> OpenRow<'a> {
    /// Appends cells to those written, as far as there is room.
    #[inline(always)]
    pub(super) fn extend<const N: usize>(&mut self, chunks: impl Iterator<Item = [f32; N]>) {
        let (places, _) = self.cells[self.written..].as_chunks_mut::<N>();
        for (place, chunk) in places.iter_mut().zip(chunks) {
            *place = chunk.map(MaybeUninit::new);
            self.written += N;
        }
    }

    /// Adds the cells written to the part and returns them.
    pub(super) fn keep(self) -> &'a [f32] {
        *self.filled += self.written;
        written(self.cells, self.written)
    }
}

/// The first `count` cells, which have been written.
fn written(cells: &[MaybeUninit<f32>], count: usize) -> &[f32] {
    let cells = &cells[..count];
    #[expect(unsafe_code, reason = "to clear the memory first takes a share of every solve")]
    // SAFETY: `OpenRow::extend` alone adds to the count of cells written, after it has written them,
    // one behind the other from where the row starts; `TaskSpace::row` starts a row behind those kept,
    // `OpenRow::keep` adds it to them, and `RowStore::clear` sets their number to 0. Places and rows
    // borrow the store, so that no memory can be exchanged in between. `MaybeUninit<f32>` has the
    // layout of f32.
    unsafe {
        std::slice::from_raw_parts(cells.as_ptr().cast(), cells.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(place: &mut TaskSpace<'_>, cells: &[f32]) -> bool {
        let Some(mut row) = place.row(cells.len()) else { return false };
        let (chunks, rest) = cells.as_chunks::<2>();
        row.extend(chunks.iter().copied());
        row.extend(rest.iter().map(|&x| [x]));
        assert_eq!(row.keep(), cells);
        true
    }

    #[test]
    fn parts_hold_what_was_kept_and_nothing_else() {
        let mut store = RowStore::default();
        let mut places = store.clear(&[3, 0, 5]);
        assert!(push(&mut places[0], &[1.0, 2.0]));
        assert!(!push(&mut places[0], &[3.0, 4.0]), "room for one more cell, not two");
        assert!(push(&mut places[0], &[]));
        assert!(!push(&mut places[1], &[5.0]));
        let mut given_up = places[2].row(2).expect("room for five");
        given_up.extend([[-1.0]].into_iter());
        assert!(push(&mut places[2], &[6.0, 7.0, 8.0]));
        let mut short = places[2].row(2).expect("room for two more");
        short.extend([[9.0]].into_iter());
        assert_eq!(short.keep(), [9.0]);
        assert_eq!(store.part(0), [1.0, 2.0]);
        assert!(store.part(1).is_empty());
        assert_eq!(store.part(2), [6.0, 7.0, 8.0, 9.0]);
    }

    #[test]
    fn a_row_takes_no_more_cells_than_it_has_room_for() {
        let mut store = RowStore::default();
        let mut places = store.clear(&[3, 1]);
        let mut row = places[0].row(3).expect("room for three");
        row.extend([[1.0, 2.0], [3.0, 4.0]].into_iter());
        assert_eq!(row.keep(), [1.0, 2.0]);
        assert!(push(&mut places[1], &[5.0]));
        assert_eq!((store.part(0), store.part(1)), (&[1.0, 2.0][..], &[5.0][..]));
    }

    #[test]
    fn what_was_there_before_is_gone() {
        let mut store = RowStore::default();
        assert!(push(&mut store.clear(&[4])[0], &[1.0; 4]));
        assert!(push(&mut store.clear(&[2, 2])[1], &[3.0]));
        assert_eq!((store.part(0), store.part(1)), (&[][..], &[3.0][..]));
        store.clear(&[100]);
        assert!(store.part(0).is_empty());
    }
}
