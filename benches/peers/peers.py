"""The other libraries' calls, each timed as a user would make it.

A contender is a function that makes one timed run and returns a dictionary with its `seconds`
and the `cost` it found.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import lap
import numpy as np
import ot
from ot.lp.emd_wrap import emd_c
from scipy.spatial.distance import cdist

from cases import Array

Run = dict[str, Any]
Contender = Callable[[], Run]

# POT stops at 100 000 pivots unless told otherwise, with a plan that is not optimal.
PIVOTS = 10**9


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = perf_counter()
    answer = call()
    return perf_counter() - start, answer


def table(arrays: dict[str, Array], lapjv: bool) -> dict[str, Contender]:
    """The cost matrix is computed here, before any clock starts."""
    matrix = cdist(arrays["x"], arrays["y"])

    def emd() -> Run:
        seconds, (_, log) = timed(
            lambda: ot.emd(arrays["a"], arrays["b"], matrix, numItermax=PIVOTS, log=True)
        )
        assert log["warning"] is None, log["warning"]
        return {"seconds": seconds, "cost": log["cost"]}

    def assignment() -> Run:
        seconds, (cost, *_) = timed(lambda: lap.lapjv(matrix))
        return {"seconds": seconds, "cost": cost / len(matrix)}

    return {"emd": emd, "lapjv": assignment} if lapjv else {"emd": emd}


def batch(arrays: dict[str, Array], rounds: int) -> dict[str, Contender]:
    """The mean of a call over distinct matrices; `emd_c` is the compiled core of `ot.emd`."""
    matrices = [cdist(x, y) for x, y in zip(arrays["x"], arrays["y"], strict=True)]
    n = len(matrices[0])
    mass = np.full(n, 1 / n)
    calls = rounds * len(matrices)
    cost = float(np.mean([ot.emd2(mass, mass, m, numItermax=PIVOTS) for m in matrices]))

    def emd() -> Run:
        start = perf_counter()
        for _ in range(rounds):
            for matrix in matrices:
                ot.emd(mass, mass, matrix, numItermax=PIVOTS)
        return {"seconds": (perf_counter() - start) / calls, "cost": cost}

    def core() -> Run:
        start = perf_counter()
        for _ in range(rounds):
            for matrix in matrices:
                emd_c(mass, mass, matrix, PIVOTS, 1, None, None)
        return {"seconds": (perf_counter() - start) / calls, "cost": cost}

    return {"emd": emd, "emd_c": core}


def pairs(arrays: dict[str, Array]) -> dict[str, Contender]:
    """A loop over all pairs i < j: on all pixels, as one writes it, and on those with ink only."""
    matrix = cdist(arrays["x"], arrays["x"])
    masses = np.ascontiguousarray(arrays["a"])
    inked = [np.flatnonzero(mass) for mass in masses]
    inks = [np.ascontiguousarray(mass[ink]) for mass, ink in zip(masses, inked, strict=True)]
    count = len(masses)

    def whole(i: int, j: int) -> float:
        return ot.emd2(masses[i], masses[j], matrix, numItermax=PIVOTS)

    def trimmed(i: int, j: int) -> float:
        costs = matrix[np.ix_(inked[i], inked[j])]
        return ot.emd2(inks[i], inks[j], costs, numItermax=PIVOTS)

    def loop(call: Callable[[int, int], float]) -> Run:
        seconds, costs = timed(
            lambda: [call(i, j) for i in range(count) for j in range(i + 1, count)]
        )
        return {"seconds": seconds, "cost": float(np.mean(costs))}

    return {"emd": lambda: loop(whole), "emd_trimmed": lambda: loop(trimmed)}


def line(arrays: dict[str, Array], p: int) -> dict[str, Contender]:
    x, y = arrays["x"], arrays["y"]

    def value() -> Run:
        seconds, cost = timed(lambda: ot.wasserstein_1d(x, y, p=p))
        return {"seconds": seconds, "cost": float(cost)}

    def plan() -> Run:
        seconds, (_, log) = timed(
            lambda: ot.emd_1d(x, y, metric="minkowski", p=p, dense=False, log=True)
        )
        return {"seconds": seconds, "cost": float(log["cost"])}

    return {"wasserstein_1d": value, "emd_1d": plan}
