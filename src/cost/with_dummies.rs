//! A table with dummies: a row and a column for mass that is not transported.
//!
//! The dummy target takes the mass that sources leave behind; the dummy source supplies the mass that
//! comes from no source. The dummies are the last column and the last row. Their costs are numbers of
//! their own; all other costs, searches and centroids are those of the table inside.

use ndarray::Array2;

use super::{Cost, CostMatrix, Rounding, Search};

/// A cost table (n, m) with a dummy target, a dummy source, or both.
pub(crate) struct WithDummies<'a> {
    inside: Box<dyn Cost + 'a>,
    costs: DummyCosts,
}

/// The costs of the dummies. A 0 is exact; other costs are as far from the real ones as those of the
/// table.
#[derive(Debug, Clone)]
pub(crate) struct DummyCosts {
    /// From each source to the dummy target, length n, if there is one.
    pub(crate) to_target: Option<Vec<f64>>,
    /// From the dummy source, if there is one, to each target, length m, and to the dummy target, if
    /// there is one.
    pub(crate) from_source: Option<Vec<f64>>,
}

impl DummyCosts {
    fn count(&self) -> (usize, usize) {
        (usize::from(self.from_source.is_some()), usize::from(self.to_target.is_some()))
    }

    /// The largest size of a cost.
    fn largest(&self) -> f64 {
        let all = [&self.to_target, &self.from_source].into_iter().flatten().flatten();
        all.fold(0.0, |largest: f64, cost| largest.max(cost.abs()))
    }

    /// The cost from source i, which is no dummy, to the dummy target.
    fn to_target(&self, i: usize) -> f64 {
        self.to_target.as_ref().expect("there is a dummy target")[i]
    }

    /// The costs from the dummy source.
    fn of_dummy_source(&self) -> &[f64] {
        self.from_source.as_ref().expect("there is a dummy source")
    }
}

impl<'a> WithDummies<'a> {
    /// The table with dummies.
    pub(crate) fn new(inside: Box<dyn Cost + 'a>, costs: DummyCosts) -> Self {
        let (n, m) = (inside.n(), inside.m() + usize::from(costs.to_target.is_some()));
        debug_assert!(costs.to_target.as_ref().is_none_or(|costs| costs.len() == n));
        debug_assert!(costs.from_source.as_ref().is_none_or(|costs| costs.len() == m));
        Self { inside, costs }
    }

    fn search<'b>(
        &'b self,
        inside: Box<dyn Search + 'b>,
        of_targets: bool,
    ) -> Box<dyn Search + 'b> {
        let (n, m) = (self.inside.n(), self.inside.m());
        let (queries, points) = if of_targets { (n, m) } else { (m, n) };
        let (source, target) = (self.costs.from_source.as_deref(), self.costs.to_target.as_deref());
        let to_sources = source.map(|costs| &costs[..m]);
        let (from_queries, of_dummy) =
            if of_targets { (target, to_sources) } else { (to_sources, target) };
        let corner = source.filter(|_| target.is_some()).map_or(f64::INFINITY, |costs| costs[m]);
        let dummy_potential = f64::NEG_INFINITY;
        let order = Vec::new();
        Box::new(DummySearch {
            inside,
            queries,
            points,
            from_queries,
            of_dummy,
            corner,
            dummy_potential,
            order,
        })
    }
}

/// The smallest costs come first; among equals, the lower index.
fn by_value(a: &(f64, u32), b: &(f64, u32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// A search in a table with dummies: of one side, the points of the table inside and its dummy.
struct DummySearch<'a> {
    inside: Box<dyn Search + 'a>,
    /// Points that are no dummies, of the side that asks and of the side that is searched.
    queries: usize,
    points: usize,
    /// The costs between each query and the dummy that is searched, if there is one.
    from_queries: Option<&'a [f64]>,
    /// The costs between the dummy that asks, if there is one, and each point.
    of_dummy: Option<&'a [f64]>,
    /// The cost between both dummies.
    corner: f64,
    dummy_potential: f64,
    /// The reduced costs of the dummy that asks, in ascending order.
    order: Vec<(f64, u32)>,
}

impl DummySearch<'_> {
    /// Adds the dummy to what was found inside, if it is among the smallest.
    fn add_dummy(&self, query: usize, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>) {
        let Some(costs) = self.from_queries else { return };
        let value = costs[query] - self.dummy_potential;
        if value < limit {
            #[expect(clippy::cast_possible_truncation, reason = "points are numbered in u32")]
            let dummy = (value, self.points as u32);
            let place = found.partition_point(|other| by_value(other, &dummy).is_lt());
            found.insert(place, dummy);
            found.truncate(keep);
        }
    }

    /// The smallest of the dummy that asks.
    fn of_dummy(&self, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>) {
        found.clear();
        found.extend(self.order.iter().take(keep).take_while(|(value, _)| *value < limit));
    }
}

impl Search for DummySearch<'_> {
    fn fit(&mut self, v: &[f64]) {
        let (points, dummy) = v.split_at(self.points);
        self.inside.fit(points);
        self.dummy_potential = dummy.first().copied().unwrap_or(f64::NEG_INFINITY);
        self.order.clear();
        if let Some(costs) = self.of_dummy {
            let all = costs.iter().chain([&self.corner]).zip(v).zip(0..);
            let values = all.map(|((c, v), j)| (c - v, j));
            self.order.extend(values.filter(|(value, _)| *value < f64::INFINITY));
            self.order.sort_unstable_by(by_value);
        }
    }

    fn smallest(&self, query: usize, keep: usize, limit: f64, found: &mut Vec<(f64, u32)>) {
        if query == self.queries {
            self.of_dummy(keep, limit, found);
        } else {
            self.inside.smallest(query, keep, limit, found);
            self.add_dummy(query, keep, limit, found);
        }
    }

    fn smallest_of(
        &self,
        queries: &[u32],
        keep: usize,
        limits: &[f64],
        found: &mut [Vec<(f64, u32)>],
    ) {
        self.with_dummies(queries, keep, limits, found, |queries, limits, found| {
            self.inside.smallest_of(queries, keep, limits, found);
        });
    }

    fn roughly_smallest_of(&self, queries: &[u32], keep: usize, found: &mut [Vec<(f64, u32)>]) {
        let limits = vec![f64::INFINITY; found.len()];
        self.with_dummies(queries, keep, &limits, found, |queries, _, found| {
            self.inside.roughly_smallest_of(queries, keep, found);
        });
    }
}

impl DummySearch<'_> {
    /// Searches with the dummies: `inside` finds for the points among some queries.
    fn with_dummies(
        &self,
        queries: &[u32],
        keep: usize,
        limits: &[f64],
        found: &mut [Vec<(f64, u32)>],
        inside: impl Fn(&[u32], &[f64], &mut [Vec<(f64, u32)>]),
    ) {
        // The dummy is the last point, and queries ascend.
        debug_assert!(queries.is_sorted());
        let points = queries.partition_point(|&query| (query as usize) < self.queries);
        inside(&queries[..points], &limits[..points], &mut found[..points]);
        for ((&query, &limit), found) in queries.iter().zip(limits).zip(&mut found[..points]) {
            self.add_dummy(query as usize, keep, limit, found);
        }
        for (&limit, found) in limits.iter().zip(found).skip(points) {
            self.of_dummy(keep, limit, found);
        }
    }
}

impl Cost for WithDummies<'_> {
    fn n(&self) -> usize {
        self.inside.n() + self.costs.count().0
    }

    fn m(&self) -> usize {
        self.inside.m() + self.costs.count().1
    }

    fn dummies(&self) -> (usize, usize) {
        self.costs.count()
    }

    fn is_sparse(&self) -> bool {
        self.inside.is_sparse()
    }

    fn forbids(&self) -> bool {
        self.inside.forbids()
    }

    fn cut_at(&self, cap: f64) -> Option<Box<dyn Cost>> {
        let cut = |costs: &Option<Vec<f64>>| {
            costs.as_ref().map(|costs| costs.iter().map(|cost| cost.min(cap)).collect())
        };
        let costs = DummyCosts {
            to_target: cut(&self.costs.to_target),
            from_source: cut(&self.costs.from_source),
        };
        Some(Box::new(WithDummies::new(self.inside.cut_at(cap)?, costs)))
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        if i == self.inside.n() {
            self.costs.of_dummy_source()[j]
        } else if j == self.inside.m() {
            self.costs.to_target(i)
        } else {
            self.inside.at(i, j)
        }
    }

    fn part_of_row<'a>(&'a self, i: usize, start: usize, buffer: &'a mut [f64]) -> &'a [f64] {
        let (m, length) = (self.inside.m(), buffer.len());
        if i == self.inside.n() {
            return &self.costs.of_dummy_source()[start..start + length];
        }
        let points = length.min(m.saturating_sub(start));
        let (inside, dummy) = buffer.split_at_mut(points);
        if let [dummy] = dummy {
            *dummy = self.costs.to_target(i);
        }
        if self.inside.is_stored() {
            (start..).zip(inside).for_each(|(j, out)| *out = self.inside.at(i, j));
        } else {
            self.inside.part_of_row(i, start, inside);
        }
        buffer
    }

    fn rows(&self, first: usize, out: &mut [f64]) {
        let (n, m) = (self.inside.n(), self.inside.m());
        let rows = out.len() / self.m();
        let mut inside = vec![0.0; m * rows.min(n.saturating_sub(first))];
        self.inside.rows(first, &mut inside);
        let mut inside = inside.chunks_exact(m);
        for (i, out) in (first..).zip(out.chunks_exact_mut(self.m())) {
            match inside.next() {
                Some(row) => {
                    out[..m].copy_from_slice(row);
                    if let [dummy] = &mut out[m..] {
                        *dummy = self.costs.to_target(i);
                    }
                }
                None => out.copy_from_slice(self.costs.of_dummy_source()),
            }
        }
    }

    fn rows_together(&self) -> usize {
        self.inside.rows_together()
    }

    fn select(&self, rows: &[usize], columns: &[usize]) -> Box<dyn Cost> {
        let (n, m) = (self.inside.n(), self.inside.m());
        let points = |chosen: &[usize], count: usize| {
            let points = chosen.iter().take_while(|&&k| k < count).count();
            // One dummy, and that the last.
            (points > 0 && points + 1 >= chosen.len()).then_some(points)
        };
        let (Some(of_rows), Some(of_columns)) = (points(rows, n), points(columns, m)) else {
            let entry = |(i, j): (usize, usize)| self.at(rows[i], columns[j]);
            let shape = (rows.len(), columns.len());
            return Box::new(CostMatrix::of_checked(Array2::from_shape_fn(shape, entry)));
        };
        let inside = self.inside.select(&rows[..of_rows], &columns[..of_columns]);
        let to_target = || rows[..of_rows].iter().map(|&i| self.costs.to_target(i)).collect();
        let from_source = || columns.iter().map(|&j| self.costs.of_dummy_source()[j]).collect();
        let costs = DummyCosts {
            to_target: (of_columns < columns.len()).then(to_target),
            from_source: (of_rows < rows.len()).then(from_source),
        };
        if costs.count() == (0, 0) { inside } else { Box::new(WithDummies::new(inside, costs)) }
    }

    fn local_orders(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        let (mut rows, mut columns) = self.inside.local_orders()?;
        rows.extend(self.inside.n()..self.n());
        columns.extend(self.inside.m()..self.m());
        Some((rows, columns))
    }

    fn is_searchable(&self) -> bool {
        self.inside.is_searchable()
    }

    fn is_screened(&self) -> bool {
        self.inside.is_screened()
    }

    fn search_targets(&self) -> Option<Box<dyn Search + '_>> {
        Some(self.search(self.inside.search_targets()?, true))
    }

    fn search_sources(&self) -> Option<Box<dyn Search + '_>> {
        Some(self.search(self.inside.search_sources()?, false))
    }

    /// Centroids of the points; a dummy stays alone, at the mean cost of each run.
    fn between_centroids(
        &self,
        runs: (usize, usize),
        mass: (&[f64], &[f64]),
    ) -> Option<Box<dyn Cost>> {
        let (of_sources, of_targets) = (&mass.0[..self.inside.n()], &mass.1[..self.inside.m()]);
        let inside = self.inside.between_centroids(runs, (of_sources, of_targets))?;
        let means = |costs: &[f64], mass: &[f64], run: usize| -> Vec<f64> {
            let mean = |(costs, mass): (&[f64], &[f64])| {
                let sum: f64 = costs.iter().zip(mass).map(|(c, w)| c * w).sum();
                sum / mass.iter().sum::<f64>()
            };
            costs.chunks(run).zip(mass.chunks(run)).map(mean).collect()
        };
        let costs = DummyCosts {
            to_target: self.costs.to_target.as_ref().map(|c| means(c, of_sources, runs.0)),
            from_source: self.costs.from_source.as_ref().map(|costs| {
                let (points, corner) = costs.split_at(of_targets.len());
                [&means(points, of_targets, runs.1), corner].concat()
            }),
        };
        Some(Box::new(WithDummies::new(inside, costs)))
    }

    fn rounding(&self) -> Rounding {
        self.inside.rounding()
    }

    fn enclosure(&self, i: usize, j: usize) -> (f64, f64) {
        if i < self.inside.n() && j < self.inside.m() {
            return self.inside.enclosure(i, j);
        }
        let (rounding, cost) = (self.rounding(), self.at(i, j));
        if cost == 0.0 { (0.0, 0.0) } else { (rounding.below(cost), rounding.above(cost)) }
    }

    fn upper_bound(&self) -> Option<f64> {
        Some(self.inside.upper_bound()?.max(self.costs.largest()))
    }
}
