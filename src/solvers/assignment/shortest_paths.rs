//! Shortest augmenting paths over candidate lists: Dijkstra on the reduced costs `c_ij − f_i − g_j`.
//!
//! Beside columns, the queue contains rows, at the distance from which on a column outside their list
//! may be reached; when a row leaves the queue, its list is renewed. So a search reads every arc that
//! it needs and few others.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::candidate_lists::CandidateLists;
use super::matching::{FREE, Matching};

/// Working memory of [`ShortestPaths::augment`], reused from row to row.
pub(super) struct ShortestPaths {
    labels: Vec<ColumnLabel>,
    search: u32,
    /// Columns j, and rows i as m + i, by distance; the bits of a distance ≥ 0 sort like it.
    queue: BinaryHeap<Reverse<(u64, u32)>>,
    /// Columns at the distance reached, which need no sorting.
    ready: Vec<u32>,
    scanned: Vec<(u32, f64)>,
}

/// The label of a column in a search: its distance and the row before it.
#[derive(Clone, Copy)]
struct ColumnLabel {
    distance: f64,
    row: u32,
    /// The search that wrote this.
    search: u32,
}

/// The next node in the order of distance.
enum NextNode {
    Column(u32),
    Row(u32),
}

impl ShortestPaths {
    pub(super) fn new(m: usize) -> Self {
        let label = ColumnLabel { distance: f64::INFINITY, row: 0, search: 0 };
        Self {
            labels: vec![label; m],
            search: 0,
            queue: BinaryHeap::new(),
            ready: Vec::new(),
            scanned: Vec::new(),
        }
    }

    /// Matches the free row `start` along a shortest alternating path.
    pub(super) fn augment(
        &mut self,
        lists: &mut CandidateLists<'_>,
        matching: &mut Matching,
        start: usize,
    ) {
        self.search += 1;
        self.queue.clear();
        self.ready.clear();
        self.scanned.clear();
        matching.f[start] = lists.two_best(start, &matching.g, 0.0).smallest;
        // The row to scan, its distance, the distance reached; the nearest free column.
        let (mut i, mut base, mut reached) = (start, 0.0, 0.0);
        let (mut end, mut last) = (f64::INFINITY, FREE);
        loop {
            self.scan(lists, matching, i, base, reached, &mut end, &mut last);
            let Some((distance, next)) = self.next(end, reached) else { break };
            reached = distance;
            match next {
                NextNode::Column(j) => {
                    self.scanned.push((j, reached));
                    (i, base) = (matching.row_of[j as usize] as usize, reached);
                }
                NextNode::Row(row) => {
                    i = row as usize;
                    lists.renew(i, &matching.g);
                    let own = matching.column_of[i];
                    base = if own == FREE { 0.0 } else { self.labels[own as usize].distance };
                }
            }
        }
        let labels = &self.labels;
        matching.augment(&self.scanned, end, last as usize, start, |j| {
            (labels[j].row, lists.cost(labels[j].row as usize, j))
        });
    }

    /// Relaxes the listed columns of row i; the nearest free column so far is `last` at distance `end`.
    #[expect(clippy::too_many_arguments, reason = "the state of one search, in local variables")]
    fn scan(
        &mut self,
        lists: &CandidateLists<'_>,
        matching: &Matching,
        i: usize,
        base: f64,
        reached: f64,
        end: &mut f64,
        last: &mut u32,
    ) {
        let (targets, costs) = lists.row(i);
        let f = matching.f[i];
        for (&j, &cost) in targets.iter().zip(costs) {
            let distance = (base + ((cost - matching.g[j as usize]) - f)).max(reached);
            let label = &mut self.labels[j as usize];
            if distance >= *end || (label.search == self.search && label.distance <= distance) {
                continue;
            }
            *label = ColumnLabel { distance, row: i as u32, search: self.search };
            if matching.row_of[j as usize] == FREE {
                (*end, *last) = (distance, j);
            } else if distance <= reached {
                self.ready.push(j);
            } else {
                self.queue.push(Reverse((distance.to_bits(), j)));
            }
        }
        let unlisted = (base + (lists.bound(i) - f)).max(reached);
        if unlisted < *end {
            let row = (self.labels.len() + i) as u32;
            self.queue.push(Reverse((unlisted.to_bits(), row)));
        }
    }

    /// The closest column not yet scanned or row to be renewed, if it is closer than `end`.
    fn next(&mut self, end: f64, reached: f64) -> Option<(f64, NextNode)> {
        if end <= reached {
            return None;
        }
        if let Some(j) = self.ready.pop() {
            return Some((reached, NextNode::Column(j)));
        }
        let m = self.labels.len() as u32;
        while let Some(Reverse((bits, place))) = self.queue.pop() {
            let distance = f64::from_bits(bits);
            if distance >= end {
                return None;
            }
            if place >= m {
                return Some((distance, NextNode::Row(place - m)));
            }
            if distance == self.labels[place as usize].distance {
                return Some((distance, NextNode::Column(place)));
            }
        }
        None
    }
}
