"""Golden values of tests/it/f_divergences/golden.rs, by scipy 1.17.1, POT 0.9.7.post1 and numpy.

    pip install scipy==1.17.1 POT==0.9.7.post1 && python golden.py > golden.json

Draws are those of numpy's `default_rng(6)`. scipy's `jensenshannon` and `energy_distance` return
square roots: the squares are written here. POT's sliced distance is given its projections. The
unbiased MMD² and the divergence by nearest neighbors are written out with numpy and scipy's
cKDTree, for scipy has none.
"""

import json

import numpy as np
import ot
import scipy
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist, jensenshannon, pdist
from scipy.stats import energy_distance, entropy, wasserstein_distance

assert (scipy.__version__, ot.__version__) == ("1.17.1", "0.9.7.post1")


def kl_knn(x, y, k):
    own = cKDTree(x).query(x, k + 1)[0][:, k]
    other = cKDTree(y).query(x, [k])[0][:, 0]
    return float(x.shape[1] * np.mean(np.log(other / own)) + np.log(len(y) / (len(x) - 1)))


rng = np.random.default_rng(6)
answers = {"histograms": [], "line": [], "plane": []}

for cells in (2, 7, 50):
    p, q = rng.dirichlet(np.ones(cells), 2)
    answers["histograms"].append({
        "p": p.tolist(), "q": q.tolist(),
        "kl": float(entropy(p, q)), "kl_reverse": float(entropy(q, p)),
        "js": float(jensenshannon(p, q) ** 2),
    })

for n, m, shift in ((30, 30, 0.5), (41, 23, 4.0)):
    x, y = rng.normal(size=n), rng.normal(shift, 2.0, size=m)
    a, b = rng.uniform(0.1, 1.0, n), rng.uniform(0.1, 1.0, m)
    answers["line"].append({
        "x": x.tolist(), "y": y.tolist(), "a": a.tolist(), "b": b.tolist(),
        "energy": float(energy_distance(x, y, a, b) ** 2),
        "w1": float(wasserstein_distance(x, y, a, b)),
    })

for n, m, d in ((20, 30, 2), (25, 15, 5)):
    x, y = rng.normal(size=(n, d)), rng.normal(0.7, 1.0, size=(m, d))
    a, b = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))
    projections = ot.sliced.get_random_projections(d, 12, seed=1)
    sigma = float(np.median(pdist(np.vstack([x, y]))))
    k = lambda u, v: np.exp(-cdist(u, v, "sqeuclidean") / (2 * sigma**2))
    off = lambda table: (table.sum() - np.trace(table)) / (len(table) * (len(table) - 1))
    answers["plane"].append({
        "x": x.tolist(), "y": y.tolist(), "a": a.tolist(), "b": b.tolist(),
        "projections": projections.T.tolist(),
        "sliced": {
            str(p): float(ot.sliced_wasserstein_distance(x, y, a, b, p=p, projections=projections))
            for p in (1, 2)
        },
        "kl_knn": kl_knn(x, y, 3),
        "sigma": sigma,
        "mmd": float(off(k(x, x)) + off(k(y, y)) - 2 * k(x, y).mean()),
        "mmd_v": float(a @ k(x, x) @ a + b @ k(y, y) @ b - 2 * a @ k(x, y) @ b),
        "energy": float(2 * a @ cdist(x, y) @ b - a @ cdist(x, x) @ a - b @ cdist(y, y) @ b),
    })

print(json.dumps(answers, indent=1))
