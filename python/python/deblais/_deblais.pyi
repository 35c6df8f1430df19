"""Types of the compiled part; the docstrings are in it."""

from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Floats: TypeAlias = NDArray[np.float64]
_Cells: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], _Floats]
_Method: TypeAlias = Literal["auto", "simplex", "shortlist", "assignment", "line"]
_Status: TypeAlias = Literal[
    "optimal", "tolerance_reached", "iteration_limit", "time_limit", "stopped", "judged"
]

__version__: str

@final
class Certificate:
    @property
    def lower(self) -> float: ...
    @property
    def upper(self) -> float: ...
    @property
    def gap(self) -> float: ...
    @property
    def relative_gap(self) -> float: ...
    @property
    def is_optimal(self) -> bool: ...
    @property
    def source_residual(self) -> float: ...
    @property
    def target_residual(self) -> float: ...
    @property
    def dual_violation(self) -> float: ...

@final
class Picture:
    @property
    def svg(self) -> str: ...
    @property
    def png(self) -> bytes: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    def _repr_svg_(self) -> str: ...

class Answer:
    @property
    def value(self) -> float: ...
    @property
    def lower(self) -> float: ...
    @property
    def upper(self) -> float: ...
    @property
    def gap(self) -> float: ...
    @property
    def status(self) -> _Status: ...
    @property
    def method(self) -> str: ...
    @property
    def iterations(self) -> int: ...
    @property
    def certificate(self) -> Certificate: ...
    @property
    def potentials(self) -> tuple[_Floats, _Floats]: ...
    @property
    def plan_ijv(self) -> _Cells: ...
    @property
    def plan(self) -> Any: ...
    def dense_plan(self) -> _Floats: ...
    def plot(self, kind: Literal["map", "heatmap"] | None = None) -> Picture: ...
    def _repr_html_(self) -> str: ...

@final
class Transport(Answer):
    @property
    def distance(self) -> float: ...
    def gradient_x(self) -> _Floats: ...
    def gradient_y(self) -> _Floats: ...

@final
class EntropicTransport(Answer):
    @property
    def epsilon(self) -> float: ...
    @property
    def entropic_cost(self) -> float: ...
    @property
    def marginal_error(self) -> float: ...
    @property
    def entropic_potentials(self) -> tuple[_Floats, _Floats]: ...

@final
class UnbalancedTransport(Answer):
    @property
    def transport_cost(self) -> float: ...
    @property
    def moved_mass(self) -> float: ...
    @property
    def left_behind(self) -> _Floats: ...
    @property
    def created(self) -> _Floats: ...
    @property
    def marginal_price(self) -> float | None: ...

@final
class PersistenceTransport(Answer):
    @property
    def distance(self) -> float: ...
    @property
    def source_to_diagonal(self) -> _Floats: ...
    @property
    def target_to_diagonal(self) -> _Floats: ...
    @property
    def essential_ijv(self) -> _Cells: ...

@final
class Barycenter:
    @property
    def points(self) -> _Floats: ...
    @property
    def masses(self) -> _Floats: ...
    @property
    def value(self) -> float: ...
    @property
    def certificate(self) -> Certificate: ...
    @property
    def transports(self) -> tuple[Certificate, ...]: ...
    @property
    def status(self) -> _Status: ...

@final
class Pairwise:
    @property
    def upper(self) -> _Floats: ...
    @property
    def lower(self) -> _Floats: ...
    @property
    def worst_relative_gap(self) -> float: ...
    @property
    def status(self) -> _Status: ...
    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]: ...

@final
class StatisticTest:
    @property
    def value(self) -> float: ...
    @property
    def observed(self) -> tuple[float, float]: ...
    @property
    def p_value(self) -> float: ...
    @property
    def at_least(self) -> int: ...
    @property
    def null(self) -> _Floats: ...

def emd(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    cost: str = "euclidean",
    p: float = 1.0,
    method: _Method = "auto",
    time_limit: float | None = None,
    max_iterations: int | None = None,
    start: Answer | None = None,
    threads: int | None = None,
) -> Transport: ...
def emd_matrix(
    M: ArrayLike | Any,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    method: _Method = "auto",
    time_limit: float | None = None,
    max_iterations: int | None = None,
    start: Answer | None = None,
    threads: int | None = None,
) -> Transport: ...
def sinkhorn(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    cost: str = "euclidean",
    p: float = 1.0,
    epsilon: float | None = None,
    relative_epsilon: float = 0.01,
    tolerance: float = 1e-6,
    max_iterations: int = 10_000,
    time_limit: float | None = None,
    start: Answer | None = None,
    threads: int | None = None,
) -> EntropicTransport: ...
def sinkhorn_matrix(
    M: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    epsilon: float | None = None,
    relative_epsilon: float = 0.01,
    tolerance: float = 1e-6,
    max_iterations: int = 10_000,
    time_limit: float | None = None,
    start: Answer | None = None,
    threads: int | None = None,
) -> EntropicTransport: ...
def sinkhorn_divergence(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    cost: str = "euclidean",
    p: float = 1.0,
    epsilon: float | None = None,
    relative_epsilon: float = 0.01,
    tolerance: float = 1e-6,
    max_iterations: int = 10_000,
    time_limit: float | None = None,
    threads: int | None = None,
) -> float: ...
def wasserstein_1d(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    p: float = 1.0,
    threads: int | None = None,
) -> float: ...
def sliced_wasserstein(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    p: float = 1.0,
    n_directions: int = 200,
    seed: int = 0,
    threads: int | None = None,
) -> float: ...
def partial(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    mass: float | None = None,
    fraction: float | None = None,
    cost: str = "euclidean",
    p: float = 1.0,
    time_limit: float | None = None,
    threads: int | None = None,
) -> UnbalancedTransport: ...
def partial_matrix(
    M: ArrayLike | Any,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    mass: float | None = None,
    fraction: float | None = None,
    time_limit: float | None = None,
    threads: int | None = None,
) -> UnbalancedTransport: ...
def unbalanced(
    x: ArrayLike,
    y: ArrayLike,
    penalty: float | tuple[float, float],
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    cost: str = "euclidean",
    p: float = 1.0,
    time_limit: float | None = None,
    threads: int | None = None,
) -> UnbalancedTransport: ...
def unbalanced_matrix(
    M: ArrayLike | Any,
    penalty: float | tuple[float, float],
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    time_limit: float | None = None,
    threads: int | None = None,
) -> UnbalancedTransport: ...
def persistence(
    x: ArrayLike,
    y: ArrayLike,
    *,
    cost: str = "chebyshev",
    p: float = 1.0,
    time_limit: float | None = None,
    threads: int | None = None,
) -> PersistenceTransport: ...
def barycenter(
    measures: Sequence[ArrayLike | tuple[ArrayLike, ArrayLike]],
    *,
    weights: ArrayLike | None = None,
    support: ArrayLike | None = None,
    start: ArrayLike | None = None,
    cost: str = "sqeuclidean",
    p: float = 1.0,
    gap: float = 0.01,
    time_limit: float | None = None,
    threads: int | None = None,
) -> Barycenter: ...
def pairwise(
    sets: Sequence[ArrayLike],
    masses: Sequence[ArrayLike] | None = None,
    *,
    cost: str = "euclidean",
    p: float = 1.0,
    time_limit: float | None = None,
    threads: int | None = None,
) -> Pairwise: ...
def two_sample_test(
    x: ArrayLike,
    y: ArrayLike,
    *,
    statistics: Sequence[Literal["emd", "energy", "mmd"]] = ...,
    permutations: int = 999,
    seed: int = 0,
    stop_after: int | None = None,
    bandwidth: float | None = None,
    cost: str = "euclidean",
    p: float = 1.0,
    time_limit: float | None = None,
    threads: int | None = None,
) -> dict[str, StatisticTest]: ...
def divergences(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    bins: int | None = None,
    alpha: float = 0.5,
    cost: str = "euclidean",
    p: float = 1.0,
    n_directions: int = 200,
    seed: int = 0,
    threads: int | None = None,
) -> dict[str, float]: ...
def histogram_divergences(a: ArrayLike, b: ArrayLike, *, alpha: float = 0.5) -> dict[str, float]: ...
def certify(
    x: ArrayLike,
    y: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    plan: ArrayLike | _Cells | Any | None = None,
    potentials: tuple[ArrayLike, ArrayLike] | None = None,
    cost: str = "euclidean",
    p: float = 1.0,
    threads: int | None = None,
) -> Answer: ...
def certify_matrix(
    M: ArrayLike | Any,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    plan: ArrayLike | _Cells | Any | None = None,
    potentials: tuple[ArrayLike, ArrayLike] | None = None,
    threads: int | None = None,
) -> Answer: ...

# The engine of `deblais.pot`.
def cost_matrix(x: ArrayLike, y: ArrayLike, cost: str, p: float) -> _Floats: ...
def pot_dense(a: Any, b: Any, matrix: Any, call: tuple[Any, ...], plan: bool) -> tuple[Any, ...]: ...
def pot_line(x: Any, y: Any, a: Any, b: Any, p: float) -> tuple[Any, ...]: ...
def pot_sinkhorn(
    a: Any, b: Any, matrix: Any, epsilon: float, tolerance: float, max_iterations: int
) -> tuple[Any, ...]: ...
def pot_sparse(
    a: Any, b: Any, cells: tuple[Any, ...], shape: tuple[int, int], call: tuple[Any, ...]
) -> tuple[Any, ...]: ...
def pot_points(
    a: Any, b: Any, x: Any, y: Any, cost: str, call: tuple[Any, ...]
) -> tuple[Any, ...]: ...
