"""Golden values of tests/it/sinkhorn_divergence/golden.rs: OTT-JAX 0.6.0, whose terms POT 0.9.7.post1 confirms.

    pip install ott-jax==0.6.0 POT==0.9.7.post1 && python divergence.py > divergence.json

The measures of golden.json, beside this file. `value` is that of
`ott.tools.sinkhorn_divergence` in f64 to a marginal error of 1e-13, one ε for its three terms.
The terms are those of `ot.sinkhorn(method="sinkhorn_log")` as <γ, C> + ε KL(γ | μ⊗ν). The script
ends without an answer if POT does not converge, as on the self-transport terms at ε = 0.02
(marginal errors of 3e-7 after 20 000 iterations), or if its terms do not make OTT's value.
"""

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np
import ot
from ott.geometry import costs, pointcloud
from ott.tools.sinkhorn_divergence import sinkhorn_divergence

warnings.filterwarnings("error", message="Sinkhorn did not converge")
assert (version("ott-jax"), ot.__version__) == ("0.6.0", "0.9.7.post1")
golden = json.loads((Path(__file__).parent / "golden.json").read_text())
x, y, a, b = (np.array(golden[name]) for name in "xyab")
GROUNDS = {
    "sqeuclidean": costs.SqEuclidean(),
    "euclidean": costs.Euclidean(),
    "cityblock": costs.PNormP(1.0),
}


def ott(cost, epsilon):
    value, out = sinkhorn_divergence(
        pointcloud.PointCloud, x, y, a=a, b=b, cost_fn=GROUNDS[cost], epsilon=epsilon,
        solve_kwargs={"threshold": 1e-13, "max_iterations": 200_000},
    )
    assert all(out.converged), (cost, epsilon)
    return float(value)


def term(cost, epsilon, x, y, a, b):
    table = ot.dist(x, y, metric=cost)
    plan = ot.sinkhorn(a, b, table, epsilon, method="sinkhorn_log", numItermax=200_000, stopThr=1e-13)
    kl = np.sum(plan * np.log(np.maximum(plan, 1e-300) / np.outer(a, b)))
    return float(np.sum(plan * table) + epsilon * kl)


answers = []
for cost in GROUNDS:
    for epsilon in (1.0, 0.1, 0.05):
        cross = term(cost, epsilon, x, y, a, b)
        source, target = term(cost, epsilon, x, x, a, a), term(cost, epsilon, y, y, b, b)
        value = ott(cost, epsilon)
        assert abs(value - (cross - 0.5 * source - 0.5 * target)) < 1e-11, (cost, epsilon)
        answers.append({
            "cost": cost, "epsilon": epsilon, "value": value,
            "cross": cross, "source": source, "target": target,
        })
tool = f"OTT-JAX {version('ott-jax')}, POT {ot.__version__}, jax {jax.__version__}, numpy {np.__version__}"
print(json.dumps({"tool": tool, "answers": answers}))
