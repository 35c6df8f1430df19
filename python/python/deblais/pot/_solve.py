"""`dist`, `partial_wasserstein`, `solve`, `solve_sample`."""

from __future__ import annotations

from typing import Any

import numpy as np

from deblais import _deblais
from deblais.pot._convention import Log, Pair, is_sparse, masses_of
from deblais.pot._exact import emd2, emd2_lazy


def dist(
    x1: Any,
    x2: Any = None,
    metric: Any = "sqeuclidean",
    p: float = 2,
    w: Any = None,
    backend: str = "auto",
    nx: Any = None,
    use_tensor: bool = False,
) -> Any:
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
        return of_pot("partial").partial_wasserstein(a, b, M, m, nb_dummies, log, **kwargs)
    a, b, M = masses_of(a), masses_of(b), np.asarray(M)
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

    def __init__(self, cost: float, log: Log, plan: Any):
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
    def plan(self) -> Any:
        """The plan, shape (n, m)."""
        return self._plan.toarray() if is_sparse(self._plan) else self._plan

    @property
    def sparse_plan(self) -> Any:
        """The plan as a ``csr_matrix``; needs scipy."""
        from scipy.sparse import csr_matrix

        return csr_matrix(self._plan)

    @property
    def marginals(self) -> Pair:
        """Row and column sums of the plan."""
        return self.marginal_a, self.marginal_b

    @property
    def marginal_a(self) -> Any:
        """Row sums of the plan."""
        return np.asarray(self._plan.sum(1)).ravel()

    @property
    def marginal_b(self) -> Any:
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
    potentials_init: Pair | None = None,
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
        return of_pot().solve(
            M, a, b, reg, c, reg_type, unbalanced, unbalanced_type, method, n_threads, max_iter,
            plan_init, potentials_init, tol, verbose, grad,
        )  # fmt: skip
    limit = 100_000 if max_iter is None else max_iter
    cost, log = emd2(
        a, b, M, numItermax=limit, log=True, return_matrix=True, potentials_init=potentials_init
    )
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
    potentials_init: Pair | None = None,
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
        return of_pot().solve_sample(X_a, X_b, a, b, metric, reg, *args, **options, **kwargs)
    limit = 100_000 if max_iter is None else max_iter
    cost, log = emd2_lazy(
        X_a, X_b, a, b, metric, numItermax=limit, log=True, potentials_init=potentials_init
    )
    return OTResult(cost, log, log["G"])


def of_pot(module: str | None = None) -> Any:
    """POT itself, for what this engine does not solve."""
    try:
        import ot
    except ImportError:
        message = "this problem is POT's: pip install pot; deblais.pot solves exact and entropic ones"
        raise NotImplementedError(message) from None
    return ot if module is None else getattr(ot, module)
