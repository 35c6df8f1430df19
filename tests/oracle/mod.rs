//! The naive oracle that fast paths are compared with: slow, short, and verifiable by eye.

/// The exact optimum of a transportation problem with integer masses and integer costs, by
/// successive shortest paths: as long as mass is left, send as much as possible along a cheapest
/// path of the residual network, found by Bellman and Ford's rounds. All in integers.
///
/// # Panics
/// If the totals differ.
pub(crate) fn cheapest(
    supply: &[i128],
    demand: &[i128],
    cost: impl Fn(usize, usize) -> i128,
) -> i128 {
    assert_eq!(supply.iter().sum::<i128>(), demand.iter().sum::<i128>(), "equal totals");
    let (n, m) = (supply.len(), demand.len());
    let mut left = supply.to_vec();
    let mut wanted = demand.to_vec();
    let mut flow = vec![vec![0; m]; n];
    let mut total = 0;
    while left.iter().any(|&mass| mass > 0) {
        // Distances from the sources that have mass left; node i < n is a source, n + j a target.
        let mut distance: Vec<Option<i128>> = vec![None; n + m];
        let mut parent = vec![usize::MAX; n + m];
        for i in 0..n {
            if left[i] > 0 {
                distance[i] = Some(0);
            }
        }
        let mut changed = true;
        while changed {
            changed = false;
            for (i, row) in flow.iter().enumerate() {
                for (j, &flow) in row.iter().enumerate() {
                    let c = cost(i, j);
                    for (from, to, length, open) in [(i, n + j, c, true), (n + j, i, -c, flow > 0)]
                    {
                        let Some(reached) = distance[from].filter(|_| open) else { continue };
                        if distance[to].is_none_or(|known| reached + length < known) {
                            distance[to] = Some(reached + length);
                            parent[to] = from;
                            changed = true;
                        }
                    }
                }
            }
        }
        let end = (0..m)
            .filter(|&j| wanted[j] > 0)
            .min_by_key(|&j| distance[n + j])
            .expect("equal totals leave a target open");
        // The path backwards, then as much as it can carry.
        let mut path = vec![n + end];
        while parent[path[path.len() - 1]] != usize::MAX {
            path.push(parent[path[path.len() - 1]]);
        }
        let start = path[path.len() - 1];
        let mut mass = left[start].min(wanted[end]);
        for arc in path.windows(2) {
            if arc[0] < n {
                mass = mass.min(flow[arc[0]][arc[1] - n]);
            }
        }
        for arc in path.windows(2) {
            if arc[0] < n {
                flow[arc[0]][arc[1] - n] -= mass;
            } else {
                flow[arc[1]][arc[0] - n] += mass;
            }
        }
        left[start] -= mass;
        wanted[end] -= mass;
        total += mass * distance[n + end].expect("reached");
    }
    total
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
