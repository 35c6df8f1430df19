"""Entropic transport: `sinkhorn`, `sinkhorn2`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from deblais import _deblais
from deblais.pot._convention import Log, Pair, masses_of

METHODS = ["sinkhorn", "sinkhorn_log", "greenkhorn", "sinkhorn_stabilized", "sinkhorn_epsilon_scaling"]


def _solved(
    a: Any, b: Any, M: Any, reg: float, limits: tuple[float, int], warn: bool
) -> tuple[Any, Log]:
    """The plan and the log."""
    plan, (f, g), error, passes, is_reached = _deblais.pot_sinkhorn(a, b, M, reg, *limits)
    if warn and not is_reached:
        warnings.warn(
            "Sinkhorn did not converge. You might want to increase the number of iterations "
            "`numItermax` or the regularization parameter `reg`.",
            stacklevel=3,
        )
    n, m = plan.shape
    a = np.full(n, 1 / n) if a is None else a
    b = np.full(m, 1 / m) if b is None else b
    with np.errstate(divide="ignore"):
        log_u, log_v = f / reg + np.log(a), g / reg + np.log(b / np.sum(b))
    return plan, {
        "err": [error],
        "niter": passes,
        "log_u": log_u,
        "log_v": log_v,
        "u": np.exp(log_u),
        "v": np.exp(log_v),
    }


def sinkhorn(
    a: Any,
    b: Any,
    M: Any,
    reg: float,
    method: str = "sinkhorn",
    numItermax: int = 1000,
    stopThr: float = 1e-9,
    verbose: bool = False,
    log: bool = False,
    warn: bool = True,
    warmstart: Pair | None = None,
    **kwargs: Any,
) -> Any:
    """The entropic transport plan; `ot.sinkhorn`.

    All methods are one here: Newton's and Sinkhorn's steps in the log domain, which converge for every `reg`.

    Parameters
    ----------
    a, b, M
        As in `emd2`.
    reg : float
        Strength of the entropy, in units of the cost.
    method : str
        One of POT's; not read.
    numItermax : int
        Passes over the costs at which to stop.
    stopThr : float
        Marginal error at which to stop.
    verbose, warmstart
        Not read.
    log : bool
        Whether to return the log, too.
    warn : bool
        Whether to warn where the error is not reached.

    Returns
    -------
    plan : ndarray, shape (n, m)
        For k targets the k costs ``sum(plan * M)``, as in POT.
    log : dict
        ``err``, ``niter``, ``u``, ``v``, ``log_u``, ``log_v``; `deblais.sinkhorn_matrix` has a bracket on the
        exact cost.

    Examples
    --------
    >>> import deblais.pot as ot
    >>> ot.sinkhorn([0.5, 0.5], [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]], 1).round(5)
    array([[0.36553, 0.13447],
           [0.13447, 0.36553]])
    """
    if method.lower() not in METHODS:
        raise ValueError(f"Unknown method '{method}'.")
    limits = (stopThr, numItermax)
    a, b, M = masses_of(a), masses_of(b), np.asarray(M)
    kind = M.dtype if M.dtype.kind == "f" else np.dtype(float)
    if b is not None and b.ndim == 2:
        found = [_solved(a, column, M, reg, limits, warn) for column in b.T]
        costs = np.array([np.vdot(M, plan) for plan, _ in found])
        if not log:
            return costs
        logs = [one for _, one in found]
        stacked = {
            name: np.stack([one[name] for one in logs], -1) for name in ("log_u", "log_v", "u", "v")
        }
        return costs, stacked | {name: [one[name] for one in logs] for name in ("err", "niter")}
    plan, logged = _solved(a, b, M, reg, limits, warn)
    plan = plan.astype(kind, copy=False)
    return (plan, logged) if log else plan


def sinkhorn2(
    a: Any,
    b: Any,
    M: Any,
    reg: float,
    method: str = "sinkhorn",
    numItermax: int = 1000,
    stopThr: float = 1e-9,
    verbose: bool = False,
    log: bool = False,
    warn: bool = False,
    warmstart: Pair | None = None,
    **kwargs: Any,
) -> Any:
    """The cost ``sum(plan * M)`` of the entropic plan; `ot.sinkhorn2`.

    Parameters
    ----------
    a, b, M, reg, method, numItermax, stopThr, verbose, log, warn, warmstart
        As in `sinkhorn`.

    Returns
    -------
    cost : float
        For k targets an array of shape (k,).
    log : dict

    Examples
    --------
    >>> import deblais.pot as ot
    >>> round(float(ot.sinkhorn2([0.5, 0.5], [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]], 1)), 5)
    0.26894
    """
    found = sinkhorn(a, b, M, reg, method, numItermax, stopThr, verbose, True, warn, warmstart, **kwargs)
    cost, logged = found
    if cost.ndim == 2:
        cost = np.vdot(np.asarray(M, dtype=float), cost)
    return (cost, logged) if log else cost
