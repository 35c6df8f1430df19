"""The functions of POT (Python Optimal Transport 0.9.7), by deblais's exact engine.

Signatures, return values, log dictionaries and conventions are POT's; ``lower``, ``upper`` and ``gap`` are
added to logs and results. `install` puts the engine under an installed POT: under every one of its functions
that uses the network simplex.

Known differences, all of them on the safe side:

- An optimum is an optimum: it is judged, and solved again without a tolerance where the gap is not closed.
- ``numItermax`` counts this engine's iterations, and its default of 100 000 stands for no limit.
- NaN, ``-inf``, negative masses and costs beyond 1e303 raise `ValueError`; ``inf`` forbids a cell.
- Where forbidden cells leave no plan, the plan is 0, the cost ``inf``, and the result code 0, with POT's
  warning.

>>> import deblais.pot as ot
>>> ot.emd([0.5, 0.5], [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]])
array([[0.5, 0. ],
       [0. , 0.5]])
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from deblais import _deblais

__all__ = [
    "OTResult",
    "dist",
    "emd",
    "emd2",
    "emd2_1d",
    "emd2_lazy",
    "emd_1d",
    "install",
    "partial_wasserstein",
    "sinkhorn",
    "sinkhorn2",
    "solve",
    "solve_sample",
    "uninstall",
    "wasserstein_1d",
]

INFEASIBLE, ITERATION_LIMIT = 0, 3

WARNINGS = {
    INFEASIBLE: "Problem infeasible. Check that a and b are in the simplex",
    ITERATION_LIMIT: "numItermax reached before optimality. Try to increase numItermax.",
}

LINE_METRICS = ["sqeuclidean", "minkowski", "cityblock", "euclidean"]


def _warning(code: int, stacklevel: int = 3) -> str | None:
    message = WARNINGS.get(code)
    if message is not None:
        warnings.warn(message, stacklevel=stacklevel)
    return message


def _limit(iterations: float, default: int = 100_000) -> int | None:
    """``numItermax`` as the engine has it: ``None`` for the default, which is no limit."""
    return None if iterations == default or iterations == np.inf else int(iterations)


def _masses(a: Any) -> np.ndarray | None:
    """Masses as an array; ``None`` for an empty list."""
    return None if a is None or len(a) == 0 else np.asarray(a)


def _kind(*arrays: Any) -> np.dtype:
    """The type of the answer: that of the first array that is given."""
    kind = next((np.asarray(array).dtype for array in arrays if array is not None), np.dtype(float))
    if kind.kind != "f":
        warnings.warn(
            "Input histogram consists of integer. The transport plan will be casted accordingly, "
            "possibly resulting in a loss of precision. If this behaviour is unwanted, please make sure "
            "your input histogram consists of floating point elements.",
            stacklevel=4,
        )
    return kind


def _log(found: tuple, kind: np.dtype) -> dict:
    _, cost, lower, u, v, code = found
    return {
        "cost": cost,
        "u": u.astype(kind, copy=False),
        "v": v.astype(kind, copy=False),
        "warning": _warning(code, 4),
        "result_code": code,
        "lower": lower,
        "upper": cost,
        "gap": cost - lower if cost != lower else 0.0,
    }


def _is_sparse(M: Any) -> bool:
    return hasattr(M, "tocoo")


def _solved(a: Any, b: Any, M: Any, call: tuple, plan: bool) -> tuple:
    """The engine's answer; the plan of a sparse matrix is one."""
    if not _is_sparse(M):
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
    potentials_init: tuple | None = None,
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
    a, b = _masses(a), _masses(b)
    call = (_limit(numItermax), potentials_init, center_dual, check_marginals)
    found = _solved(a, b, M, call, True)
    kind = _kind(a, b)
    plan = found[0].astype(kind, copy=False)
    if log:
        return plan, _log(found, kind)
    _warning(found[5])
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
    potentials_init: tuple | None = None,
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
    a, b = _masses(a), _masses(b)
    if b is not None and b.ndim == 2:
        if processes > 1:
            warnings.warn("The 'processes' parameter has been deprecated.", stacklevel=2)
        rest = (log, return_matrix, center_dual, numThreads, check_marginals, potentials_init)
        return [emd2(a, column, M, 1, numItermax, *rest) for column in b.T]
    call = (_limit(numItermax), potentials_init, center_dual, check_marginals)
    found = _solved(a, b, M, call, return_matrix)
    kind = _kind(a, b)
    if not (log or return_matrix):
        _warning(found[5])
        return found[1]
    logged = _log(found, kind)
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
    potentials_init: tuple | None = None,
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
    a, b = _masses(a), _masses(b)
    call = (_limit(numItermax), potentials_init, center_dual, check_marginals)
    found = _deblais.pot_points(a, b, X_a, X_b, metric, call)
    kind = _kind(a, b, X_a)
    if not (log or return_matrix):
        _warning(found[5])
        return found[1]
    logged = _log(found, kind)
    if return_matrix:
        from scipy.sparse import coo_matrix

        rows, columns, masses = found[0]
        cells = (masses.astype(kind, copy=False), (rows, columns))
        logged["G"] = coo_matrix(cells, shape=(len(X_a), len(X_b)))
    return found[1], logged


def _line_cost(metric: str, p: float) -> tuple[str, float]:
    if metric not in LINE_METRICS:
        raise ValueError(
            "Solver for EMD in 1d only supports metrics from the following list: "
            "`['sqeuclidean', 'minkowski', 'cityblock', 'euclidean']`"
        )
    return ("euclidean", {"sqeuclidean": 2.0, "minkowski": p}.get(metric, 1.0))


def emd_1d(
    x_a: Any,
    x_b: Any,
    a: Any = None,
    b: Any = None,
    metric: str = "sqeuclidean",
    p: float = 1.0,
    dense: bool = True,
    log: bool = False,
    check_marginals: bool = True,
) -> Any:
    """The optimal transport plan between numbers; `ot.emd_1d`.

    Parameters
    ----------
    x_a, x_b : array_like, shape (n,) or (n, 1), and (m,) or (m, 1)
        Points on the line.
    a, b : array_like, shape (n,) and (m,), optional
        Masses; 1/n and 1/m each if left out.
    metric : str
        ``"sqeuclidean"``, ``"minkowski"`` (``abs(x - y) ** p``), ``"cityblock"`` or ``"euclidean"``.
    p : float
        The power of ``"minkowski"``.
    dense : bool
        Whether the plan is dense; else it is a ``coo_matrix``, which needs scipy.
    log, check_marginals
        As in `emd`.

    Returns
    -------
    plan : ndarray or ``coo_matrix``, shape (n, m)
    log : dict
        ``cost``, and the cells of the plan as ``perms_x_a`` and ``perms_x_b``.

    Examples
    --------
    >>> import deblais.pot as ot
    >>> ot.emd_1d([2.0, 0.0, -1.0], [-3.0, 3.0])[:, 0].round(3)
    array([0.   , 0.167, 0.333])
    """
    x_a, x_b = np.asarray(x_a), np.asarray(x_b)
    for x in (x_a, x_b):
        is_line = x.ndim == 1 or (x.ndim == 2 and x.shape[1] == 1)
        assert is_line, "emd_1d should only be used with monodimensional data"
    cost, power = _line_cost(metric, p)
    a, b = _masses(a), _masses(b)
    if a is not None and b is not None:
        if check_marginals:
            message = "a and b vector must have the same sum"
            np.testing.assert_almost_equal(a.sum(0), b.sum(0), err_msg=message, decimal=6)
        b = b * (a.sum() / b.sum())
    answer = _deblais.emd(x_a.ravel(), x_b.ravel(), a, b, cost=cost, p=power)
    if dense:
        plan = answer.dense_plan()
    else:
        from scipy.sparse import coo_matrix

        plan = coo_matrix(answer.plan)
    plan = plan.astype(_kind(x_a), copy=False)
    if not log:
        return plan
    rows, columns, _ = answer.plan_ijv
    logged = {"cost": answer.value, "perms_x_a": rows, "perms_x_b": columns}
    return plan, logged | {"lower": answer.lower, "upper": answer.upper, "gap": answer.gap}


def emd2_1d(
    x_a: Any,
    x_b: Any,
    a: Any = None,
    b: Any = None,
    metric: str = "sqeuclidean",
    p: float = 1.0,
    dense: bool = True,
    log: bool = False,
) -> Any:
    """The optimal transport cost between numbers; `ot.emd2_1d`.

    Parameters
    ----------
    x_a, x_b, a, b, metric, p, dense
        As in `emd_1d`.
    log : bool
        Whether to return the log, with the plan as ``G``.

    Returns
    -------
    cost : float
    log : dict

    Examples
    --------
    >>> import deblais.pot as ot
    >>> round(ot.emd2_1d([0.0, 1.0], [2.0, 5.0], metric="euclidean"), 9)
    3.0
    """
    if log:
        plan, logged = emd_1d(x_a, x_b, a, b, metric, p, dense, log=True)
        return logged["cost"], {"G": plan}
    cost, power = _line_cost(metric, p)
    x_a, x_b = np.ravel(x_a), np.ravel(x_b)
    return _deblais.emd(x_a, x_b, _masses(a), _masses(b), cost=cost, p=power).value


def wasserstein_1d(
    u_values: Any,
    v_values: Any,
    u_weights: Any = None,
    v_weights: Any = None,
    p: float = 1,
    require_sort: bool = True,
    return_plans: bool | str = False,
) -> Any:
    """``W_p ** p`` between numbers, column by column; `ot.wasserstein_1d`.

    Parameters
    ----------
    u_values, v_values : array_like, shape (n,) or (n, k), and (m,) or (m, k)
        Points on the line, those of k problems a column each.
    u_weights, v_weights : array_like, shape (n,) or (n, k), and (m,) or (m, k), optional
        Masses; 1/n and 1/m each if left out.
    p : float
        The order, at least 1.
    require_sort : bool
        Not read: values may be in any order.
    return_plans : bool
        Whether to return the k plans, too.

    Returns
    -------
    cost : float or ndarray, shape (k,)
    plans : list of ``coo_matrix``

    Examples
    --------
    >>> import deblais.pot as ot
    >>> ot.wasserstein_1d([0.0, 1.0], [3.0, 2.0])
    2.0
    """
    assert p >= 1, f"The OT loss is only valid for p>=1, {p} was given"
    u, v = np.asarray(u_values), np.asarray(v_values)
    if u.ndim == 1 and not return_plans:
        return _deblais.wasserstein_1d(u, v, u_weights, v_weights, p=p) ** p
    u, v = u.reshape(len(u), -1), v.reshape(len(v), -1)

    def column(weights: Any, k: int) -> Any:
        return weights if weights is None or np.ndim(weights) == 1 else np.asarray(weights)[:, k]

    sides = [
        (u[:, k], v[:, k], column(u_weights, k), column(v_weights, k)) for k in range(u.shape[1])
    ]
    if not return_plans:
        return np.array([_deblais.wasserstein_1d(*side, p=p) ** p for side in sides])
    answers = [_deblais.emd(*side, p=p) for side in sides]
    return np.array([answer.value for answer in answers]), [answer.plan for answer in answers]


def _entropic(a: Any, b: Any, M: Any, reg: float, options: dict, warn: bool) -> Any:
    answer = _deblais.sinkhorn_matrix(M, a, b, epsilon=reg, **options)
    if warn and answer.status != "tolerance_reached":
        warnings.warn(
            "Sinkhorn did not converge. You might want to increase the number of iterations "
            "`numItermax` or the regularization parameter `reg`.",
            stacklevel=4,
        )
    return answer


def _entropic_log(answer: Any, a: Any, b: Any) -> dict:
    f, g = answer.entropic_potentials
    n, m = len(f), len(g)
    a = np.full(n, 1 / n) if a is None else a
    b = np.full(m, 1 / m) if b is None else b
    with np.errstate(divide="ignore"):
        log_u, log_v = f / answer.epsilon + np.log(a), g / answer.epsilon + np.log(b / np.sum(a))
    return {
        "err": [answer.marginal_error],
        "niter": answer.iterations,
        "log_u": log_u,
        "log_v": log_v,
        "u": np.exp(log_u),
        "v": np.exp(log_v),
        "lower": answer.lower,
        "upper": answer.upper,
        "gap": answer.gap,
    }


METHODS = ["sinkhorn", "sinkhorn_log", "greenkhorn", "sinkhorn_stabilized", "sinkhorn_epsilon_scaling"]


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
    warmstart: tuple | None = None,
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
        ``err``, ``niter``, ``u``, ``v``, ``log_u``, ``log_v``, and the bracket on the exact cost.

    Examples
    --------
    >>> import deblais.pot as ot
    >>> ot.sinkhorn([0.5, 0.5], [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]], 1).round(5)
    array([[0.36553, 0.13447],
           [0.13447, 0.36553]])
    """
    if method.lower() not in METHODS:
        raise ValueError(f"Unknown method '{method}'.")
    options = {"tolerance": stopThr, "max_iterations": numItermax}
    a, b, M = _masses(a), _masses(b), np.asarray(M, dtype=float)
    if b is not None and b.ndim == 2:
        answers = [_entropic(a, column, M, reg, options, warn) for column in b.T]
        costs = np.array([np.vdot(M, answer.dense_plan()) for answer in answers])
        if not log:
            return costs
        logs = [_entropic_log(answer, a, column) for answer, column in zip(answers, b.T)]
        stacked = {name: np.stack([one[name] for one in logs], -1) for name in ("log_u", "log_v", "u", "v")}
        return costs, stacked | {name: [one[name] for one in logs] for name in ("err", "niter")}
    answer = _entropic(a, b, M, reg, options, warn)
    plan = answer.dense_plan()
    return (plan, _entropic_log(answer, a, b)) if log else plan


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
    warmstart: tuple | None = None,
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


def dist(
    x1: Any,
    x2: Any = None,
    metric: Any = "sqeuclidean",
    p: float = 2,
    w: Any = None,
    backend: str = "auto",
    nx: Any = None,
    use_tensor: bool = False,
) -> np.ndarray:
    """The costs between all pairs of points; `ot.dist`.

    Costs are direct differences of coordinates: no digit is lost far from the origin.

    Parameters
    ----------
    x1, x2 : array_like, shape (n, d) and (m, d)
        Points; x2 is x1 if left out.
    metric : str or callable
        A ground cost of `deblais.emd`, or one of `scipy.spatial.distance.cdist`.
    p : float
        The exponent of ``"minkowski"``.
    w : array_like, optional
        Weights of the coordinates, for scipy's metrics.
    backend, nx, use_tensor
        Not read.

    Returns
    -------
    ndarray, shape (n, m)

    Examples
    --------
    >>> import deblais.pot as ot
    >>> ot.dist([[0.0, 0.0]], [[3.0, 4.0]])
    array([[25.]])
    """
    x2 = x1 if x2 is None else x2
    if w is None and metric in ("sqeuclidean", "euclidean", "cityblock", "chebyshev", "cosine"):
        return _deblais.cost_matrix(x1, x2, metric, 1.0)
    if w is None and metric == "minkowski":
        return _deblais.cost_matrix(x1, x2, f"minkowski:{p}", 1.0)
    from scipy.spatial.distance import cdist

    options = {} if w is None else {"w": w}
    if isinstance(metric, str) and metric.endswith("minkowski"):
        options["p"] = p
    return cdist(x1, x2, metric=metric, **options)


def partial_wasserstein(
    a: Any,
    b: Any,
    M: Any,
    m: float | None = None,
    nb_dummies: int = 1,
    log: bool = False,
    **kwargs: Any,
) -> Any:
    """The cheapest plan of a part of the mass; `ot.partial.partial_wasserstein`.

    Parameters
    ----------
    a, b : array_like, shape (n,) and (k,)
        Masses of any totals; empty for 1/n and 1/k each.
    M : array_like, shape (n, k)
        Costs.
    m : float
        The mass to be moved.
    nb_dummies : int
        Not read: no dummy points are needed.
    log : bool
        Whether to return the log, too.

    Returns
    -------
    plan : ndarray, shape (n, k)
    log : dict
        ``partial_w_dist``, ``cost``, ``u``, ``v``, and the bracket.

    Examples
    --------
    >>> import deblais.pot as ot
    >>> ot.partial_wasserstein([0.5, 0.5], [0.5, 0.5], [[1.0, 4.0], [3.0, 2.0]], m=0.5)
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    if m is None:
        return _of_pot("partial").partial_wasserstein(a, b, M, m, nb_dummies, log, **kwargs)
    a, b, M = _masses(a), _masses(b), np.asarray(M)
    if m < 0:
        raise ValueError("Problem infeasible. Parameter m should be greater than 0.")
    totals = [1.0 if masses is None else masses.sum() for masses in (a, b)]
    if m > min(totals):
        raise ValueError(
            "Problem infeasible. Parameter m should lower or equal than min(|a|_1, |b|_1)."
        )
    answer = _deblais.partial_matrix(M, a, b, mass=m)
    plan = answer.dense_plan()
    if not log:
        return plan
    u, v = answer.potentials
    logged = {"partial_w_dist": answer.value, "cost": answer.value, "u": u, "v": v}
    judged = {"lower": answer.lower, "upper": answer.upper, "gap": answer.gap}
    return plan, logged | judged | {"warning": None, "result_code": 1}


class OTResult:
    """The result of `solve` and `solve_sample`: the attributes of `ot.utils.OTResult`, and a bracket."""

    def __init__(self, cost: float, log: dict, plan: Any):
        #: Value of the objective, and of its linear part.
        self.value = self.value_linear = cost
        #: Terms that exact transport does not have.
        self.value_quad = self.lazy_plan = None
        #: The potentials (u, v).
        self.potentials = (log["u"], log["v"])
        self.potential_a, self.potential_b = self.potentials
        #: ``"Converged"``, or the warning.
        self.status = log["warning"] or "Converged"
        #: Proved bounds of the optimum.
        self.lower, self.upper, self.gap = log["lower"], log["upper"], log["gap"]
        self.log = log
        self._plan = plan

    @property
    def plan(self) -> np.ndarray:
        """The plan, shape (n, m)."""
        return self._plan.toarray() if _is_sparse(self._plan) else self._plan

    @property
    def sparse_plan(self) -> Any:
        """The plan as a ``csr_matrix``; needs scipy."""
        from scipy.sparse import csr_matrix

        return csr_matrix(self._plan)

    @property
    def marginals(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column sums of the plan."""
        return self.marginal_a, self.marginal_b

    @property
    def marginal_a(self) -> np.ndarray:
        """Row sums of the plan."""
        return np.asarray(self._plan.sum(1)).ravel()

    @property
    def marginal_b(self) -> np.ndarray:
        """Column sums of the plan."""
        return np.asarray(self._plan.sum(0)).ravel()

    def __repr__(self) -> str:
        return f"<OTResult in [{self.lower!r}, {self.upper!r}], {self.status}>"


def solve(
    M: Any,
    a: Any = None,
    b: Any = None,
    reg: float | None = None,
    c: Any = None,
    reg_type: Any = "KL",
    unbalanced: Any = None,
    unbalanced_type: str = "KL",
    method: str | None = None,
    n_threads: int = 1,
    max_iter: int | None = None,
    plan_init: Any = None,
    potentials_init: tuple | None = None,
    tol: float | None = None,
    verbose: bool = False,
    grad: str = "autodiff",
) -> Any:
    """Exact transport under a cost matrix; `ot.solve`.

    Parameters
    ----------
    M : array_like, shape (n, m)
        Costs.
    a, b : array_like, shape (n,) and (m,), optional
        Masses; 1/n and 1/m each if left out.
    reg, c, reg_type, unbalanced, unbalanced_type, method, plan_init, tol, verbose, grad
        Those of POT; problems with `reg` or `unbalanced` are handed on to an installed POT.
    n_threads
        Not read.
    max_iter : int, optional
        Iterations at which to stop.
    potentials_init : (array_like, array_like), optional
        Potentials to start from.

    Returns
    -------
    OTResult

    Examples
    --------
    >>> import deblais.pot as ot
    >>> result = ot.solve([[1.0, 4.0], [3.0, 2.0]])
    >>> result.value, result.status
    (1.5, 'Converged')
    """
    if reg or unbalanced is not None:
        return _of_pot().solve(
            M, a, b, reg, c, reg_type, unbalanced, unbalanced_type, method, n_threads, max_iter,
            plan_init, potentials_init, tol, verbose, grad,
        )  # fmt: skip
    limit = 100_000 if max_iter is None else max_iter
    options = {"log": True, "return_matrix": True, "potentials_init": potentials_init}
    cost, log = emd2(a, b, M, numItermax=limit, **options)
    return OTResult(cost, log, log["G"])


def solve_sample(
    X_a: Any,
    X_b: Any,
    a: Any = None,
    b: Any = None,
    metric: str = "sqeuclidean",
    reg: float | None = None,
    *args: Any,
    unbalanced: Any = None,
    method: str | None = None,
    lazy: bool = False,
    max_iter: int | None = None,
    potentials_init: tuple | None = None,
    debias: Any = False,
    scaler: Any = None,
    **kwargs: Any,
) -> Any:
    """Exact transport between points, without a cost matrix; `ot.solve_sample`.

    Parameters
    ----------
    X_a, X_b, a, b, metric
        As in `emd2_lazy`.
    max_iter, potentials_init
        As in `solve`.
    reg, unbalanced, method, lazy, debias, scaler, *args, **kwargs
        Those of POT; anything but exact transport is handed on to an installed POT.

    Returns
    -------
    OTResult

    Examples
    --------
    >>> import deblais.pot as ot
    >>> round(ot.solve_sample([[0.0], [1.0]], [[2.0], [5.0]], metric="cityblock").value, 9)
    3.0
    """
    if reg or args or method is not None or unbalanced is not None or debias or scaler is not None:
        options = {
            "unbalanced": unbalanced, "method": method, "lazy": lazy, "max_iter": max_iter,
            "potentials_init": potentials_init, "debias": debias, "scaler": scaler,
        }  # fmt: skip
        return _of_pot().solve_sample(X_a, X_b, a, b, metric, reg, *args, **options, **kwargs)
    limit = 100_000 if max_iter is None else max_iter
    options = {"numItermax": limit, "log": True, "potentials_init": potentials_init}
    cost, log = emd2_lazy(X_a, X_b, a, b, metric, **options)
    return OTResult(cost, log, log["G"])


def _of_pot(module: str | None = None) -> Any:
    """POT itself, for what this engine does not solve."""
    try:
        import ot
    except ImportError:
        message = "this problem is POT's: pip install pot; deblais.pot solves exact and entropic ones"
        raise NotImplementedError(message) from None
    return ot if module is None else getattr(ot, module)


def _emd_c(a, b, M, max_iter, numThreads, alpha_init=None, beta_init=None):  # type: ignore[no-untyped-def]
    start = None if alpha_init is None or beta_init is None else (alpha_init, beta_init)
    call = (_limit(max_iter), start, False, False)
    plan, cost, _, u, v, code = _deblais.pot_dense(a, b, M, call, True)
    return plan, cost, u, v, code


def _emd_c_sparse(a, b, edge_sources, edge_targets, edge_costs, max_iter, alpha_init=None, beta_init=None):  # type: ignore[no-untyped-def]
    start = None if alpha_init is None or beta_init is None else (alpha_init, beta_init)
    cells = (edge_sources, edge_targets, edge_costs)
    found = _deblais.pot_sparse(a, b, cells, (len(a), len(b)), (_limit(max_iter), start, False, False))
    (rows, columns, masses), cost, _, u, v, code = found
    return rows.astype(np.uint64), columns.astype(np.uint64), masses, cost, u, v, code


def _emd_c_lazy(a, b, coords_a, coords_b, metric="sqeuclidean", max_iter=100_000, alpha_init=None, beta_init=None):  # type: ignore[no-untyped-def]
    if metric not in ("sqeuclidean", "euclidean", "cityblock"):
        raise ValueError(
            f"Unknown metric: '{metric}'. Supported metrics are: ['sqeuclidean', 'euclidean', 'cityblock']"
        )
    start = None if alpha_init is None or beta_init is None else (alpha_init, beta_init)
    call = (_limit(max_iter), start, False, False)
    (rows, columns, masses), cost, _, u, v, code = _deblais.pot_points(a, b, coords_a, coords_b, metric, call)
    return rows.astype(np.uint64), columns.astype(np.uint64), masses, cost, u, v, code


ENGINE = {"emd_c": _emd_c, "emd_c_sparse": _emd_c_sparse, "emd_c_lazy": _emd_c_lazy}

_replaced: list[tuple[Any, str, Any]] = []


def _for_numpy(ours: Any, original: Any) -> Any:
    """`ours` for arrays of numpy and lists, `original` (over this engine) for other backends."""
    import functools

    plain = (np.ndarray, list, tuple, type(None))

    @functools.wraps(original)
    def chosen(a: Any, b: Any, M: Any, *args: Any, **kwargs: Any) -> Any:
        is_plain = isinstance(M, plain) and isinstance(a, plain) and isinstance(b, plain)
        return (ours if is_plain else original)(a, b, M, *args, **kwargs)

    return chosen


def install() -> None:
    """Put this engine under an installed POT, until `uninstall`.

    Every function of POT that uses its network simplex (domain adaptation, Gromov-Wasserstein, barycenters,
    conditional gradients, …) is solved by deblais then, for all of POT's backends.

    Raises
    ------
    ImportError
        Without POT.

    Examples
    --------
    >>> import deblais.pot
    >>> deblais.pot.install()  # doctest: +SKIP
    """
    import ot
    import ot.lp
    from ot.lp import _network_simplex, emd_wrap

    if _replaced:
        return
    new = {getattr(emd_wrap, name): engine for name, engine in ENGINE.items()}
    for ours in (emd, emd2):
        original = getattr(_network_simplex, ours.__name__)
        new[original] = _for_numpy(ours, original)
    loaded = [module for name, module in sys.modules.items() if name == "ot" or name.startswith("ot.")]
    for module in loaded:
        for name, value in list(vars(module).items()):
            if callable(value) and getattr(value, "__hash__", None) and value in new:
                _replaced.append((module, name, value))
                setattr(module, name, new[value])


def uninstall() -> None:
    """Take this engine from under POT again.

    Examples
    --------
    >>> import deblais.pot
    >>> deblais.pot.uninstall()
    """
    while _replaced:
        module, name, original = _replaced.pop()
        setattr(module, name, original)
