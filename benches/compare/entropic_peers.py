"""The other libraries' calls for entropic transport, each timed as a user would make it.

Every call starts from the points and ends with potentials or scalings; the plan and its marginal
errors are computed after the clock has stopped.
"""

import warnings
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

# Cells that a contender may touch before it has to give up: minutes.
CELLS = 1e11

# How often OTT looks at its error, and POT cannot help looking.
EVERY = 10


def contenders(x: Array, y: Array, epsilon: float, tolerance: float) -> dict[str, Contender]:
    n = len(x)
    iterations = int(min(10_000, CELLS / n**2))
    momentum = acceleration.Momentum(start=20, value=1.5)
    anderson = acceleration.AndersonAcceleration(memory=5, refresh_every=1)
    variants: dict[str, dict[str, Any]] = {
        "OTT": {"threshold": tolerance},
        # With momentum neither marginal is right by construction, and OTT looks at one.
        "OTT, momentum 1.5": {"threshold": tolerance / 2, "momentum": momentum},
        "OTT, Anderson": {"threshold": tolerance, "anderson": anderson},
    }
    calls = {"ot.sinkhorn": lambda: pot(x, y, epsilon, tolerance, iterations)}
    for label, settings in variants.items():
        # OTT touches each cell a few times as slowly: fewer rounds in the same time.
        solver = sinkhorn.Sinkhorn(
            max_iterations=max(iterations // 4, EVERY) // EVERY * EVERY,
            inner_iterations=EVERY,
            **settings,
        )
        calls[label] = ott(x, y, epsilon, solver)
    return calls


def pot(x: Array, y: Array, epsilon: float, tolerance: float, iterations: int) -> Run:
    """The scaled kernel. It stops at an L2 error, and L1 ≤ √n·L2."""
    n = len(x)
    mass = np.full(n, 1 / n)

    def call() -> Array:
        matrix = ot.dist(x, y)
        return ot.sinkhorn(
            mass,
            mass,
            matrix,
            epsilon,
            stopThr=tolerance / np.sqrt(n),
            numItermax=iterations,
            warn=False,
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds, plan = timed(call)
    return judged(seconds, plan)


def ott(x: Array, y: Array, epsilon: float, solver: sinkhorn.Sinkhorn) -> Contender:
    """Compiled before any clock starts, for these shapes and this ε."""

    @jax.jit
    def potentials(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        geometry = pointcloud.PointCloud(x, y, epsilon=epsilon)
        output = solver(linear_problem.LinearProblem(geometry))
        return output.f, output.g

    compiled = potentials.lower(x, y).compile()

    def run() -> Run:
        seconds, (f, g) = timed(lambda: jax.block_until_ready(compiled(x, y)))
        exponent = np.asarray(f)[:, None] + np.asarray(g)[None, :] - ot.dist(x, y)
        return judged(seconds, np.exp(exponent / epsilon))

    return run


def judged(seconds: float, plan: Array) -> Run:
    """The L1 errors of both marginals together."""
    error = sum(np.abs(plan.sum(axis) - 1 / len(plan)).sum() for axis in (0, 1))
    error = float(error) if np.isfinite(error) else float("inf")
    return {"seconds": seconds, "error_reached": error}
