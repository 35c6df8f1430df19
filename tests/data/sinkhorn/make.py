"""Golden values of tests/it/sinkhorn/mod.rs: POT 0.9.7.post1, numpy seed 20240917.

    pip install POT==0.9.7.post1 && python make.py > golden.json

Clouds of 40 and 30 points in the unit square with random masses; squared Euclidean cost;
`ot.sinkhorn(method="sinkhorn_log")` to its rounding floor. `probe` is Σ_ij γ_ij sin(i + 2j), which
no two different plans share by chance.
"""

import json

import numpy as np
import ot

assert ot.__version__ == "0.9.7.post1", ot.__version__
rng = np.random.default_rng(20240917)
n, m = 40, 30
x, y = rng.random((n, 2)), rng.random((m, 2))
a, b = rng.random(n) + 0.1, rng.random(m) + 0.1
a, b = a / a.sum(), b / b.sum()
cost = ot.dist(x, y)
answers = []
for epsilon in (1.0, 0.05, 0.005):
    plan = ot.sinkhorn(a, b, cost, epsilon, method="sinkhorn_log", numItermax=200_000, stopThr=1e-15)
    product = np.outer(a, b)
    probe = np.sin(np.add.outer(np.arange(n), 2.0 * np.arange(m)))
    kl = np.sum(plan * np.log(np.maximum(plan, 1e-300) / product))
    answers.append({
        "epsilon": epsilon,
        "transport": float(np.sum(plan * cost)),
        "entropic": float(np.sum(plan * cost) + epsilon * kl),
        "probe": float(np.sum(plan * probe)),
    })
print(json.dumps({
    "tool": f"POT {ot.__version__}, numpy {np.__version__}", "seed": 20240917,
    "x": x.tolist(), "y": y.tolist(), "a": a.tolist(), "b": b.tolist(), "answers": answers,
}))
