"""The audit of a critic: what its estimate of a distance is worth.

By Kantorovich-Rubinstein duality, the estimate ``sum(a * f(x)) - sum(b * f(y))`` is at most the distance
if f is 1-Lipschitz. A trained critic is 1-Lipschitz only roughly. `audit_critic` compares its estimate with the exact
distance, and gives the lower bound that the critic proves. Critics are callables on arrays, which need no torch, or
on tensors.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

import deblais
from deblais._deblais import cost_matrix
from deblais._scatter import Scatter

__all__ = ["CriticAudit", "audit_critic", "critic_values"]

_Floats: TypeAlias = NDArray[np.float64]

# The norm of a gradient that is 1 for a 1-Lipschitz function: the dual of the metric's own.
_DUAL_NORM = {"euclidean": 2.0, "cityblock": np.inf, "chebyshev": 1.0}
_PERCENTILES = (5, 50, 95, 100)
# Slope up to which a critic counts as 1-Lipschitz: its values are rounded, often to float32.
_SLOPE_OF_ONE = 1 + 1e-5
_ROWS_PER_BLOCK = 512


@dataclass(frozen=True)
class CriticAudit:
    """The audit of a critic f on the points x and y.

    Attributes
    ----------
    estimate : float
        ``sum(a * f(x)) - sum(b * f(y))``.
    lower : float
        Proved lower bound of the distance: the dual value of the critic after a c-transform.
    exact : Transport
        The exact distance with its bracket, plan and potentials.
    slope : float
        The slope of the steepest pair of points, ``abs(f(u) - f(v)) / c(u, v)``; pairs in one place do not count.
    steepest_pair : (int, int)
        Its two rows in ``concatenate([x, y])``.
    gradient_norms : dict of tuples, or None
        The percentiles 5, 50, 95 and 100 of the norm of the gradient of f at ``"source"``, ``"target"`` and
        ``"between"`` (on random segments from x to y), for critics that autograd differentiates.
    values : (ndarray, ndarray)
        f(x) and f(y), shapes (n,) and (m,).
    """

    estimate: float
    lower: float
    exact: deblais.Transport
    slope: float
    steepest_pair: tuple[int, int]
    gradient_norms: dict[str, tuple[float, ...]] | None
    values: tuple[_Floats, _Floats]

    @property
    def relative_error(self) -> float:
        """``estimate / distance - 1``; nan where the distance is 0."""
        distance = self.exact.value
        return self.estimate / distance - 1 if distance > 0 else np.nan

    @property
    def verdict(self) -> str:
        """The worth of the estimate, in a sentence or two."""
        distance, exact = self.exact.value, self.exact.certificate
        known = "" if exact.is_optimal else f" (known to {exact.relative_gap:.1%})"
        if distance == 0:
            return f"The distance is 0, and the estimate of {self.estimate:.6g} is noise."
        if self.estimate <= 0:
            return "The critic is no higher on x than on y: exchange x and y, or pass -f."
        side = "above" if self.estimate > distance else "below"
        missed = f"The estimate is {abs(self.relative_error):.2%} {side} the distance{known}"
        if self.slope > _SLOPE_OF_ONE:
            return (
                f"{missed}, and no bound: the critic has slope {self.slope:.4g}. "
                f"After a c-transform it proves {self.lower / distance:.2%}."
            )
        return f"{missed}; the critic is 1-Lipschitz on the points."

    def plot(self) -> Scatter:
        """A picture of the critic's values over the exact potential, each less its mean.

        Returns
        -------
        Scatter
            A picture with `svg` and `save(path)`; notebooks show it. The points of an optimal critic lie on the
            diagonal.

        Examples
        --------
        >>> import numpy as np
        >>> from deblais.audit import audit_critic
        >>> x = np.array([[0.0], [1.0]])
        >>> audit_critic(lambda z: -z[:, 0], x, x + 3).plot().svg.startswith("<svg")
        True
        """
        f, g = self.exact.potentials
        exact = np.concatenate([f, -g])
        found = np.concatenate(self.values)
        label = "exact potential", "critic", f"slope {self.slope:.4g}"
        return Scatter(exact - exact.mean(), found - found.mean(), len(f), label)

    def __repr__(self) -> str:
        gap = self.exact.certificate.relative_gap
        lines = [
            self.verdict,
            f"  critic's estimate     {self.estimate:.10g}",
            f"  exact distance        {self.exact.value!r}, relative gap {gap:.1e}",
            f"  lower bound           {self.lower!r}, proved: the critic after a c-transform",
            "  steepest pair         {:.6g}, rows {} and {}".format(self.slope, *self.steepest_pair),
        ]
        for place, norms in (self.gradient_norms or {}).items():
            listed = ", ".join(f"{norm:.4g} ({q} %)" for norm, q in zip(norms, _PERCENTILES))
            lines.append(f"  gradient, {place:11} {listed}")
        return "\n".join(lines)


def audit_critic(
    f: Callable[[Any], Any],
    x: Any,
    y: Any,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    cost: str = "euclidean",
    time_limit: float | None = None,
    threads: int | None = None,
) -> CriticAudit:
    """Compares a critic's estimate with the exact distance and with the lower bound that the critic proves.

    Parameters
    ----------
    f : callable or torch.nn.Module
        The critic: takes points of shape (k, …), and returns k numbers, shape (k,) or (k, 1). A module is given
        tensors of its own type and device, in evaluation mode; another callable what x and y are.
    x, y : array_like or Tensor, shape (n, …) and (m, …)
        Points, of which f is high on x and low on y; for the distance, each is flattened.
    a, b : array_like, shape (n,) and (m,), optional
        Masses of equal total; 1/n and 1/m each if left out.
    cost : str
        The metric: ``"euclidean"``, ``"cityblock"`` or ``"chebyshev"``.
    time_limit : float, optional
        Seconds for the exact distance.
    threads : int, optional
        Threads; all cores if left out.

    Returns
    -------
    CriticAudit

    Raises
    ------
    ValueError
        For a cost that is no metric, values that are not finite, or input that makes no problem.

    Notes
    -----
    The steepest pair takes (n + m)² distances, in blocks of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from deblais.audit import audit_critic
    >>> x = np.array([[0.0], [1.0]])
    >>> audit = audit_critic(lambda z: -1.5 * z[:, 0], x, x + 3)
    >>> audit.verdict  # doctest: +ELLIPSIS
    'The estimate is 50.00% above the distance, and no bound: the critic has slope 1.5. ...'
    >>> audit.lower <= audit.exact.value
    True
    """
    if cost not in _DUAL_NORM:
        raise ValueError(f"the cost {cost!r} is none of these metrics: pass one of {', '.join(_DUAL_NORM)}")
    points = _flat(x), _flat(y)
    values = critic_values(f, x), critic_values(f, y)
    exact = deblais.emd(*points, a, b, cost=cost, time_limit=time_limit, threads=threads)
    potentials = values[0], -values[1]
    proved = deblais.certify(*points, a, b, potentials=potentials, cost=cost, threads=threads)
    slope, pair = _steepest(np.concatenate(points), np.concatenate(values), cost)
    means = [np.mean(v) if w is None else np.dot(v, _flat(w)[:, 0]) for v, w in zip(values, (a, b))]
    estimate, norms = float(means[0] - means[1]), _gradient_norms(f, x, y, _DUAL_NORM[cost])
    return CriticAudit(estimate, proved.lower, exact, slope, pair, norms, values)


def critic_values(f: Callable[[Any], Any], points: Any) -> _Floats:
    """The values of a critic as an array.

    Parameters
    ----------
    f, points
        As f and x in `audit_critic`.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        Where f does not return one finite number a point.

    Examples
    --------
    >>> import numpy as np
    >>> from deblais.audit import critic_values
    >>> critic_values(lambda z: z.sum(1), np.eye(2))
    array([1., 1.])
    """
    torch = sys.modules.get("torch")
    with nullcontext() if torch is None else torch.no_grad(), _evaluating(f):
        values = _numbers(f(_given(f, points)))
    if values.size != len(points):
        raise ValueError(
            f"the critic returned shape {values.shape} for {len(points)} points: return one number a point"
        )
    if not np.isfinite(values).all():
        raise ValueError("the critic returned NaN or infinity: audit one that has not diverged")
    return values.reshape(-1)


def _numbers(values: Any) -> _Floats:
    """An array of what is an array, or a tensor anywhere."""
    plain = values.detach().cpu().double() if hasattr(values, "detach") else values
    return np.asarray(plain, dtype=np.float64)


def _flat(points: Any) -> _Floats:
    array = _numbers(points)
    return array.reshape(len(array), -1)


def _is_module(f: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(f, torch.nn.Module)


def _given(f: Any, points: Any) -> Any:
    """The points as f takes them."""
    if not _is_module(f):
        return points if hasattr(points, "detach") else np.asarray(points)
    import torch

    likeness = next(f.parameters(), torch.empty(0))
    return torch.as_tensor(points).to(likeness.device, likeness.dtype)


@contextmanager
def _evaluating(f: Any) -> Iterator[None]:
    """A module in evaluation mode, and afterwards as it was."""
    modes = {part: part.training for part in f.modules()} if _is_module(f) else {}
    for part in modes:
        part.training = False
    try:
        yield
    finally:
        for part, training in modes.items():
            part.training = training


def _steepest(points: _Floats, values: _Floats, cost: str) -> tuple[float, tuple[int, int]]:
    """The largest slope between two points, and their rows."""
    slope, pair = 0.0, (0, 0)
    for start in range(0, len(points), _ROWS_PER_BLOCK):
        rows = slice(start, start + _ROWS_PER_BLOCK)
        distances = cost_matrix(points[rows], points, cost, 1.0)
        rises = np.abs(values[rows, None] - values)
        slopes = np.divide(rises, distances, out=np.zeros_like(rises), where=distances > 0)
        row, column = np.unravel_index(np.argmax(slopes), slopes.shape)
        if slopes[row, column] > slope:
            slope, pair = float(slopes[row, column]), (start + int(row), int(column))
    return slope, pair


def _gradient_norms(f: Any, x: Any, y: Any, norm: float) -> dict[str, tuple[float, ...]] | None:
    """Percentiles of the gradient's norm by autograd, where f maps tensors to tensors."""
    if not (_is_module(f) or hasattr(x, "detach")):
        return None
    import torch

    source, target = (_given(f, torch.as_tensor(z)).detach() for z in (x, y))
    draws = np.random.default_rng(0)
    rows = draws.integers(len(source), size=1000), draws.integers(len(target), size=1000)
    share = torch.as_tensor(draws.random((1000, *[1] * (source.dim() - 1)))).to(source)
    starts, ends = source[rows[0]], target[rows[1]]
    places = {"source": source, "target": target, "between": starts + share * (ends - starts)}
    return {place: _percentiles(f, points, norm) for place, points in places.items()}


def _percentiles(f: Any, points: Any, norm: float) -> tuple[float, ...]:
    import torch

    with torch.enable_grad(), _evaluating(f):
        leaf = points.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf).sum(), leaf)
    norms = np.linalg.norm(_flat(gradient), norm, axis=1)
    return tuple(float(q) for q in np.percentile(norms, _PERCENTILES))
