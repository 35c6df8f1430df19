"""The other libraries' calls for entropic transport, each timed as a user would make it.

Every call starts from the points and ends with potentials or scalings; the plan and its marginal
errors are computed after the clock has stopped.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import ot
from ott.geometry import pointcloud
from ott.problems.linear import linear_problem
from ott.solvers.linear import acceleration, sinkhorn

from cases import Array
from peers import Contender, Run, timed

jax.config.update("jax_enable_x64", True)

# Cells that POT and OTT may have touched when they have to give up: about half a minute for each.
POT_CELLS, OTT_CELLS = 3e10, 5e9

# POT's logarithmic method takes some seventy times as long for a cell as its scaled kernel. It is
# tried where that is bearable.
LOGARITHMIC_CELLS = 3e8
LOGARITHMIC_SIZE = 1000

# How often OTT looks at its error by default, and POT cannot help looking.
EVERY = 10

# How much closer OTT's own error has to come after an answer that was not close enough, and down
# to what share of the tolerance: an iteration that diverges may call itself converged.
TIGHTER, TIGHTEST = 0.8, 0.1


def contenders(
    x: Array, y: Array, epsilon: float, tolerance: float, iterations: int
) -> dict[str, Contender]:
    """Each may make so many iterations, fewer at large sizes."""
    momentum, anderson = acceleration.Momentum, acceleration.AndersonAcceleration
    variants: dict[str, dict[str, Any]] = {
        "OTT": {},
        "OTT, momentum 1.8": {"momentum": momentum(value=1.8)},
        # Its default ridge, 1e-2, is worth less: in 64-D it makes OTT slower than none at all.
        "OTT, Anderson": {"anderson": anderson(memory=5, ridge_identity=1e-6)},
    }
    cells = len(x) * len(y)
    fewer = min(iterations, int(POT_CELLS / cells))
    calls = {"ot.sinkhorn": lambda: pot(x, y, epsilon, tolerance, "sinkhorn", fewer)}
    if len(x) <= LOGARITHMIC_SIZE:
        few = min(iterations, int(LOGARITHMIC_CELLS / cells))
        calls["ot.sinkhorn_log"] = lambda: pot(x, y, epsilon, tolerance, "sinkhorn_log", few)
    for label, settings in variants.items():
        fewest = min(iterations, int(OTT_CELLS / cells) // EVERY * EVERY)
        settings |= {"max_iterations": fewest, "inner_iterations": EVERY}
        calls[label] = ott(x, y, epsilon, tolerance, settings)
    return calls


def pot(
    x: Array, y: Array, epsilon: float, tolerance: float, method: str, iterations: int
) -> Run:
    mass = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))

    def call() -> Array:
        return ot.sinkhorn(
            *mass,
            ot.dist(x, y),
            epsilon,
            method=method,
            stopThr=tolerance,
            numItermax=iterations,
            warn=False,
        )

    with warnings.catch_warnings(), stop_at_l1():
        warnings.simplefilter("ignore")
        seconds, plan = timed(call)
    return judged(seconds, plan)


@contextmanager
def stop_at_l1() -> Iterator[None]:
    """Lets POT stop at an L1 error of the marginal. Its own test takes the L2 norm, and what is a
    safe bound for that, L1 ≤ √n·L2, is up to fifteen times too strict where the error sits in a
    few points: POT would go on for thousands of iterations after it has arrived."""
    backend = ot.backend.NumpyBackend
    norm = backend.norm
    backend.norm = lambda _, vector: np.abs(vector).sum()
    try:
        yield
    finally:
        backend.norm = norm


def ott(
    x: Array, y: Array, epsilon: float, tolerance: float, settings: dict[str, Any]
) -> Contender:
    """Compiled before any clock starts, for these shapes and this ε."""

    @jax.jit
    def solve(
        x: jax.Array, y: jax.Array, threshold: float
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        geometry = pointcloud.PointCloud(x, y, epsilon=epsilon)
        solver = sinkhorn.Sinkhorn(threshold=threshold, **settings)
        output = solver(linear_problem.LinearProblem(geometry))
        return output.f, output.g, output.converged

    compiled = solve.lower(x, y, tolerance).compile()
    threshold = tolerance

    def run() -> Run:
        """OTT looks at one marginal. With momentum the other is off, too: then once more, closer,
        and the run that was not close enough does not count."""
        nonlocal threshold
        while True:
            seconds, (f, g, converged) = timed(
                lambda: jax.block_until_ready(compiled(x, y, threshold))
            )
            exponent = np.asarray(f)[:, None] + np.asarray(g)[None, :] - ot.dist(x, y)
            with np.errstate(over="ignore"):
                answer = judged(seconds, np.exp(exponent / epsilon))
            close = answer["error_reached"] <= tolerance
            if close or not converged or threshold * TIGHTER < TIGHTEST * tolerance:
                return answer
            threshold *= TIGHTER

    return run


def judged(seconds: float, plan: Array) -> Run:
    """The L1 errors of both marginals together."""
    error = sum(np.abs(plan.sum(axis) - 1 / plan.shape[1 - axis]).sum() for axis in (0, 1))
    error = float(error) if np.isfinite(error) else float("inf")
    return {"seconds": seconds, "error_reached": error}
