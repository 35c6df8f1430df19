"""Transport between numbers: `emd_1d`, `emd2_1d`, `wasserstein_1d`."""

from __future__ import annotations

from typing import Any

import numpy as np

from deblais import _deblais
from deblais.pot._convention import masses_of, type_of

METRICS = ["sqeuclidean", "minkowski", "cityblock", "euclidean"]


def _power(metric: str, p: float) -> float:
    """The power of the distance that the metric is."""
    if metric not in METRICS:
        raise ValueError(
            "Solver for EMD in 1d only supports metrics from the following list: "
            "`['sqeuclidean', 'minkowski', 'cityblock', 'euclidean']`"
        )
    return {"sqeuclidean": 2.0, "minkowski": p}.get(metric, 1.0)


def _check_totals(a: Any, b: Any) -> None:
    """Refuses masses of different totals; those that are left out sum to 1."""
    source, target = (1.0 if masses is None else masses.sum(0) for masses in (a, b))
    message = "a and b vector must have the same sum"
    np.testing.assert_almost_equal(source, target, err_msg=message, decimal=6)


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
    a, b = masses_of(a), masses_of(b)
    if check_marginals:
        _check_totals(a, b)
    found = _deblais.pot_line(x_a.ravel(), x_b.ravel(), a, b, _power(metric, p))
    (rows, columns, masses), cost = found
    masses = masses.astype(type_of(x_a), copy=False)
    shape = (len(x_a), len(x_b))
    plan: Any
    if dense:
        plan = np.zeros(shape, masses.dtype)
        plan[rows, columns] = masses
    else:
        from scipy.sparse import coo_matrix

        plan = coo_matrix((masses, (rows, columns)), shape=shape)
    if not log:
        return plan
    return plan, {"cost": cost, "perms_x_a": rows, "perms_x_b": columns}


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
    power, x_a, x_b, a, b = _power(metric, p), np.ravel(x_a), np.ravel(x_b), masses_of(a), masses_of(b)
    _check_totals(a, b)
    if power < 1:
        return _deblais.pot_line(x_a, x_b, a, b, power)[1]
    if a is not None and b is not None:
        b = b * (a.sum() / b.sum())
    return _deblais.wasserstein_1d(x_a, x_b, a, b, p=power) ** power


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
