"""The audit of critics, with and without torch, and the callback of training loops."""

import csv
import doctest

import numpy as np
import pytest

import deblais
import deblais.audit
import deblais.callbacks
from deblais.audit import audit_critic, critic_values
from deblais.callbacks import ExactEMD, ExactEMDRow

DRAWS = np.random.default_rng(4)
X, Y = DRAWS.normal(size=(60, 2)), DRAWS.normal(2.0, size=(40, 2))
EXACT = deblais.emd(X, Y)


def slope(scale):
    return lambda points: -scale * points.sum(1) / np.sqrt(2)


def test_a_lipschitz_critic_is_a_lower_bound():
    audit = audit_critic(slope(1.0), X, Y)
    assert audit.exact.value == EXACT.value
    assert audit.slope == pytest.approx(1, rel=1e-3) and audit.slope <= 1 + 1e-12
    assert audit.estimate <= audit.lower + 1e-12 and audit.lower <= EXACT.upper
    assert "below the distance; the critic is 1-Lipschitz" in audit.verdict
    assert audit.gradient_norms is None
    assert "proved: the critic after a c-transform" in repr(audit)


def test_a_steep_critic_proves_less_than_it_says():
    audit = audit_critic(slope(3.0), X, Y)
    assert audit.estimate > EXACT.upper >= audit.lower > 0
    assert "above the distance, and no bound: the critic has slope 3" in audit.verdict
    points, values = np.concatenate([X, Y]), np.concatenate(audit.values)
    i, j = audit.steepest_pair
    found = abs(values[i] - values[j]) / np.linalg.norm(points[i] - points[j])
    assert found == pytest.approx(audit.slope)
    gaps = np.linalg.norm(points[:, None] - points, axis=2) + np.eye(100)
    assert audit.slope == pytest.approx((abs(values[:, None] - values) / gaps).max())


def test_the_exact_potential_is_optimal():
    values = dict(zip(map(tuple, np.concatenate([X, Y])), np.concatenate([EXACT.potentials[0], -EXACT.potentials[1]])))
    audit = audit_critic(lambda points: [values[tuple(point)] for point in points], X, Y)
    assert audit.lower == pytest.approx(EXACT.value, rel=1e-12)
    assert audit.relative_error == pytest.approx(0, abs=1e-12)


def test_masses_metrics_and_shapes():
    a = DRAWS.dirichlet(np.ones(60))
    audit = audit_critic(slope(1.0), X, Y, a, cost="chebyshev")
    assert audit.estimate == pytest.approx(a @ slope(1.0)(X) - slope(1.0)(Y).mean())
    assert audit.exact.value == deblais.emd(X, Y, a, cost="chebyshev").value
    images = audit_critic(lambda z: z.sum((1, 2))[:, None], X.reshape(60, 2, 1), Y.reshape(40, 2, 1))
    assert images.exact.value == EXACT.value and images.verdict.startswith("The critic is no higher on x")
    assert audit_critic(slope(1.0), X, X).verdict.startswith("The distance is 0")


def test_the_picture(tmp_path):
    picture = audit_critic(slope(1.0), X, Y).plot()
    assert picture._repr_svg_().count("<circle") == 100
    picture.save(tmp_path / "critic.svg")
    assert (tmp_path / "critic.svg").read_text(encoding="utf-8") == picture.svg
    with pytest.raises(ValueError, match=r"end its name in \.svg"):
        picture.save(tmp_path / "critic.png")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: audit_critic(slope(1.0), X, Y, cost="sqeuclidean"), "none of these metrics"),
        (lambda: critic_values(lambda z: z, X), r"shape \(60, 2\) for 60 points"),
        (lambda: critic_values(lambda z: 1.0, X), "return one number a point"),
        (lambda: critic_values(lambda z: z[:, 0] * np.nan, X), "NaN or infinity"),
        (lambda: ExactEMD(slope(1.0), every=0), "number of steps"),
        (lambda: ExactEMD(slope(1.0), held_out=X)(0, X, Y), "held_out has 60 rows: .* 120"),
        (lambda: ExactEMD(slope(1.0))(0, X[:1], Y), "no halves"),
    ],
)
def test_errors_name_the_remedy(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_callback_writes_what_it_keeps(tmp_path):
    path = tmp_path / "run.csv"
    watch = ExactEMD(slope(1.0), every=5, held_out=DRAWS.normal(size=(200, 2)), path=path)
    returned = [watch(step, X, Y) for step in range(11)]
    assert [row.step for row in watch.rows] == [0, 5, 10] and returned[1] is None
    row = watch.rows[0]
    assert (row.lower, row.upper) == (EXACT.lower, EXACT.upper)
    assert row.estimate == pytest.approx(slope(1.0)(X).mean() - slope(1.0)(Y).mean())
    assert 0 < row.noise_floor < row.lower and watch.rows[2].noise_floor == row.noise_floor
    lines = list(csv.reader(path.open(encoding="utf-8")))
    assert tuple(lines[0]) == ExactEMDRow._fields
    assert [tuple(map(float, line)) for line in lines[1:]] == watch.rows
    halves = ExactEMD(slope(1.0))(0, X, Y)
    assert halves.noise_floor == deblais.emd(X[:30], X[30:]).value


def test_a_module_is_left_as_it_was():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = [torch.nn.Linear(2, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 1)]
    critic = torch.nn.Sequential(*layers)
    critic[1].eval()
    before = {name: value.clone() for name, value in critic.state_dict().items()}
    audit = audit_critic(critic, X, torch.tensor(Y))
    assert [part.training for part in critic] == [True, False, True, True] and critic.training
    assert all(torch.equal(value, before[name]) for name, value in critic.state_dict().items())
    assert all(parameter.grad is None for parameter in critic.parameters())
    assert set(audit.gradient_norms) == {"source", "target", "between"}
    assert audit.slope <= audit.gradient_norms["between"][-1] * 1.5
    assert "gradient, between" in repr(audit)


def test_gradient_norms_are_dual_to_the_metric():
    torch = pytest.importorskip("torch")
    points = torch.tensor(X), torch.tensor(Y)
    for cost, norm in [("euclidean", np.sqrt(5)), ("cityblock", 2), ("chebyshev", 3)]:
        audit = audit_critic(lambda z: -z[:, 0] - 2 * z[:, 1], *points, cost=cost)
        np.testing.assert_allclose(audit.gradient_norms["source"], norm)
        assert audit.slope <= norm * (1 + 1e-9)


@pytest.mark.parametrize("module", [deblais.audit, deblais.callbacks])
def test_examples(module):
    assert doctest.testmod(module).failed == 0
