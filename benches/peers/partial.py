"""Partial and penalized transport beside HiGHS (scipy) and POT's partial_wasserstein.

Usage: python benches/peers/partial.py check DEBLAIS [INSTANCES]
       python benches/peers/partial.py time DEBLAIS
       python benches/peers/partial.py share DEBLAIS

`check` compares objectives on random matrices of integers and of reals, masses with zeros; `time` measures
half of the mass between normal samples, one thread a side: POT's time includes its cost matrix, ours the
certificate. Set OMP_NUM_THREADS=1 for POT. `share` measures shares of the mass of 100 000 uniform points in
the plane beside all of it.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

CHECK_TOLERANCE = 1e-9


def deblais(program: str, *flags: str) -> dict:
    command = [program, "emd", *flags, "--json", "--quiet", "--threads", "1"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def by_linear_program(cost, mu, nu, mass=None, penalties=(0.0, 0.0)):
    """The problem as it is stated, with inequalities and without dummies."""
    n, m = cost.shape
    cells = np.arange(n * m)
    rows = np.concatenate([cells // m, n + cells % m])
    at_most = coo_array((np.ones(2 * n * m), (rows, np.tile(cells, 2))), shape=(n + m, n * m))
    exactly = {} if mass is None else {"A_eq": np.ones((1, n * m)), "b_eq": [mass]}
    found = linprog(
        cost.ravel() - sum(penalties), A_ub=at_most, b_ub=np.concatenate([mu, nu]), **exactly
    )
    assert found.status == 0, found.message
    return found.fun + penalties[0] * mu.sum() + penalties[1] * nu.sum()


def random_instance(rng):
    n, m = rng.integers(1, 9, 2)
    kind = rng.integers(3)
    low = (0, -3, 0)[kind]
    cost = rng.random((n, m)) if kind == 2 else rng.integers(low, 5, (n, m)).astype(float)
    mu, nu = (rng.integers(0, 5, size) / 4 for size in (n, m))
    mu[0] += 0.5
    nu[0] += 0.5
    return cost, mu, nu


def by_pot(cost, mu, nu, mass):
    """POT's partial_wasserstein: its dummies cost 2·max(M), which is harmless for such costs."""
    import ot.partial

    return float((ot.partial.partial_wasserstein(mu, nu, cost, m=mass) * cost).sum())


def check(program: str, instances: int) -> None:
    rng = np.random.default_rng(19)
    worst, beside_pot = 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("cost.npy", "mu.npy", "nu.npy")]
        flags = ["--cost-matrix", files[0], "--source-weights", files[1], "--target-weights", files[2]]
        for k in range(instances):
            cost, mu, nu = random_instance(rng)
            for file, values in zip(files, (cost, mu, nu)):
                np.save(file, values)
            share = rng.choice([0.0, 1.0, rng.random()])
            mass = share * min(mu.sum(), nu.sum())
            penalties = rng.integers(0, 9, 2) / 4
            pairs = [
                (["--mass", repr(float(mass))], by_linear_program(cost, mu, nu, mass=mass)),
                (
                    ["--unbalanced", f"{penalties[0]},{penalties[1]}"],
                    by_linear_program(cost, mu, nu, penalties=penalties),
                ),
            ]
            if cost.min() >= 0 and cost.max() > 0 and 0 < share < 1:
                pairs.append((pairs[0][0], by_pot(cost, mu, nu, mass)))
                beside_pot += 1
            for amount, truth in pairs:
                answer = deblais(program, *flags, *amount)
                error = abs(answer["objective"] - truth) / (1 + abs(truth))
                assert error < CHECK_TOLERANCE, (k, amount, answer["objective"], truth)
                assert answer["certificate"]["gap"] < CHECK_TOLERANCE * (1 + abs(truth)), (k, amount)
                worst = max(worst, error)
    print(f"{instances} instances of each kind, {beside_pot} beside POT: worst error {worst:.1e}")


def measure(program: str) -> None:
    import ot.partial

    print("| points | dimension | POT | deblais | POT ÷ deblais | relative difference |")
    print("|---:|---:|---:|---:|---:|---:|")
    for n in (1000, 4000):
        for d in (2, 64):
            rng = np.random.default_rng(n + d)
            x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d)) + 1
            with tempfile.TemporaryDirectory() as folder:
                files = [str(Path(folder, name)) for name in ("x.npy", "y.npy")]
                for file, points in zip(files, (x, y)):
                    np.save(file, points)
                ours = [deblais(program, *files, "--fraction", "0.5") for _ in range(3)]
            start = time.perf_counter()
            cost = ot.dist(x, y, "euclidean")
            mass = np.ones(n) / n
            plan = ot.partial.partial_wasserstein(mass, mass, cost, m=0.5, numItermax=10**9)
            theirs = time.perf_counter() - start
            best = min(a["timings"]["solve"] + a["timings"]["certify"] for a in ours)
            objective = ours[0]["objective"]
            difference = abs((plan * cost).sum() - objective) / objective
            print(f"| {n} | {d} | {theirs:.3f} s | {best:.3f} s | {theirs / best:.1f}× | {difference:.0e} |")


def measure_shares(program: str) -> None:
    points = 100_000
    amounts = {"all, balanced": [], "0.5": ["--fraction", "0.5"], "0.9": ["--fraction", "0.9"]}
    print("| cost | share of the mass | time | ÷ balanced |")
    print("|---|---:|---:|---:|")
    rng = np.random.default_rng(points)
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("x.npy", "y.npy")]
        for file in files:
            np.save(file, rng.random((points, 2)))
        for cost in ("sqeuclidean", "euclidean"):
            times = {}
            for share, amount in amounts.items():
                timings = deblais(program, *files, "--cost", cost, *amount)["timings"]
                times[share] = timings["solve"] + timings["certify"]
                ratio = times[share] / times["all, balanced"]
                print(f"| {cost} | {share} | {times[share]:.1f} s | {ratio:.2f} |")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", program, *count]:
            check(program, int(count[0]) if count else 2000)
        case ["time", program]:
            measure(program)
        case ["share", program]:
            measure_shares(program)
        case _:
            raise SystemExit(__doc__)
