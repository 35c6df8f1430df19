"""This engine under an installed POT."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

from deblais import _deblais
from deblais.pot._convention import Pair, limit_of
from deblais.pot._exact import emd, emd2



def _call(limit: float, alpha: Any, beta: Any) -> tuple[int | None, Pair | None, bool, bool]:
    """A call without centered potentials and without a check of totals."""
    start = None if alpha is None or beta is None else (alpha, beta)
    return (limit_of(limit), start, False, False)


def _dense(
    a: Any, b: Any, M: Any, max_iter: float, numThreads: Any, alpha_init: Any = None, beta_init: Any = None
) -> tuple[Any, ...]:
    call = _call(max_iter, alpha_init, beta_init)
    plan, cost, _, u, v, code = _deblais.pot_dense(a, b, M, call, True)
    return plan, cost, u, v, code


def _flows(found: tuple[Any, ...]) -> tuple[Any, ...]:
    (rows, columns, masses), cost, _, u, v, code = found
    return rows.astype(np.uint64), columns.astype(np.uint64), masses, cost, u, v, code


def _sparse(
    a: Any,
    b: Any,
    edge_sources: Any,
    edge_targets: Any,
    edge_costs: Any,
    max_iter: float,
    alpha_init: Any = None,
    beta_init: Any = None,
) -> tuple[Any, ...]:
    cells, call = (edge_sources, edge_targets, edge_costs), _call(max_iter, alpha_init, beta_init)
    return _flows(_deblais.pot_sparse(a, b, cells, (len(a), len(b)), call))


def _lazy(
    a: Any,
    b: Any,
    coords_a: Any,
    coords_b: Any,
    metric: str = "sqeuclidean",
    max_iter: float = 100_000,
    alpha_init: Any = None,
    beta_init: Any = None,
) -> tuple[Any, ...]:
    supported = ["sqeuclidean", "euclidean", "cityblock"]
    if metric not in supported:
        raise ValueError(f"Unknown metric: '{metric}'. Supported metrics are: {supported}")
    call = _call(max_iter, alpha_init, beta_init)
    return _flows(_deblais.pot_points(a, b, coords_a, coords_b, metric, call))


#: The functions of `ot.lp.emd_wrap` that solve, by this engine.
ENGINE = {"emd_c": _dense, "emd_c_sparse": _sparse, "emd_c_lazy": _lazy}

_replaced: list[tuple[Any, str, Any]] = []


def _for_numpy(ours: Any, original: Any) -> Any:
    """`ours` for arrays of numpy and lists, `original` (over this engine) for other backends."""
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
