"""Minibatch OT-CFM: the pairs of noise and data, by this engine and by POT.

Flow matching draws its pairs from the optimal plan of each minibatch (Tong et al. 2024, "Improving and
generalizing flow-based generative models with minibatch optimal transport"; `OTPlanSampler` of torchcfm).
With as many points on both sides and uniform masses the plan is a permutation, so both engines give the same pairs.
"""

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

import deblais

Floats = NDArray[np.float64]


def plan_by_deblais(x0: Floats, x1: Floats) -> Floats:
    return deblais.emd(x0, x1, cost="sqeuclidean", method="simplex", threads=1).dense_plan()


def pairs(plan: Floats, size: int, draws: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """`size` cells, each drawn with the probability that is its mass."""
    cells = draws.choice(plan.size, p=plan.ravel() / plan.sum(), size=size)
    rows, columns = np.divmod(cells, plan.shape[1])
    return rows, columns


def seconds(plans: Sequence[Callable[[Floats, Floats], Floats]], x0: Floats, x1: Floats) -> list[float]:
    """The fastest of nine calls of each, taken in turn."""
    times = np.empty((9, len(plans)))
    for row in times:
        for index, plan in enumerate(plans):
            start = perf_counter()
            plan(x0, x1)
            row[index] = perf_counter() - start
    return [float(time) for time in times.min(axis=0)]


draws = np.random.default_rng(0)
try:
    import ot
except ImportError:
    print("pip install pot for the comparison")
    x0, x1 = draws.normal(size=(256, 2)), draws.normal(3.0, size=(256, 2))
    print("first pairs:", *zip(*pairs(plan_by_deblais(x0, x1), 3, draws)))
else:

    def plan_by_pot(x0: Floats, x1: Floats) -> Floats:
        plan: Floats = ot.emd(ot.unif(len(x0)), ot.unif(len(x1)), ot.dist(x0, x1))
        return plan

    print(" n    d   POT ms   deblais ms   speed-up   same pairs")
    for n, d in [(64, 2), (256, 2), (256, 64), (1024, 2)]:
        x0, x1 = draws.normal(size=(n, d)), draws.normal(3.0, size=(n, d))
        plans = [plan_by_deblais, plan_by_pot]
        ours, theirs = (pairs(plan(x0, x1), n, np.random.default_rng(1)) for plan in plans)
        same = bool(np.array_equal(ours, theirs))
        fast, slow = seconds(plans, x0, x1)
        print(f"{n:4} {d:3} {1e3 * slow:8.2f} {1e3 * fast:12.2f} {slow / fast:9.1f}x   {same}")
