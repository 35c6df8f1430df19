"""The native functions: conventions, conversions, errors."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse

import deblais

DRAWS = np.random.default_rng(1)
X, Y = DRAWS.normal(size=(30, 3)), DRAWS.normal(size=(20, 3))
A, B = DRAWS.dirichlet(np.ones(30)), DRAWS.dirichlet(np.ones(20))


def costs(x, y):
    return np.linalg.norm(x[:, None] - y[None], axis=2)


def test_plan_potentials_and_bracket_fit_together():
    answer = deblais.emd(X, Y, A, B)
    M, plan, (f, g) = costs(X, Y), answer.dense_plan(), answer.potentials
    np.testing.assert_allclose(plan.sum(1), A, atol=1e-15)
    np.testing.assert_allclose(plan.sum(0), B, atol=1e-15)
    assert (f[:, None] + g <= M + 1e-12).all()
    np.testing.assert_allclose((plan * M).sum(), answer.value)
    np.testing.assert_allclose(A @ f + B @ g, answer.lower)
    assert answer.certificate.is_optimal and answer.gap == answer.certificate.gap
    assert isinstance(answer.plan, scipy.sparse.coo_array)
    np.testing.assert_array_equal(answer.plan.toarray(), plan)


def test_points_and_matrix_are_one_problem():
    from_points, from_matrix = deblais.emd(X, Y, A, B), deblais.emd_matrix(costs(X, Y), A, B)
    np.testing.assert_allclose(from_points.value, from_matrix.value, rtol=1e-12)


@pytest.mark.parametrize("cost", ["euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine"])
def test_ground_costs_are_those_of_scipy(cost):
    from scipy.spatial.distance import cdist

    expected = deblais.emd_matrix(cdist(X, Y, cost)).value
    np.testing.assert_allclose(deblais.emd(X, Y, cost=cost).value, expected, rtol=1e-12)
    if cost == "euclidean":
        cubes = deblais.emd_matrix(cdist(X, Y) ** 3).value
        np.testing.assert_allclose(deblais.emd(X, Y, p=3).value, cubes, rtol=1e-12)
    cubic = deblais.emd_matrix(cdist(X, Y, "minkowski", p=3)).value
    np.testing.assert_allclose(deblais.emd(X, Y, cost="minkowski:3").value, cubic, rtol=1e-12)


@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda M: M.tolist(),
        lambda M: np.repeat(M, 2, axis=1)[:, ::2],
        lambda M: M[::-1][::-1],
        lambda M: M.astype(">f8"),
        lambda M: np.frombuffer(b"\0" + M.tobytes(), offset=1).reshape(M.shape),
    ],
    ids=["columns first", "list", "strided", "reversed twice", "other byte order", "unaligned"],
)
def test_any_array_of_the_same_numbers_gives_the_same_bits(convert):
    M = costs(X, Y)
    assert deblais.emd_matrix(convert(M), A, B).value == deblais.emd_matrix(M, A, B).value


def test_single_precision_is_read_as_it_is():
    M = costs(X, Y).astype(np.float32)
    a, b = A.astype(np.float32), B.astype(np.float32)
    answer = deblais.emd_matrix(M, a, b)
    assert answer.value == deblais.emd_matrix(M.astype(float), a, b).value


def test_a_sparse_matrix_forbids_what_it_does_not_list():
    M = costs(X, X)
    near = scipy.sparse.coo_array(np.where(M < 2, M + 1, 0))
    answer = deblais.emd_matrix(near)
    np.testing.assert_allclose(answer.value, 1.0)
    with pytest.raises(ValueError, match="allow more cells of M"):
        deblais.emd_matrix(scipy.sparse.coo_array([[1.0, 0.0], [1.0, 0.0]]))


def test_numbers_lie_on_the_line():
    assert deblais.emd([0.0, 1.0], [2.0, 5.0]).method == "line"


def test_gradients_are_finite_differences():
    step = 1e-6
    answer = deblais.emd(X, Y, A, B, p=2)
    moved = X.copy()
    moved[3, 1] += step
    difference = (deblais.emd(moved, Y, A, B, p=2).value - answer.value) / step
    np.testing.assert_allclose(answer.gradient_x()[3, 1], difference, rtol=1e-4)
    assert answer.gradient_y().shape == Y.shape
    with pytest.raises(ValueError, match=r"dense_plan\(\)"):
        deblais.emd_matrix(costs(X, Y)).gradient_x()


def test_a_start_and_threads_change_nothing():
    answer = deblais.emd(X, Y, A, B)
    assert deblais.emd(X, Y, A, B, start=answer).value == pytest.approx(answer.value, rel=1e-12)
    large = [DRAWS.normal(size=(900, 2)), DRAWS.normal(size=(900, 2))]
    assert deblais.emd(*large, threads=1).value == deblais.emd(*large, threads=2).value


def test_distance_is_the_root():
    answer = deblais.emd(X, Y, p=2)
    np.testing.assert_allclose(answer.distance, np.sqrt(answer.value))


def test_sinkhorn_has_the_marginals_and_a_bracket():
    answer = deblais.sinkhorn(X, Y, A, B, epsilon=0.05, tolerance=1e-9)
    plan = answer.dense_plan()
    np.testing.assert_allclose(plan.sum(1), A, atol=1e-9)
    np.testing.assert_allclose(plan.sum(0), B, atol=1e-9)
    exact = deblais.emd(X, Y, A, B).value
    assert answer.lower <= exact <= answer.upper
    np.testing.assert_allclose(answer.plan.toarray(), plan)
    from_matrix = deblais.sinkhorn_matrix(costs(X, Y), A, B, epsilon=0.05, tolerance=1e-9)
    np.testing.assert_allclose(from_matrix.dense_plan(), plan, atol=1e-8)


def test_partial_and_unbalanced():
    half = deblais.partial(X, Y, A, B, fraction=0.5)
    assert half.moved_mass == pytest.approx(0.5)
    np.testing.assert_allclose(half.dense_plan().sum(1) + half.left_behind, A, atol=1e-15)
    assert half.value < deblais.emd(X, Y, A, B).value
    assert deblais.unbalanced(X, Y, 0.0).moved_mass == 0
    assert deblais.unbalanced(X, Y, (100.0, 100.0), A, B).value == pytest.approx(
        deblais.emd(X, Y, A, B).value
    )
    same = deblais.partial_matrix(costs(X, Y), A, B, mass=0.5).value
    np.testing.assert_allclose(same, half.value)


def test_pairwise_is_symmetric():
    sets = [DRAWS.normal(size=(n, 2)) for n in (5, 7, 9)]
    matrix = deblais.pairwise(sets)
    upper = np.asarray(matrix)
    assert (upper == upper.T).all() and (matrix.lower <= upper).all()
    np.testing.assert_allclose(upper[0, 2], deblais.emd(sets[0], sets[2]).value)


def test_persistence_of_empty_diagrams():
    assert deblais.persistence([], []).value == 0
    assert deblais.persistence(np.empty((0, 2)), [[0.0, 2.0]]).distance == pytest.approx(1.0)
    assert deblais.persistence([[0.0, np.inf]], []).value == np.inf


def test_certify_judges_anything():
    answer = deblais.emd(X, Y, A, B)
    for plan in (answer.plan, answer.plan_ijv, answer.dense_plan()):
        judged = deblais.certify(X, Y, A, B, plan=plan, potentials=answer.potentials)
        assert judged.certificate.is_optimal and judged.status == "judged"
    only_potentials = deblais.certify(X, Y, A, B, potentials=answer.potentials)
    assert only_potentials.upper == np.inf
    with pytest.raises(ValueError, match="nothing to judge"):
        deblais.certify(X, Y)


def test_pictures(tmp_path):
    answer = deblais.emd(X[:, :2], Y[:, :2])
    for kind in ("map", "heatmap"):
        assert answer.plot(kind).png.startswith(b"\x89PNG")
    answer.plot().save(tmp_path / "map.svg")
    assert "<svg" in (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert "<svg" in answer._repr_html_()
    with pytest.raises(ValueError, match="heatmap"):
        deblais.emd(X, Y).plot("map")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: deblais.emd(X, Y[:, :2]), "with the same d"),
        (lambda: deblais.emd(X, Y, A, 2 * B), "divide a and b by their sums"),
        (lambda: deblais.emd(X, Y, A[:3], B), "a has one mass for each row of x"),
        (lambda: deblais.emd(X, Y, -A, B), "a holds numbers ≥ 0"),
        (lambda: deblais.emd([[np.nan]], [[0.0]]), "drop such rows of x"),
        (lambda: deblais.emd(X, Y, cost="taxi"), "no ground cost \"taxi\""),
        (lambda: deblais.emd(X, Y, method="magic"), "no method \"magic\""),
        (lambda: deblais.emd(X, Y, p=-1), "power p"),
        (lambda: deblais.emd(X, Y, threads=0), "threads=1"),
        (lambda: deblais.emd(X, Y, time_limit=-1), "seconds"),
        (lambda: deblais.emd("here", Y), "x is no array of numbers"),
        (lambda: deblais.emd(X[None], Y), r"shape \(n, d\)"),
        (lambda: deblais.emd_matrix(costs(X, Y), A, A), "M has shape"),
        (lambda: deblais.emd_matrix([[np.nan]]), "NaN"),
        (lambda: deblais.emd_matrix([1.0, 2.0]), r"shape \(n, m\)"),
        (lambda: deblais.partial(X, Y), "mass=0.5"),
        (lambda: deblais.sinkhorn(X, Y, epsilon=-1), "epsilon > 0"),
        (lambda: deblais.pairwise([X, Y[:, :2]]), "sets 0 and 1"),
        (lambda: deblais.barycenter([X, Y]), "support="),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_arrays_of_other_libraries_come_by_dlpack():
    class Foreign:
        def __dlpack__(self, **options):
            return X.__dlpack__(**options)

        def __dlpack_device__(self):
            return X.__dlpack_device__()

    assert deblais.emd(Foreign(), Y).value == deblais.emd(X, Y).value


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory as Linux counts it")
def test_a_matrix_is_not_copied():
    code = """
import resource, numpy, deblais
draws = numpy.random.default_rng(0)
x = draws.normal(size=(3000, 1))
M = numpy.abs(x - x.T[:, ::-1])
a = numpy.ones(3000)
a[0] = 2
deblais.emd_matrix(M[:500, :500].copy())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
deblais.emd_matrix(M, a, a)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(ran.stdout) * 1024 < 3000 * 3000 * 8 / 2
