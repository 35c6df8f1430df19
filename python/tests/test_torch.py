"""Derivatives of `deblais.torch` against finite differences, batches, types, errors."""

import doctest

import numpy as np
import pytest

import deblais

torch = pytest.importorskip("torch")

import deblais.torch as engine  # noqa: E402

DRAWS = np.random.default_rng(3)
X, Y = DRAWS.random((6, 2)), DRAWS.random((5, 2)) + 0.3
M = DRAWS.random((6, 5))
COSTS = [
    ("euclidean", 1),
    ("euclidean", 2),
    ("sqeuclidean", 1.5),
    ("cityblock", 1),
    ("chebyshev", 1),
    ("cosine", 1),
    ("minkowski:3", 2),
]


def leaf(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def masses(logits):
    """Masses of a fixed total, as their derivatives demand."""
    return logits.softmax(-1)


@pytest.mark.parametrize(("cost", "p"), COSTS)
def test_derivatives_by_points(cost, p):
    def emd(x, y):
        return engine.emd(x, y, cost=cost, p=p)

    def divergence(x, y):
        return engine.sinkhorn_divergence(x, y, cost=cost, p=p, epsilon=0.3, tolerance=1e-13)

    assert torch.autograd.gradcheck(emd, (leaf(X), leaf(Y)))
    assert torch.autograd.gradcheck(divergence, (leaf(X), leaf(Y)))


def test_derivatives_by_masses():
    logits = leaf(DRAWS.random(6)), leaf(DRAWS.random(5))
    for solve in (
        lambda u, v: engine.emd(leaf(X), leaf(Y), masses(u), masses(v)),
        lambda u, v: engine.emd_matrix(leaf(M), masses(u), masses(v)),
        lambda u, v: engine.sinkhorn_divergence(
            leaf(X), leaf(Y), masses(u), masses(v), epsilon=0.3, tolerance=1e-13
        ),
    ):
        assert torch.autograd.gradcheck(solve, logits)
    a = torch.full((6,), 1 / 6, dtype=torch.float64, requires_grad=True)
    engine.emd(leaf(X), leaf(Y), a=a).backward()
    assert abs(a.grad.sum().item()) < 1e-12


def test_derivatives_by_costs():
    assert torch.autograd.gradcheck(engine.emd_matrix, leaf(M))
    matrix = leaf(M)
    engine.emd_matrix(matrix).backward()
    np.testing.assert_array_equal(matrix.grad.numpy(), deblais.emd_matrix(M).dense_plan())


def test_values_are_those_of_the_package():
    x, y = leaf(X), leaf(Y)
    assert engine.emd(x, y, p=2).item() == deblais.emd(X, Y, p=2).value
    assert engine.emd_matrix(leaf(M)).item() == deblais.emd_matrix(M).value
    expected = deblais.sinkhorn_divergence(X, Y, epsilon=0.3)
    assert engine.sinkhorn_divergence(x, y, epsilon=0.3).item() == pytest.approx(expected, rel=1e-12)
    assert engine.sinkhorn_divergence(x, x).item() == 0


def test_a_batch_is_its_problems():
    x, y = leaf(DRAWS.random((3, 6, 2))), leaf(Y)
    b = masses(torch.tensor(DRAWS.random((3, 5))))
    values = engine.emd(x, y, b=b)
    alone = torch.stack([engine.emd(x[k], y, b=b[k]) for k in range(3)])
    assert values.shape == (3,) and torch.equal(values, alone)
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    of_batch = torch.autograd.grad(values @ weights, (x, y))
    of_alone = torch.autograd.grad(alone @ weights, (x, y))
    for one, other in zip(of_batch, of_alone):
        torch.testing.assert_close(one, other)
    assert engine.emd_matrix(torch.ones(0, 2, 2)).shape == (0,)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_types_are_kept(dtype):
    x = torch.tensor(X, dtype=dtype, requires_grad=True)
    value = engine.emd(x, torch.tensor(Y, dtype=dtype))
    value.backward()
    assert value.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert x.grad.dtype == dtype
    expected = deblais.emd(x.detach().double().numpy(), torch.tensor(Y, dtype=dtype).double().numpy())
    assert value.item() == pytest.approx(expected.value, rel=1e-6)
    single = masses(torch.rand(6, dtype=torch.float32))
    engine.emd(x, torch.tensor(Y), a=single)  # totals that float32 rounds


def test_a_tensor_is_lent_not_copied(monkeypatch):
    matrix, seen = torch.tensor(M), []
    original = deblais.emd_matrix

    def spy(M, *rest, **options):
        seen.append(M.__array_interface__["data"][0])
        return original(M, *rest, **options)

    monkeypatch.setattr(deblais, "emd_matrix", spy)
    engine.emd_matrix(matrix.expand(2, 6, 5))
    assert seen == [matrix.data_ptr()] * 2


def test_points_in_one_place_have_no_slope():
    x = leaf([[0.0, 0.0], [1.0, 1.0]])
    for p in (0.5, 1, 2):
        for solve in (engine.emd, engine.sinkhorn_divergence):
            (gradient,) = torch.autograd.grad(solve(x, x.detach(), p=p), x)
            assert gradient.abs().max() < 1e-9


@pytest.mark.parametrize("solve", [engine.emd, engine.sinkhorn_divergence])
def test_a_second_derivative_is_refused(solve):
    x = leaf(X)
    (gradient,) = torch.autograd.grad(solve(x, leaf(Y)), x, create_graph=True)
    with pytest.raises(RuntimeError, match="first derivatives only"):
        (gradient**2).sum().backward()


def test_without_grad_no_derivative_is_computed(monkeypatch):
    class Answer:
        value, potentials = 1.0, (np.zeros(6), np.zeros(5))

        def gradient_x(self):
            raise AssertionError("a derivative that nobody asked for")

        gradient_y = gradient_x

    monkeypatch.setattr(deblais, "emd", lambda *problem, **options: Answer())
    with torch.no_grad():
        assert not engine.emd(leaf(X), leaf(Y)).requires_grad


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: engine.emd(leaf(X[0]), leaf(Y)), r"x has shape \(2,\): pass shape \(n, d\)"),
        (lambda: engine.emd(leaf(np.stack([X] * 2)), leaf(np.stack([Y] * 3))), "batches have different sizes"),
        (lambda: engine.emd(leaf(X), leaf(Y), leaf(np.ones(6))), "divide a and b by their sums"),
        (lambda: engine.emd_matrix(leaf(M), leaf(np.ones(4) / 4)), "M has shape"),
        (lambda: engine.sinkhorn_divergence(leaf(X), leaf(Y), cost="taxi"), "no ground cost"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_examples():
    assert doctest.testmod(engine).failed == 0
