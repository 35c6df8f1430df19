"""Exact and entropic transport of torch tensors, with derivatives.

`emd`, `emd_matrix` and `sinkhorn_divergence` take tensors and return a tensor that autograd knows. They are
differentiable once; a second derivative is refused with a `RuntimeError`. All have a batch
dimension. Tensors of `float64` and `float32` on the CPU are lent to the function of the same name in `deblais`
without a copy; other types are converted once, tensors of other devices copied once.

With V the cost, at an optimal plan and optimal potentials (f, g), the derivatives are

============== ======================================
with respect   derivative of V
============== ======================================
to a point     ``sum_j plan[i, j] * dc(x[i], y[j]) / dx[i]``
to a mass      ``f[i] - mean(f)``, for changes that keep the total
to a cost      ``plan[i, j]``
============== ======================================

by the envelope theorem (Danskin 1967). Where V has a kink, these are elements of its super- or
subdifferential.

>>> import torch
>>> import deblais.torch
>>> x = torch.tensor([[0.0, 0.0], [1.0, 0.0]], requires_grad=True)
>>> deblais.torch.emd(x, torch.tensor([[0.0, 3.0], [1.0, 4.0]])).backward()
>>> x.grad
tensor([[ 0.0000, -0.5000],
        [ 0.0000, -0.5000]])
"""

from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any, Literal, NoReturn, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import deblais

__all__ = ["emd", "emd_matrix", "sinkhorn_divergence"]

_Array: TypeAlias = NDArray[Any]
# Computes the derivative with respect to one input, when autograd asks for it.
_Derivative: TypeAlias = Callable[[], _Array]
# Solves one problem of a batch: the value, and a derivative for each input.
_Solver: TypeAlias = Callable[..., tuple[float, Sequence[_Derivative]]]


class _Envelope(torch.autograd.Function):
    """A batch of values whose derivatives are known once they are solved."""

    @staticmethod
    def forward(ctx: Any, solve: _Solver, *inputs: Tensor | None) -> Tensor:
        tensors = [tensor for tensor in inputs if tensor is not None]
        arrays = [None if tensor is None else _array(tensor) for tensor in inputs]
        gradients = [
            torch.zeros_like(tensor) if wanted and tensor is not None else None
            for tensor, wanted in zip(inputs, ctx.needs_input_grad[1:])
        ]
        values = torch.empty(len(tensors[0]), dtype=torch.float64)
        for index in range(len(values)):
            value, derivatives = solve(*(None if z is None else z[index] for z in arrays))
            values[index] = value
            for gradient, derivative in zip(gradients, derivatives):
                if gradient is not None:
                    gradient[index] = torch.from_numpy(derivative())
        ctx.save_for_backward(*inputs, *gradients)
        dtype = reduce(torch.promote_types, (z.dtype for z in tensors), torch.float32)
        return values.to(tensors[0].device, dtype)

    @staticmethod
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
        half = len(ctx.saved_tensors) // 2
        inputs, gradients = ctx.saved_tensors[:half], ctx.saved_tensors[half:]
        return (None, *_Scaled.apply(scale, gradients, *inputs))


class _Scaled(torch.autograd.Function):
    """The derivatives times that of the result; functions of the inputs that are not differentiable.

    Without the inputs, autograd would take the derivatives for constants and a second derivative for 0.
    """

    @staticmethod
    def forward(
        ctx: Any, scale: Tensor, gradients: Sequence[Tensor | None], *inputs: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        def scaled(gradient: Tensor) -> Tensor:
            return gradient * scale.reshape(-1, *[1] * (gradient.dim() - 1)).to(gradient.dtype)

        return tuple(None if gradient is None else scaled(gradient) for gradient in gradients)

    @staticmethod
    def backward(ctx: Any, *scales: Tensor) -> NoReturn:
        raise RuntimeError(
            "deblais.torch has first derivatives only: "
            "drop create_graph=True, or detach() the gradient before it is used"
        )


def _array(tensor: Tensor) -> _Array:
    """The memory of a tensor as an array, or a copy of a tensor that numpy cannot hold."""
    plain = tensor.detach().cpu()
    return (plain if plain.dtype in (torch.float32, torch.float64) else plain.double()).numpy()


def _solved(solve: _Solver, **inputs: tuple[Tensor | None, str]) -> Tensor:
    """The values of a batch of problems; an input is a tensor, and its shape in one problem."""
    sizes: dict[str, int] = {}
    for name, (tensor, shape) in inputs.items():
        if tensor is None:
            continue
        extra = tensor.dim() - len(shape.split())
        if extra not in (0, 1):
            one = shape.replace(" ", ", ")
            given = tuple(tensor.shape)
            raise ValueError(f"{name} has shape {given}: pass shape ({one}), or (batch, {one})")
        if extra:
            sizes[name] = len(tensor)
    if len(set(sizes.values())) > 1:
        raise ValueError(f"the batches have different sizes, {sizes}: pass one size")
    batch = next(iter(sizes.values()), 1)
    def expanded(tensor: Tensor | None, shape: str) -> Tensor | None:
        if tensor is None:
            return None
        known = tensor if torch.is_grad_enabled() else tensor.detach()
        return known.expand(batch, *tensor.shape[-len(shape.split()) :])

    values: Tensor = _Envelope.apply(solve, *(expanded(*given) for given in inputs.values()))
    return values if sizes else values[0]


def _centered(potential: _Array) -> _Derivative:
    return lambda: potential - potential.mean()


def emd(
    x: Tensor,
    y: Tensor,
    a: Tensor | None = None,
    b: Tensor | None = None,
    *,
    cost: str = "euclidean",
    p: float = 1.0,
    method: Literal["auto", "simplex", "shortlist", "assignment", "line"] = "auto",
    time_limit: float | None = None,
    threads: int | None = None,
) -> Tensor:
    """Exact transport cost between points, differentiable by x, y, a and b.

    Parameters
    ----------
    x, y : Tensor, shape (n, d) and (m, d), or with a batch dimension in front
        Points. An input without a batch dimension is shared by all problems of the batch.
    a, b : Tensor, shape (n,) and (m,), or (batch, n) and (batch, m), optional
        Masses of equal total; 1/n and 1/m each if left out.
    cost, p, method, threads
        As in `deblais.emd`.
    time_limit : float, optional
        Seconds for each problem; value and derivatives are then those of the best plan so far.

    Returns
    -------
    Tensor, shape () or (batch,)
        The least ``sum(plan * cost ** p)``.

    Raises
    ------
    ValueError
        For shapes that do not fit, and for input that makes no problem.

    Examples
    --------
    >>> import torch
    >>> import deblais.torch
    >>> x = torch.tensor([[0.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    >>> masses = torch.tensor([0.25, 0.75], dtype=torch.float64, requires_grad=True)
    >>> value = deblais.torch.emd(x, x, a=masses)
    >>> round(value.item(), 12)
    0.25
    >>> torch.autograd.grad(value, masses)[0]
    tensor([-0.5000,  0.5000], dtype=torch.float64)
    """

    def solve(
        x: _Array, y: _Array, a: _Array | None, b: _Array | None
    ) -> tuple[float, Sequence[_Derivative]]:
        answer = deblais.emd(
            x, y, a, b, cost=cost, p=p, method=method, time_limit=time_limit, threads=threads
        )
        f, g = answer.potentials
        return answer.value, (answer.gradient_x, answer.gradient_y, _centered(f), _centered(g))

    return _solved(solve, x=(x, "n d"), y=(y, "m d"), a=(a, "n"), b=(b, "m"))


def emd_matrix(
    M: Tensor,
    a: Tensor | None = None,
    b: Tensor | None = None,
    *,
    method: Literal["auto", "simplex", "shortlist", "assignment", "line"] = "auto",
    time_limit: float | None = None,
    threads: int | None = None,
) -> Tensor:
    """Exact transport cost under a cost matrix, differentiable by M, a and b.

    Parameters
    ----------
    M : Tensor, shape (n, m) or (batch, n, m)
        Costs, rows for sources; ``inf`` forbids a cell.
    a, b : Tensor, shape (n,) and (m,), or (batch, n) and (batch, m), optional
        Masses of equal total; 1/n and 1/m each if left out.
    method, threads
        As in `deblais.emd_matrix`.
    time_limit : float, optional
        Seconds for each problem; value and derivatives are then those of the best plan so far.

    Returns
    -------
    Tensor, shape () or (batch,)
        The least ``sum(plan * M)``; its derivative by M is the plan.

    Raises
    ------
    ValueError
        For shapes that do not fit, for input that makes no problem, and where forbidden cells leave no plan.

    Examples
    --------
    >>> import torch
    >>> import deblais.torch
    >>> M = torch.tensor([[1.0, 4.0], [3.0, 2.0]], requires_grad=True)
    >>> deblais.torch.emd_matrix(M).backward()
    >>> M.grad
    tensor([[0.5000, 0.0000],
            [0.0000, 0.5000]])
    """

    def solve(
        M: _Array, a: _Array | None, b: _Array | None
    ) -> tuple[float, Sequence[_Derivative]]:
        answer = deblais.emd_matrix(M, a, b, method=method, time_limit=time_limit, threads=threads)
        f, g = answer.potentials
        return answer.value, (answer.dense_plan, _centered(f), _centered(g))

    return _solved(solve, M=(M, "n m"), a=(a, "n"), b=(b, "m"))


def sinkhorn_divergence(
    x: Tensor,
    y: Tensor,
    a: Tensor | None = None,
    b: Tensor | None = None,
    *,
    cost: str = "euclidean",
    p: float = 1.0,
    epsilon: float | None = None,
    relative_epsilon: float = 0.01,
    tolerance: float = 1e-6,
    max_iterations: int = 10_000,
    time_limit: float | None = None,
    threads: int | None = None,
) -> Tensor:
    """Sinkhorn divergence between points, an estimate, differentiable by x, y, a and b.

    The derivatives are those at convergence, at a fixed epsilon; their error is of the order of `tolerance`.
    They take three matrices of shapes (n, m), (n, n) and (m, m), 8 bytes an entry.

    Parameters
    ----------
    x, y : Tensor, shape (n, d) and (m, d), or with a batch dimension in front
        Points. An input without a batch dimension is shared by all problems of the batch.
    a, b : Tensor, shape (n,) and (m,), or (batch, n) and (batch, m), optional
        Masses of equal total; 1/n and 1/m each if left out.
    cost, p, epsilon, relative_epsilon, tolerance, max_iterations, threads
        As in `deblais.sinkhorn`; the relative epsilon refers to the costs between x and y.
    time_limit : float, optional
        Seconds for each of the three entropic problems.

    Returns
    -------
    Tensor, shape () or (batch,)
        ``OT(x, y) - OT(x, x) / 2 - OT(y, y) / 2`` of entropic costs.

    Raises
    ------
    ValueError
        For shapes that do not fit, for input that makes no problem, and for an epsilon that is too small.

    Examples
    --------
    >>> import torch
    >>> import deblais.torch
    >>> x = torch.tensor([[0.0], [1.0]], requires_grad=True)
    >>> deblais.torch.sinkhorn_divergence(x, x.detach() + 3.0, cost="sqeuclidean", epsilon=0.1).backward()
    >>> x.grad.round(decimals=4)
    tensor([[-3.],
            [-3.]])
    """

    def solve(
        x: _Array, y: _Array, a: _Array | None, b: _Array | None
    ) -> tuple[float, Sequence[_Derivative]]:
        def entropic(
            x: _Array, y: _Array, a: _Array | None, b: _Array | None, epsilon: float | None
        ) -> deblais.EntropicTransport:
            return deblais.sinkhorn(
                x, y, a, b, cost=cost, p=p, epsilon=epsilon, relative_epsilon=relative_epsilon,
                tolerance=tolerance, max_iterations=max_iterations, time_limit=time_limit,
                threads=threads,
            )  # fmt: skip

        between = entropic(x, y, a, b, epsilon)
        within = entropic(x, x, a, a, between.epsilon), entropic(y, y, b, b, between.epsilon)
        value = between.entropic_cost - sum(one.entropic_cost for one in within) / 2

        @cache
        def points() -> tuple[_Array, _Array]:
            return _divergence_gradients(x, y, between, within, cost, p)

        masses = [
            _centered(potential - sum(one.entropic_potentials) / 2)
            for potential, one in zip(between.entropic_potentials, within)
        ]
        return value, (lambda: points()[0], lambda: points()[1], *masses)

    return _solved(solve, x=(x, "n d"), y=(y, "m d"), a=(a, "n"), b=(b, "m"))


def _divergence_gradients(
    x: _Array,
    y: _Array,
    between: deblais.EntropicTransport,
    within: tuple[deblais.EntropicTransport, deblais.EntropicTransport],
    cost: str,
    p: float,
) -> tuple[_Array, _Array]:
    """The derivatives by x and y of the costs of these plans, each plan held fixed."""
    with torch.enable_grad():
        x_leaf, y_leaf = (torch.from_numpy(z.astype(np.float64)).requires_grad_() for z in (x, y))

        def spent(plan: _Array, x: Tensor, y: Tensor) -> Tensor:
            return (torch.from_numpy(plan) * _costs(x, y, cost, p)).sum()

        total = spent(between.dense_plan(), x_leaf, y_leaf)
        for one, leaf in zip(within, (x_leaf, y_leaf)):
            total = total - spent(one.dense_plan(), leaf, leaf) / 2
        by_x, by_y = torch.autograd.grad(total, (x_leaf, y_leaf))
    return by_x.numpy(), by_y.numpy()


def _costs(x: Tensor, y: Tensor, cost: str, p: float) -> Tensor:
    """The costs between all pairs, differentiable; pairs without cost have the derivative 0."""
    if cost == "cosine":
        normal = torch.nn.functional.normalize
        distances = 1 - normal(x, dim=1) @ normal(y, dim=1).T
    else:
        exponents = {"cityblock": 1.0, "manhattan": 1.0, "l1": 1.0, "chebyshev": np.inf, "linf": np.inf}
        name, _, exponent = cost.partition(":")
        norm = float(exponent) if exponent else exponents.get(name, 2.0)
        distances = torch.cdist(x, y, norm, "donot_use_mm_for_euclid_dist")
    power = 2 * p if cost == "sqeuclidean" else p
    return torch.where(distances > 0, distances, 1.0) ** power
