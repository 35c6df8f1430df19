"""Exact transport: `emd`, `emd2`, `emd2_lazy`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from deblais import _deblais
from deblais.pot._convention import (
    Pair,
    check_threads,
    is_sparse,
    limit_of,
    log_of,
    masses_of,
    type_of,
    warned,
)


def _solved(a: Any, b: Any, M: Any, call: tuple[Any, ...], plan: bool) -> tuple[Any, ...]:
    """The engine's answer; the plan of a sparse matrix is one."""
    if not is_sparse(M):
        return _deblais.pot_dense(a, b, M, call, plan)
    from scipy.sparse import coo_matrix

    M = M.tocoo()
    (rows, columns, masses), *rest = _deblais.pot_sparse(a, b, (M.row, M.col, M.data), M.shape, call)
    return (coo_matrix((masses, (rows, columns)), shape=M.shape), *rest)


def emd(
    a: Any,
    b: Any,
    M: Any,
    numItermax: float = 100_000,
    log: bool = False,
    center_dual: bool = True,
    numThreads: int | str = 1,
    check_marginals: bool = True,
    potentials_init: Pair | None = None,
) -> Any:
    """The optimal transport plan under a cost matrix; `ot.emd`.

    Parameters
    ----------
    a, b : array_like, shape (n,) and (m,)
        Masses; empty for 1/n and 1/m each.
    M : array_like or sparse matrix, shape (n, m)
        Costs. Cells that a sparse matrix does not list are forbidden.
    numItermax : int
        Iterations at which to stop; the default is no limit.
    log : bool
        Whether to return the log, too.
    center_dual : bool
        Whether potentials are shifted such that ``a @ u == b @ v``.
    numThreads : int or "max"
        Not read, as in POT.
    check_marginals : bool
        Whether totals that differ by more than 1.5e-6 are refused.
    potentials_init : (array_like, array_like), optional
        Potentials to start from.

    Returns
    -------
    plan : ndarray, shape (n, m), or ``coo_matrix``
        In the type of `a`.
    log : dict
        ``cost``, ``u``, ``v``, ``warning``, ``result_code``, ``lower``, ``upper``, ``gap``.

    Examples
    --------
    >>> import deblais.pot as ot
    >>> plan, log = ot.emd([], [], [[1.0, 4.0], [3.0, 2.0]], log=True)
    >>> log["cost"], log["gap"]
    (1.5, 0.0)
    """
    check_threads(numThreads)
    a, b = masses_of(a), masses_of(b)
    call = (limit_of(numItermax), potentials_init, center_dual, check_marginals)
    found = _solved(a, b, M, call, True)
    kind = type_of(a, b)
    plan = found[0].astype(kind, copy=False)
    if log:
        return plan, log_of(found, kind)
    warned(found[5])
    return plan


def emd2(
    a: Any,
    b: Any,
    M: Any,
    processes: int = 1,
    numItermax: float = 100_000,
    log: bool = False,
    return_matrix: bool = False,
    center_dual: bool = True,
    numThreads: int | str = 1,
    check_marginals: bool = True,
    potentials_init: Pair | None = None,
) -> Any:
    """The optimal transport cost under a cost matrix; `ot.emd2`.

    Parameters
    ----------
    a, M, numItermax, log, center_dual, numThreads, check_marginals, potentials_init
        As in `emd`.
    b : array_like, shape (m,) or (m, k)
        Masses, or those of k targets, a column each.
    processes : int
        Not read, as in POT.
    return_matrix : bool
        Whether the log holds the plan, as ``G``.

    Returns
    -------
    cost : float
        With a log or a matrix the list ``[cost, log]``; for k targets a list of k of them.

    Examples
    --------
    >>> import deblais.pot as ot
    >>> ot.emd2([0.5, 0.5], [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]])
    0.0
    """
    check_threads(numThreads)
    a, b = masses_of(a), masses_of(b)
    if b is not None and b.ndim == 2:
        if processes > 1:
            warnings.warn("The 'processes' parameter has been deprecated.", stacklevel=2)
        rest = (log, return_matrix, center_dual, 1, check_marginals, potentials_init)
        return [emd2(a, column, M, 1, numItermax, *rest) for column in b.T]
    call = (limit_of(numItermax), potentials_init, center_dual, check_marginals)
    found = _solved(a, b, M, call, return_matrix)
    kind = type_of(a, b)
    if not (log or return_matrix):
        warned(found[5])
        return found[1]
    logged = log_of(found, kind)
    if return_matrix:
        logged["G"] = found[0].astype(kind, copy=False)
    return [found[1], logged]


def emd2_lazy(
    X_a: Any,
    X_b: Any,
    a: Any = None,
    b: Any = None,
    metric: str = "sqeuclidean",
    numItermax: float = 100_000,
    log: bool = False,
    return_matrix: bool = True,
    center_dual: bool = True,
    check_marginals: bool = True,
    potentials_init: Pair | None = None,
) -> Any:
    """The optimal transport cost between points, without a cost matrix; `ot.emd2_lazy`.

    Parameters
    ----------
    X_a, X_b : array_like, shape (n, d) and (m, d)
        Points.
    a, b : array_like, shape (n,) and (m,), optional
        Masses; 1/n and 1/m each if left out.
    metric : str
        ``"sqeuclidean"``, ``"euclidean"``, ``"cityblock"``, or another ground cost of `deblais.emd`.
    numItermax, log, center_dual, check_marginals, potentials_init
        As in `emd`.
    return_matrix : bool
        Whether the log holds the plan, sparse, as ``G`` (needs scipy).

    Returns
    -------
    cost : float
    log : dict
        With `log` or `return_matrix`.

    Examples
    --------
    >>> import deblais.pot as ot
    >>> cost = ot.emd2_lazy([[0.0], [1.0]], [[2.0], [5.0]], metric="euclidean", return_matrix=False)
    >>> round(cost, 9)
    3.0
    """
    X_a, X_b = np.asarray(X_a), np.asarray(X_b)
    if X_a.shape[1] != X_b.shape[1]:
        raise ValueError(
            "X_a and X_b must have the same number of dimensions, "
            f"got {X_a.shape[1]} and {X_b.shape[1]}"
        )
    a, b = masses_of(a), masses_of(b)
    call = (limit_of(numItermax), potentials_init, center_dual, check_marginals)
    found = _deblais.pot_points(a, b, X_a, X_b, metric, call)
    kind = type_of(a, b, X_a)
    if not (log or return_matrix):
        warned(found[5])
        return found[1]
    logged = log_of(found, kind)
    if return_matrix:
        from scipy.sparse import coo_matrix

        rows, columns, masses = found[0]
        cells = (masses.astype(kind, copy=False), (rows, columns))
        logged["G"] = coo_matrix(cells, shape=(len(X_a), len(X_b)))
    return found[1], logged
