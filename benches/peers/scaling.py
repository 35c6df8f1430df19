"""Time and memory against n, from the points on: deblais, POT, and POT's lazy mode. Started by
run.sh; draws docs/figures/scaling.png and writes the table of docs/scaling.md."""

import argparse
import fnmatch
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import report
from cases import cloud_case, histogram_case
from exact import AGREEMENT, pin
from ours import Side, build

PAGE = Path("docs/scaling.md")
FIGURE = Path("docs/figures/scaling.png")
COSTS = {"eu": "euclidean", "sq": "sqeuclidean"}
# Points in many dimensions.
HIGH = [("mix", 64, n) for n in (1000, 4000, 10_000, 30_000)] + [("unif", 64, 4000), ("mix", 784, 10_000)]
# Points up to which a peer is asked: beyond, it takes minutes and gigabytes.
EMD_UP_TO, LAZY_UP_TO = 8000, 4000
# Dimensions up to which the lazy one is: it takes a minute and a half for 4000 points in 64.
LAZY_IN = 3
GRIDS = ("white", "smooth")
KINDS = ("unif", "mix", *GRIDS)
CONTENDERS = {"deblais": "deblais", "emd": "POT", "lazy": "POT, lazy"}

Row = dict[str, Any]


def all_cases(quick: bool, large: bool) -> list[str]:
    """Names such as `unif d=2 n=4000 w sq`; those of grids have as many points as pixels."""
    sizes = (300, 600) if quick else (1000, 2000, 4000, 8000, 16_000, 32_000, 100_000)
    names = []
    for n in sizes:
        for kind in ("unif", "mix"):
            if kind == "mix" and n > 32_000 and not large:
                continue
            names += [f"{kind} d=2 n={n} {w} {c}" for c in COSTS for w in "uw"]
    if not quick:
        names += [f"unif d=3 n={n} u sq" for n in (4000, 32_000, 100_000)]
    for side in (16, 24) if quick else (64, 128):
        names += [f"{kind} d=2 n={side**2} w {c}" for kind in GRIDS for c in COSTS]
    for kind, d, n in HIGH if not quick else ():
        costs = ("eu", "sq") if n <= EMD_UP_TO else ("eu",)
        names += [f"{kind} d={d} n={n} {w} {c}" for c in costs for w in ("u" if n > 10_000 else "uw")]
    if large:
        names += ["unif d=2 n=300000 w sq", "unif d=2 n=1000000 u sq", "mix d=2 n=1000000 u sq"]
    return names


def parts(name: str) -> tuple[str, int, int, str, str]:
    kind, d, n, masses, cost = name.split()
    return kind, int(d[2:]), int(n[2:]), masses, cost


def measure(name: str, folder: Path, executable: str) -> Row:
    """Each contender in a process of its own, in turns, as often as it is short."""
    kind, d, n, masses, cost = parts(name)
    grid = kind in GRIDS
    arrays = histogram_case(kind, math.isqrt(n)) if grid else cloud_case(kind, n, d, masses)
    for key, array in arrays.items():
        np.save(folder / f"{key}.npy", array)

    def ours() -> Row:
        with Side(executable, "points", folder) as side:
            return side.ask(COSTS[cost])

    def peer(mode: str) -> Row:
        script = str(Path(__file__).with_name("scaling_peer.py"))
        command = [sys.executable, script, str(folder), COSTS[cost], mode]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output)

    contenders = {"deblais": ours}
    if n <= EMD_UP_TO:
        contenders["emd"] = lambda: peer("emd")
    if n <= LAZY_UP_TO and d <= LAZY_IN:
        contenders["lazy"] = lambda: peer("lazy")
    answers: dict[str, list[Row]] = {label: [] for label in contenders}
    for turn in range(3):
        for label, contender in contenders.items():
            if turn == 0 or answers[label][0]["seconds"] < 3:
                answers[label].append(contender())
    row = {}
    for label, done in answers.items():
        times = sorted(answer["seconds"] for answer in done)
        row[label] = done[0] | {"seconds": times[len(times) // 2], "all_seconds": times}
    return row


def faults(row: Row) -> list[str]:
    costs = [answer["cost"] for answer in row.values()]
    found = []
    if max(costs) - min(costs) > AGREEMENT * abs(max(costs)):
        found.append(f"the costs disagree: {costs}")
    if not row["deblais"]["is_tight"]:
        found.append("the bracket is not tight")
    return found


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of a line through log-log points, from 4000 points on."""
    late = [(math.log(n), math.log(value)) for n, value in points if n >= 4000]
    if len(late) < 2:
        return math.nan
    return float(np.polyfit(*zip(*late, strict=True), 1)[0])


def series(rows: dict[str, Row], kind: str, rest: str, label: str, what: str):
    found = []
    for name, row in rows.items():
        k, d, n, masses, cost = parts(name)
        if (k, d, f"{masses} {cost}") == (kind, 2, rest) and label in row:
            found.append((n, row[label][what]))
    return sorted(found)


def table(rows: dict[str, Row]) -> str:
    heads = ["case", "deblais", "certificate", "peak", "POT", "peak", "POT ÷ deblais", "POT, lazy"]
    lines = ["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    for name in sorted(rows, key=lambda name: (KINDS.index(parts(name)[0]), parts(name)[1:])):
        row = rows[name]
        own, emd, lazy = row["deblais"], row.get("emd"), row.get("lazy")
        cells = [name, report.seconds(own["seconds"]), report.seconds(own["certificate_seconds"])]
        cells.append(report.mib(own["peak_rss_mib"]))
        if emd:
            ratio = emd["seconds"] / own["seconds"]
            cells += [report.seconds(emd["seconds"]), report.mib(emd["peak_rss_mib"])]
            cells.append(f"**{ratio:.1f}×**")
        else:
            cells += ["–"] * 3
        cells.append(report.seconds(lazy["seconds"]) if lazy else "–")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "Exponents k of time ∝ n^k, fitted from n = 4000 on:", ""]
    lines += ["| masses, cost | deblais, unif | deblais, mix | POT, unif | POT, mix |"]
    lines += ["|---|---:|---:|---:|---:|"]
    for rest in ("u sq", "w sq", "u eu", "w eu"):
        cells = [
            f"{exponent(series(rows, kind, rest, label, 'seconds')):.2f}".replace("nan", "–")
            for label in ("deblais", "emd")
            for kind in ("unif", "mix")
        ]
        lines.append(f"| {rest} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(rows: dict[str, Row]) -> None:
    """Time and memory against n, both clouds, weighted masses, Euclidean costs."""
    colours = {"deblais": "#009E73", "emd": "#0072B2", "lazy": "#E69F00"}
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), constrained_layout=True)
    for kind, line, mark in (("unif", "-", "o"), ("mix", "--", "s")):
        for label, title in CONTENDERS.items():
            for axis, what in zip(axes, ("seconds", "peak_rss_mib"), strict=True):
                points = series(rows, kind, "w eu", label, what)
                if not points:
                    continue
                name = f"{title}, {kind}"
                if what == "seconds" and not math.isnan(exponent(points)):
                    name += f": n^{exponent(points):.2f}"
                style = {"color": colours[label], "linestyle": line, "marker": mark}
                axis.loglog(*zip(*points, strict=True), label=name, markersize=4, **style)
    axes[0].set(title="Time, one thread", xlabel="points n = m in the plane", ylabel="seconds")
    axes[1].set(title="Peak memory of the process", xlabel="points n = m in the plane", ylabel="MiB")
    drawn = [parts(name) for name in rows if not name.startswith(GRIDS)]
    sizes = sorted({n for _, d, n, _, _ in drawn if d == 2})
    for axis in axes:
        axis.set_xticks(sizes, labels=[f"{n // 1000}k" for n in sizes])
        axis.minorticks_off()
        axis.grid(color="0.88")
        axis.legend(fontsize=8)
    figure.suptitle("Exact EMD from the points: random masses, Euclidean distance")
    figure.savefig(FIGURE, dpi=150)


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh scaling", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: a smoke test")
    parser.add_argument("--large", action="store_true", help="the largest sizes, too: long")
    parser.add_argument("--cases", default="*", help="only names that match: 'unif d=2 n=4000 *'")
    parser.add_argument("--cpu", type=int, help="the CPU to stay on; default: the last one")
    parser.add_argument("--write", action="store_true", help="put table and figure into docs/")
    parser.add_argument("--made", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write and options.quick:
        parser.error("a smoke test is no benchmark: --quick and --write exclude each other")
    chosen = fnmatch.filter(all_cases(options.quick, options.large), options.cases)
    if not chosen:
        parser.error(f"no case matches {options.cases}")
    executable = build()
    pin(options.cpu)
    store = options.made / "scaling.json"
    machine = report.machine(peers=())
    rows = report.measured_before(store, machine) if options.write else {}
    wrong = 0
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            row = measure(name, Path(folder), executable)
        times = ", ".join(f"{label} {report.seconds(a['seconds'])}" for label, a in row.items())
        print(f"{name}: {times}, {report.mib(row['deblais']['peak_rss_mib'])}", flush=True)
        found = faults(row)
        for fault in found:
            print(f"  FAULT: {fault}")
        wrong += len(found)
        if found:
            continue
        rows[name] = row
        if options.write:
            store.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1))
    if options.write and not wrong:
        facts = "\n".join(f"- {key}: {value}" for key, value in machine.items())
        report.between_marks(PAGE, f"{facts}\n\n{table(rows)}")
        draw(rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
