//! The naive oracle that fast paths are compared with: slow, short, and verifiable by eye.

use num_traits::Signed;

/// A plan as rows of masses.
pub(crate) type Flow<T> = Vec<Vec<T>>;

/// The exact optimum of a transportation problem with integer masses and integer costs, and a plan
/// that attains it, by successive shortest paths: as long as mass is left, send as much as possible
/// along a cheapest path of the residual network, found by Bellman and Ford's rounds. All in
/// integers, of any kind that does not overflow.
///
/// # Panics
/// If the totals differ.
pub(crate) fn cheapest_plan<T: Signed + Ord + Clone>(
    supply: &[T],
    demand: &[T],
    cost: impl Fn(usize, usize) -> T,
) -> (T, Flow<T>) {
    let sum = |masses: &[T]| masses.iter().fold(T::zero(), |sum, mass| sum + mass.clone());
    assert!(sum(supply) == sum(demand), "equal totals");
    let (n, m) = (supply.len(), demand.len());
    let mut left = supply.to_vec();
    let mut wanted = demand.to_vec();
    let mut flow = vec![vec![T::zero(); m]; n];
    let mut total = T::zero();
    while left.iter().any(T::is_positive) {
        let (distance, parent) = shortest_paths(&left, &flow, &cost);
        let end = (0..m)
            .filter(|&j| wanted[j].is_positive())
            .min_by(|&j, &k| distance[n + j].cmp(&distance[n + k]))
            .expect("equal totals leave a target open");
        // The path backwards, then as much as it can carry.
        let mut path = vec![n + end];
        while parent[path[path.len() - 1]] != usize::MAX {
            path.push(parent[path[path.len() - 1]]);
        }
        let start = path[path.len() - 1];
        let mut mass = left[start].clone().min(wanted[end].clone());
        for arc in path.windows(2) {
            if arc[0] < n {
                mass = mass.min(flow[arc[0]][arc[1] - n].clone());
            }
        }
        for arc in path.windows(2) {
            if arc[0] < n {
                let cell = &mut flow[arc[0]][arc[1] - n];
                *cell = cell.clone() - mass.clone();
            } else {
                let cell = &mut flow[arc[1]][arc[0] - n];
                *cell = cell.clone() + mass.clone();
            }
        }
        left[start] = left[start].clone() - mass.clone();
        wanted[end] = wanted[end].clone() - mass.clone();
        total = total + mass * distance[n + end].clone().expect("reached");
    }
    (total, flow)
}

/// Bellman and Ford: distances from the sources that have mass left, and the node before each on a
/// shortest path. Node i < n is a source, n + j a target.
fn shortest_paths<T: Signed + Ord + Clone>(
    left: &[T],
    flow: &Flow<T>,
    cost: impl Fn(usize, usize) -> T,
) -> (Vec<Option<T>>, Vec<usize>) {
    let (n, m) = (left.len(), flow[0].len());
    let start = |mass: &T| mass.is_positive().then(T::zero);
    let mut distance: Vec<Option<T>> = left.iter().map(start).collect();
    distance.resize(n + m, None);
    let mut parent = vec![usize::MAX; n + m];
    let mut changed = true;
    while changed {
        changed = false;
        for (i, row) in flow.iter().enumerate() {
            for (j, flow) in row.iter().enumerate() {
                let c = cost(i, j);
                let back = (n + j, i, -c.clone(), flow.is_positive());
                for (from, to, length, open) in [(i, n + j, c, true), back] {
                    let Some(reached) = distance[from].clone().filter(|_| open) else { continue };
                    let reached = reached + length;
                    if distance[to].as_ref().is_none_or(|known| reached < *known) {
                        distance[to] = Some(reached);
                        parent[to] = from;
                        changed = true;
                    }
                }
            }
        }
    }
    (distance, parent)
}

/// The optimum alone.
pub(crate) fn cheapest<T: Signed + Ord + Clone>(
    supply: &[T],
    demand: &[T],
    cost: impl Fn(usize, usize) -> T,
) -> T {
    cheapest_plan(supply, demand, cost).0
}

/// The optimum for uniform masses 1 and n = m ≤ 8, by trying every permutation.
pub(crate) fn best_permutation(n: usize, cost: impl Fn(usize, usize) -> i128) -> i128 {
    fn visit(
        i: usize,
        free: &mut Vec<usize>,
        so_far: i128,
        best: &mut i128,
        cost: &dyn Fn(usize, usize) -> i128,
    ) {
        if free.is_empty() {
            *best = (*best).min(so_far);
            return;
        }
        for k in 0..free.len() {
            let j = free.swap_remove(k);
            visit(i + 1, free, so_far + cost(i, j), best, cost);
            free.push(j);
            let last = free.len() - 1;
            free.swap(k, last);
        }
    }
    assert!(n <= 8, "n! permutations");
    let mut best = i128::MAX;
    visit(0, &mut (0..n).collect(), 0, &mut best, &cost);
    best
}

#[test]
fn the_two_oracles_agree_and_match_a_sum_by_hand() {
    let by_hand = [[4, 1, 3], [2, 0, 5], [3, 2, 2]];
    let cost = |i: usize, j: usize| by_hand[i][j];
    // 1 + 2 + 2: rows to columns 1, 0, 2.
    assert_eq!(best_permutation(3, cost), 5);
    assert_eq!(cheapest(&[1, 1, 1], &[1, 1, 1], cost), 5);
    // 4 + 1 + 1 from row 0, 2 from row 2 to column 2.
    assert_eq!(cheapest(&[3, 0, 1], &[1, 2, 1], cost), 8);
    for seed in 0..40_usize {
        let n = 1 + seed % 6;
        let cost = |i: usize, j: usize| ((i * 7919 + j * 104_729 + seed * 31) % 23) as i128 - 5;
        assert_eq!(cheapest(&vec![1; n], &vec![1; n], cost), best_permutation(n, cost));
    }
}
