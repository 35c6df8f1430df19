"""The instances, from fixed seeds, as arrays that both sides read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.float64]


@dataclass
class Case:
    """One row of a table."""

    group: str
    name: str
    build: Callable[[], dict[str, Array]]
    """Makes the arrays: x, y, and the masses a, b where the group has any."""
    settings: dict[str, Any] = field(default_factory=dict)


def clouds(kind: str, n: int, d: int, seed: int = 0) -> tuple[Array, Array, np.random.Generator]:
    """Two clouds of n points: both in the unit cube, or a Gaussian against five blobs."""
    rng = np.random.default_rng(seed + 1000 * d + n)
    if kind == "unif":
        return rng.random((n, d)), rng.random((n, d)), rng
    x = rng.standard_normal((n, d))
    centres = 3 * rng.standard_normal((5, d))
    y = centres[rng.integers(0, 5, n)] + 0.5 * rng.standard_normal((n, d))
    return x, y, rng


def cloud_case(kind: str, n: int, d: int, masses: str) -> dict[str, Array]:
    x, y, rng = clouds(kind, n, d)
    if masses == "u":
        a = b = np.full(n, 1 / n)
    else:
        a, b = rng.random(n) + 1e-3, rng.random(n) + 1e-3
    return {"x": x, "y": y, "a": a / a.sum(), "b": b / b.sum()}


def histogram_case(kind: str, side: int) -> dict[str, Array]:
    """Two histograms on a side×side grid: white noise, or the exponential of a smooth field."""
    axes = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    grid = np.stack(axes, -1).reshape(-1, 2).astype(np.float64)
    rng = np.random.default_rng(7 + side)

    def draw() -> Array:
        if kind == "white":
            mass = rng.integers(1, 256, side * side).astype(np.float64)
        else:
            noise = gaussian_filter(rng.standard_normal((side, side)), side / 16, mode="wrap")
            mass = np.exp(noise / noise.std()).ravel()
        return mass / mass.sum()

    return {"x": grid, "y": grid, "a": draw(), "b": draw()}


def digits_case(count: int) -> dict[str, Array]:
    """The first images of the digits that come with the program: masses on 8×8 pixels."""
    table = np.loadtxt("examples/data/digits.csv", delimiter=",", skiprows=1)[:count, 1:]
    pixels = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0), indexing="ij"), -1)
    return {"x": pixels.reshape(64, 2), "a": table / table.sum(axis=1, keepdims=True)}


def batch_case(n: int, count: int) -> dict[str, Array]:
    pairs = [clouds("unif", n, 2, seed)[:2] for seed in range(count)]
    return {"x": np.stack([x for x, _ in pairs]), "y": np.stack([y for _, y in pairs])}


def line_case(n: int) -> dict[str, Array]:
    rng = np.random.default_rng(5)
    return {"x": rng.standard_normal(n), "y": rng.standard_normal(n) * 1.5 + 1}


def all_cases(quick: bool) -> Iterator[Case]:
    """Every row of every table; `quick` makes them tiny: a smoke test."""
    for n in (60, 120) if quick else (1000, 2000, 4000):
        for kind in ("unif", "mix"):
            for d in (2, 64):
                for masses in ("u", "w"):
                    # In the plane lapjv takes a minute and a half where others take seconds.
                    lapjv = masses == "u" and (d > 2 or n <= 1000)
                    yield Case(
                        "clouds",
                        f"{kind} d={d} n={n} {masses}",
                        lambda kind=kind, n=n, d=d, masses=masses: cloud_case(kind, n, d, masses),
                        {"lapjv": lapjv},
                    )
    for side in (8, 12) if quick else (32, 64):
        for kind in ("white", "smooth"):
            yield Case(
                "histograms",
                f"{kind} {side}×{side}",
                lambda kind=kind, side=side: histogram_case(kind, side),
                {"lapjv": False},
            )
    for n, rounds in ((16, 10), (32, 6), (64, 4), (128, 2), (256, 4)):
        if quick and n > 32:
            continue
        count = 5 if quick else max(10, min(100, 6400 // n))
        yield Case(
            "minibatches",
            f"n={n}",
            lambda n=n, count=count: batch_case(n, count),
            {"rounds": rounds},
        )
    count = 12 if quick else 500
    yield Case("pairs", f"{count} digits, 8×8", lambda: digits_case(count))
    for p in (1, 2):
        n = 10_000 if quick else 1_000_000
        yield Case("line", f"p={p} n={n}", lambda n=n: line_case(n), {"p": p})
    n = 500 if quick else 8000
    yield Case("memory", f"unif d=2 n={n} u", lambda n=n: cloud_case("unif", n, 2, "u"))
