"""Distances between persistence diagrams: deblais, GUDHI (POT and hera) and persim, side by side.

Random diagrams: births uniform on (0, 1), persistence exponential. Every distance is compared with
ours; times are the least of some runs, without reading the files.

    benches/peers/run.sh persistence [--quick] [--deblais COMMAND]
    benches/peers/run.sh persistence --numbers    writes tests/data/persistence
"""

import argparse
import csv
import json
import math
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gudhi
import gudhi.hera
import gudhi.wasserstein
import numpy as np
import persim
from numpy.typing import NDArray

Array = NDArray[np.float64]

NUMBERS = Path("tests/data/persistence")
"""Small diagrams and their distances by GUDHI."""

TOLERANCE = 1e-10
"""How far an exact peer may be from ours, relatively."""


def diagram(rng: np.random.Generator, n: int, essential: int = 0) -> Array:
    birth = rng.random(n)
    death = birth + rng.exponential(0.1, n)
    death[n - essential :] = math.inf
    return np.stack([birth, death], axis=1)


def ours(command: list[str], files: list[Path], order: float, ground: str) -> tuple[float, float]:
    """Our distance, and the seconds of solver and certificate."""
    flags = ["--diagonal", "--json", "--p", str(order), "--cost", ground]
    output = subprocess.run([*command, "emd", *files, *flags], check=True, stdout=subprocess.PIPE)
    report = json.loads(output.stdout)
    return report["distance"], report["timings"]["solve"] + report["timings"]["certify"]


def peers(x: Array, y: Array, order: float) -> Iterator[tuple[str, str, bool, Callable[[], float]]]:
    """Name, ground distance, whether it is exact, and the call, with default settings."""
    pot, hera = gudhi.wasserstein.wasserstein_distance, gudhi.hera.wasserstein_distance
    yield "GUDHI, POT", "chebyshev", True, lambda: pot(x, y, order=order)
    yield "GUDHI, hera", "chebyshev", False, lambda: hera(x, y, order=order)
    accurate = {"order": order, "delta": TOLERANCE}
    yield "GUDHI, hera, delta 1e-10", "chebyshev", True, lambda: hera(x, y, **accurate)
    if order == 1:
        yield "persim", "euclidean", True, lambda: persim.wasserstein(x, y)


def seconds(call: Callable[[], float], runs: int) -> tuple[float, float]:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        value = call()
        times.append(time.perf_counter() - start)
    return value, min(times)


def compare(command: list[str], made: Path, sizes: list[int], most_persim: int) -> None:
    print("| n | order | ground | who | distance | seconds | ours |")
    print("|--:|--:|---|---|--:|--:|--:|")
    for n in sizes:
        rng = np.random.default_rng(n)
        pair = [diagram(rng, n), diagram(rng, n)]
        files = [made / f"{n}-{side}.npy" for side in "ab"]
        for file, points in zip(files, pair, strict=True):
            np.save(file, points)
        runs = 5 if n <= 1000 else 1
        for order in (1, 2):
            for name, ground, exact, call in peers(*pair, order):
                if name == "persim" and n > most_persim:
                    continue
                mine = [ours(command, files, order, ground) for _ in range(runs)]
                known, least = mine[0][0], min(time for _, time in mine)
                value, taken = seconds(call, runs)
                if exact and abs(value - known) > TOLERANCE * known:
                    raise SystemExit(f"{name} at n = {n}, order {order}: {value!r}, not {known!r}")
                row = [n, order, ground, name, f"{value:.10g}", f"{taken:.4f}", f"{least:.4f}"]
                print("|", " | ".join(map(str, row)), "|", flush=True)


def write_numbers() -> None:
    NUMBERS.mkdir(parents=True, exist_ok=True)
    rows = []
    for k, (n, m, essential) in enumerate([(5, 7, 0), (30, 20, 0), (40, 40, 3), (1, 12, 1)]):
        rng = np.random.default_rng(k)
        pair = [diagram(rng, n, min(n, essential)), diagram(rng, m, essential)]
        for side, points in zip("ab", pair, strict=True):
            np.savetxt(
                NUMBERS / f"{k}-{side}.csv",
                points,
                fmt="%.17g",
                delimiter=",",
                header="birth,death",
                comments="",
            )
        for order in (1, 2, 3):
            for internal_p, ground in ((math.inf, "chebyshev"), (2, "euclidean")):
                value = gudhi.wasserstein.wasserstein_distance(
                    *pair, order=order, internal_p=internal_p, keep_essential_parts=True
                )
                rows.append([k, order, ground, repr(float(value))])
    with (NUMBERS / "distances.csv").open("w", newline="") as file:
        file.write(f"# By GUDHI {gudhi.__version__}, wasserstein_distance with POT, of the diagrams\n")
        file.write("# CASE-a.csv and CASE-b.csv; written by benches/peers/persistence.py --numbers.\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["case", "order", "ground", "distance"])
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--made", type=Path, default=Path("target/compare"))
    parser.add_argument("--deblais", help="a command; else cargo builds the release profile")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--most-persim", type=int, default=1000, help="persim takes (2n)² cells")
    parser.add_argument("--numbers", action="store_true")
    args = parser.parse_args()
    if args.numbers:
        write_numbers()
        return
    args.made.mkdir(parents=True, exist_ok=True)
    sizes = [100, 200] if args.quick else [100, 1000, 5000]
    if args.deblais is None:
        subprocess.run(["cargo", "build", "--release"], check=True)
    command = args.deblais or "target/release/deblais"
    compare([command], args.made, sizes, args.most_persim)


if __name__ == "__main__":
    main()
