"""`deblais.pot` beside POT itself."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import deblais.pot as ours

ot = pytest.importorskip("ot")

DRAWS = np.random.default_rng(2)
X, Y = DRAWS.normal(size=(40, 2)), DRAWS.normal(size=(30, 2))
A, B = DRAWS.dirichlet(np.ones(40)), DRAWS.dirichlet(np.ones(30))
M = ot.dist(X, Y)
DATA = Path(__file__).parents[2] / "examples" / "data"


@pytest.fixture(autouse=True)
def without_the_engine_under_pot():
    ours.uninstall()
    yield
    ours.uninstall()


def close(a, b, **tolerances):
    np.testing.assert_allclose(a, b, **({"rtol": 1e-10, "atol": 1e-14} | tolerances))


def test_emd_and_its_log():
    (plan, log), (theirs, their_log) = (
        one.emd(A, B, M, log=True) for one in (ours, ot)
    )
    close(plan, theirs)
    close(log["cost"], their_log["cost"])
    close(A @ log["u"], B @ log["v"])
    assert (log["u"][:, None] + log["v"] <= M + 1e-12).all()
    assert set(their_log) <= set(log) and log["result_code"] == their_log["result_code"] == 1
    assert log["lower"] <= log["cost"] <= log["upper"]


def test_empty_masses_are_uniform():
    close(ours.emd([], [], M), ot.emd([], [], M))
    close(ours.emd2(A, [], M), ot.emd2(A, [], M))


def test_the_answer_has_the_type_of_the_masses():
    single = A.astype(np.float32), B.astype(np.float32)
    assert ours.emd(*single, M).dtype == np.float32
    with pytest.warns(UserWarning, match="integer"):
        assert ours.emd(np.array([1, 1]), np.array([1, 1]), np.eye(2)).dtype == int


def test_emd2_returns_what_pot_returns():
    assert isinstance(ours.emd2(A, B, M), float)
    for options in ({"log": True}, {"return_matrix": True}):
        found, theirs = ours.emd2(A, B, M, **options), ot.emd2(A, B, M, **options)
        assert type(found) is type(theirs) is list
        assert set(theirs[1]) <= set(found[1])
    several = np.stack([B, B[::-1]], 1)
    close(ours.emd2(A, several, M), ot.emd2(A, several, M))


def test_masses_of_other_totals_are_refused_unless_nobody_looks():
    with pytest.raises(AssertionError, match="same sum"):
        ours.emd(A, 2 * B, M)
    close(ours.emd(A, 2 * B, M, check_marginals=False), ot.emd(A, 2 * B, M, check_marginals=False))
    with pytest.raises(AssertionError, match="Dimension mismatch"):
        ours.emd(A, A, M)


def test_potentials_without_mass_are_feasible():
    a = A.copy()
    a[:5] = 0
    a /= a.sum()
    _, log = ours.emd(a, B, M, log=True)
    assert (log["u"][:, None] + log["v"] <= M + 1e-12).all()


def test_tiny_masses_move_as_they_are():
    a = np.array([1.0, 1e-24, 1e-200])
    plan, log = ours.emd(a, [0.5, 0.5], [[1.0, 2.0], [5.0, 3.0], [0.0, 1.0]], log=True)
    close(plan.sum(1), a, rtol=1e-12, atol=0)
    reduced = np.array([[1.0, 2.0], [5.0, 3.0], [0.0, 1.0]]) - log["u"][:, None] - log["v"]
    close(reduced[plan > 0], 0)


def test_num_itermax_is_heard():
    large = ot.dist(DRAWS.normal(size=(300, 2)))
    masses = DRAWS.dirichlet(np.ones(300)), DRAWS.dirichlet(np.ones(300))
    with pytest.warns(UserWarning, match="numItermax"):
        plan, log = ours.emd(*masses, large, numItermax=1, log=True)
    assert log["result_code"] == 3 and log["gap"] > 0
    close(plan.sum(1), masses[0], atol=1e-12)


def test_sparse_costs():
    from scipy.sparse import coo_matrix

    listed = coo_matrix(M)
    plan, log = ours.emd(A, B, listed, log=True)
    close(plan.toarray(), ot.emd(A, B, M))
    with pytest.warns(UserWarning, match="infeasible"):
        _, log = ours.emd([0.5, 0.5], [0.5, 0.5], coo_matrix([[1.0, 0.0], [1.0, 0.0]]), log=True)
    assert log["result_code"] == 0 and log["cost"] == np.inf


def test_warm_starts_change_nothing():
    _, log = ours.emd(A, B, M, log=True)
    close(ours.emd2(A, B, M, potentials_init=(log["u"], log["v"])), log["cost"])


@pytest.mark.parametrize("metric", ["sqeuclidean", "euclidean", "cityblock"])
def test_lazy(metric):
    (cost, log), (theirs, _) = (
        one.emd2_lazy(X, Y, A, B, metric=metric, log=True) for one in (ours, ot)
    )
    close(cost, theirs)
    close(log["G"].sum(1).A1 if hasattr(log["G"].sum(1), "A1") else log["G"].sum(1), A)


@pytest.mark.parametrize(("metric", "p"), [("sqeuclidean", 1), ("euclidean", 1), ("minkowski", 3)])
def test_one_dimension(metric, p):
    x, y = X[:, 0], Y[:, 0]
    close(ours.emd_1d(x, y, A, B, metric, p), ot.emd_1d(x, y, A, B, metric, p))
    close(ours.emd2_1d(x, y, A, B, metric, p), ot.emd2_1d(x, y, A, B, metric, p))
    with pytest.raises(ValueError, match="Solver for EMD in 1d"):
        ours.emd_1d(x, y, metric="chebyshev")


def test_wasserstein_1d():
    for p in (1, 2, 3):
        close(ours.wasserstein_1d(X[:, 0], Y[:, 0], A, B, p), ot.wasserstein_1d(X[:, 0], Y[:, 0], A, B, p))
        close(ours.wasserstein_1d(X, Y, p=p), ot.wasserstein_1d(X, Y, p=p))


def test_sinkhorn():
    close(ours.sinkhorn(A, B, M, 0.5), ot.sinkhorn(A, B, M, 0.5), rtol=1e-5, atol=1e-9)
    plan, log = ours.sinkhorn(A, B, M, 0.5, log=True)
    kernel = np.exp(-M / 0.5)
    close(log["u"][:, None] * kernel * log["v"], plan)
    several = np.stack([B, B[::-1]], 1)
    close(ours.sinkhorn(A, several, M, 0.5), ot.sinkhorn(A, several, M, 0.5), rtol=1e-5)
    close(ours.sinkhorn2(A, B, M, 0.5), ot.sinkhorn2(A, B, M, 0.5), rtol=1e-5)
    with pytest.raises(ValueError, match="Unknown method"):
        ours.sinkhorn(A, B, M, 0.5, method="magic")


def test_dist():
    for metric in ("sqeuclidean", "euclidean", "cityblock", "cosine", "chebyshev", "canberra"):
        close(ours.dist(X, Y, metric), ot.dist(X, Y, metric), atol=1e-12)
    close(ours.dist(X, Y, "minkowski", p=3), ot.dist(X, Y, "minkowski", p=3))
    close(ours.dist(X), ot.dist(X), atol=1e-12)


def test_partial_wasserstein():
    (plan, log), (theirs, their_log) = (
        one.partial_wasserstein(A, B, M, m=0.4, log=True) for one in (ours, ot.partial)
    )
    close(plan, theirs)
    close(log["partial_w_dist"], their_log["partial_w_dist"])
    with pytest.raises(ValueError, match="infeasible"):
        ours.partial_wasserstein(A, B, M, m=2)


def test_solve():
    result, theirs = ours.solve(M, A, B), ot.solve(M, A, B)
    close(result.value, theirs.value)
    close(result.plan, theirs.plan)
    close(result.marginal_a, A)
    close(result.sparse_plan.toarray(), result.plan)
    assert result.status == theirs.status and result.lower <= result.value <= result.upper
    sample = ours.solve_sample(X, Y, A, B)
    close(sample.value, result.value)
    close(ours.solve(M, A, B, reg=1).value, ot.solve(M, A, B, reg=1).value)


def test_install_puts_the_engine_under_pot():
    M_229 = np.loadtxt(DATA / "pot_229.csv", delimiter=",")
    masses = np.loadtxt(DATA / "pot_229_masses.csv")
    originals = ot.emd, ot.lp.emd, ot.da.emd
    ours.install()
    ours.install()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        close(ot.emd2(masses, masses, M_229), 57.543210383175, rtol=1e-12)
        close(ot.solve(M_229, masses, masses).value, 57.543210383175, rtol=1e-12)
    ours.uninstall()
    assert (ot.emd, ot.lp.emd, ot.da.emd) == originals
