"""Barycenters of small random histograms by HiGHS (scipy), as reference values for the tests.

Writes one JSON object a line: support (N, d), measures (K, N), weights (K,), the least value of
sum_k w_k OT(nu, mu_k) for squared Euclidean costs. Usage: python barycenter.py > tests/data/barycenters.jsonl
(numpy 2, scipy 1.16, HiGHS with its default tolerances of 1e-7).
"""

import json

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

rng = np.random.default_rng(19)


def least_value(support, measures, weights):
    n = len(support)
    cost = ((support[:, None] - support[None]) ** 2).sum(-1)
    objective = np.concatenate([np.zeros(n)] + [w * cost.ravel() for w in weights])
    rows, columns, entries, right = [], [], [], []

    def add(variables, values, mass):
        rows.extend([len(right)] * len(variables))
        columns.extend(variables)
        entries.extend(values)
        right.append(mass)

    for k, mu in enumerate(measures):
        cell = n + k * n * n + np.arange(n * n).reshape(n, n)
        for i in range(n):
            add([i, *cell[i]], [-1.0] + [1.0] * n, 0.0)
        for j in range(n):
            add(cell[:, j], [1.0] * n, mu[j] / mu.sum())
    shape = (len(right), len(objective))
    found = linprog(objective, A_eq=coo_array((entries, (rows, columns)), shape=shape), b_eq=right)
    assert found.status == 0, found.message
    return found.fun


for case in range(60):
    n, k, d = rng.integers(2, 10), rng.integers(2, 6), rng.integers(1, 4)
    support = rng.integers(0, 12, (n, d)).astype(float)
    measures = rng.integers(0, 5, (k, n)).astype(float)
    measures[:, 0] += 1
    weights = rng.integers(1, 9, k).astype(float)
    value = least_value(support, measures, weights / weights.sum())
    print(json.dumps({
        "support": support.tolist(),
        "measures": measures.tolist(),
        "weights": weights.tolist(),
        "value": value,
    }))
