"""Entropic transport: runs all contenders in turns and writes what they took. Started by run.sh."""

import argparse
import fnmatch
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import report
from cases import Array, clouds
from exact import pin, take_turns
from ours import Side, build

PAGE = Path("docs/notes/sinkhorn.md")

# The L1 error of the marginals that every contender has to reach.
TOLERANCE = 1e-6

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One row: uniform clouds of n points in d dimensions, ε a multiple of the median cost."""

    table: str
    n: int
    d: int
    relative: float
    peers: bool = True
    tolerance: float = TOLERANCE
    iterations: int = 10_000
    """At which a peer gives up."""

    @property
    def name(self) -> str:
        return f"{self.table}/d={self.d} n={self.n} ε={self.relative:g}"

    def clouds(self) -> tuple[Array, Array]:
        x, y, _ = clouds("unif", self.n, self.d)
        return x, y


def all_cases(quick: bool, large: bool) -> Iterator[Case]:
    """Every row of every table; `quick` makes them tiny: a smoke test."""
    for d in (2, 64):
        for relative in (0.1, 0.01, 0.001):
            for n in (100, 200) if quick else (1000, 2000, 4000):
                # The peers need too long there; one try shows what they get.
                tried = relative > 0.001 or (d == 2 and n <= 1000)
                iterations = 300 if quick else 10_000
                yield Case("time", n, d, relative, peers=tried, iterations=iterations)
    for relative in (0.1, 0.01, 0.001):
        for n in (400,) if quick else (4000, 8000):
            yield Case("threads", n, 2, relative)
    yield Case("memory", 500 if quick else 20_000, 2, 0.01)
    if large:
        yield Case("large", 2000 if quick else 100_000, 2, 0.001, tolerance=1e-3)


def solve(side: Side, case: Case, epsilon: float) -> Row:
    answer = side.ask(f"solve {epsilon!r} {case.tolerance!r}")
    assert answer["error_reached"] <= case.tolerance, answer
    return answer


def measure(case: Case, executable: str, cpu: int | None) -> Row:
    x, y = case.clouds()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "x.npy", x)
        np.save(folder / "y.npy", y)
        if case.table == "time":
            import entropic_peers

            with Side(executable, "entropic", folder) as side:
                epsilon = case.relative * side.ask("median")["median"]
                contenders = {"deblais": lambda: solve(side, case, epsilon)}
                if case.peers:
                    contenders |= entropic_peers.contenders(
                        x, y, epsilon, TOLERANCE, case.iterations
                    )
                return take_turns(contenders)
        row = {}
        for label, threads in (("one", 1), ("two", 2)):
            if case.table != "threads" and threads == 1:
                continue
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
            os.environ["RAYON_NUM_THREADS"] = str(threads)
            with Side(executable, "entropic", folder) as side:
                epsilon = case.relative * side.ask("median")["median"]
                row |= take_turns({label: lambda: solve(side, case, epsilon)})
        os.environ["RAYON_NUM_THREADS"] = "1"
        pin(cpu)
        return row


def reached(answer: Row, tolerance: float = TOLERANCE) -> bool:
    return answer["error_reached"] <= tolerance


def fastest(row: Row) -> Row | None:
    """The answer of the fastest peer that got there."""
    peers = [answer for label, answer in row.items() if label != "deblais" and reached(answer)]
    return min(peers, key=lambda answer: answer["seconds"], default=None)


def took(row: Row, label: str, tolerance: float = TOLERANCE) -> str:
    """The time, or how far the contender was from its aim when it gave up."""
    if label not in row:
        return "–"
    answer = row[label]
    time = report.seconds(answer["seconds"])
    if reached(answer, tolerance):
        return time
    return f"—, error {answer['error_reached']:.0e} after {time}"


def ratio(row: Row, own: Row) -> str:
    """The fastest peer of `row` against ours of `own`. No ratio where no peer got there: when a
    peer gave up says nothing about how long it would have taken."""
    peer = fastest(row)
    return f"{peer['seconds'] / own['deblais']['seconds']:.1f}×" if peer else "–"


def easier(case: Case, rows: dict[Case, Row]) -> Row:
    """The same clouds at ε = 0.01, which the smallest ε is held against."""
    return rows.get(replace(case, relative=0.01, peers=True), {}) if case.relative < 0.01 else {}


def mark(label: str) -> str:
    return f"`{label}`" if label.startswith("ot.") else label


def timings(rows: dict[Case, Row]) -> list[str]:
    labels = list(dict.fromkeys(label for row in rows.values() for label in row if label != "deblais"))
    head = ["Case", *map(mark, labels), "deblais", "error", "**fastest peer ÷ deblais**"]
    head += ["its time at ε=0.01 ÷ deblais", "certificate", "relative gap"]
    lines = ["### Time to a marginal error of 1e-6", "", line(head), rule(head)]
    for case, row in rows.items():
        own = row["deblais"]
        cells = [case.name.split("/")[1], *(took(row, label) for label in labels)]
        cells += [took(row, "deblais"), f"{own['error_reached']:.1g}", f"**{ratio(row, row)}**"]
        cells += [ratio(easier(case, rows), row)]
        cells += [report.seconds(own["certificate_seconds"]), f"{own['relative_gap']:.1g}"]
        lines.append(line(cells))
    return lines


def threads(rows: dict[Case, Row]) -> list[str]:
    head = ["Case", "one thread", "two threads", "**one ÷ two**"]
    lines = ["### Two threads", "", line(head), rule(head)]
    for case, row in rows.items():
        quotient = row["one"]["seconds"] / row["two"]["seconds"]
        times = [report.seconds(row[label]["seconds"]) for label in ("one", "two")]
        lines.append(line([case.name.split("/")[1], *times, f"**{quotient:.2f}×**"]))
    return lines


def single(title: str, rows: dict[Case, Row]) -> list[str]:
    head = ["Case", "marginal error", "time", "certificate", "bracket", "peak memory"]
    lines = [f"### {title}", "", line(head), rule(head)]
    for case, row in rows.items():
        own = row["two"]
        bracket = f"{own['lower']:.4g} … {own['upper']:.4g}"
        cells = [case.name.split("/")[1], f"{own['error_reached']:.0e}", report.seconds(own["seconds"])]
        cells += [report.seconds(own["certificate_seconds"]), bracket, report.mib(own["peak_rss_mib"])]
        lines.append(line(cells))
    return lines


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def rule(head: list[str]) -> str:
    return "|---|" + "---:|" * (len(head) - 1)


def markdown(rows: dict[Case, Row], machine: dict[str, str]) -> str:
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    tables = {
        "time": timings,
        "threads": threads,
        "memory": lambda rows: single("Memory, on two threads", rows),
        "large": lambda rows: single("A hundred thousand points, on two threads", rows),
    }
    for name, table in tables.items():
        of_table = {case: row for case, row in rows.items() if case.table == name}
        if of_table:
            lines += ["", *table(of_table)]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh entropic", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: a smoke test")
    parser.add_argument("--large", action="store_true", help="a hundred thousand points, too")
    parser.add_argument("--cases", default="*", help="only 'TABLE/NAME' that match: 'time/d=64*'")
    parser.add_argument("--cpu", type=int, help="the CPU to stay on; default: the last one")
    parser.add_argument(
        "--write", action="store_true", help=f"put the tables into {PAGE}; new rows replace the old"
    )
    parser.add_argument("--made", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write and options.quick:
        parser.error("a smoke test is no benchmark: --quick and --write exclude each other")
    chosen = [
        case
        for case in all_cases(options.quick, options.large)
        if fnmatch.fnmatchcase(case.name, options.cases)
    ]
    if not chosen:
        parser.error(f"no case matches {options.cases}")
    executable = build()
    pin(options.cpu)
    store = options.made / "entropic.json"
    machine = report.machine(("ott-jax", "jax"))
    rows = report.measured_before(store, machine) if options.write else {}
    for case in chosen:
        row = rows[case.name] = measure(case, executable, options.cpu)
        parts = [f"{label} {took(row, label, case.tolerance)}" for label in row]
        print(f"{case.name}: {', '.join(parts)}", file=sys.stderr, flush=True)
        if options.write:
            store.write_text(json.dumps({"machine": machine, "rows": rows}))
    order = [*all_cases(options.quick, True)]
    text = markdown({case: rows[case.name] for case in order if case.name in rows}, machine)
    print(text)
    if options.write:
        report.between_marks(PAGE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
