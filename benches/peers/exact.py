"""Runs all contenders in turns and writes what they took. Started by run.sh."""

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import peers
import report
from cases import Case, all_cases
from ours import RequestError, Side, build

# Costs that differ by more than this, relatively, are a bug on one of the sides.
AGREEMENT = 1e-9

Row = dict[str, Any]


def runs_after(seconds: float) -> int:
    """How often to run what took so long the first time: the median counts."""
    return 5 if seconds < 0.5 else 3 if seconds < 3 else 2 if seconds < 12 else 1


def take_turns(contenders: dict[str, peers.Contender]) -> Row:
    """Runs A, B, C, A, B, C, … until each has had its runs."""
    answers: dict[str, list[peers.Run]] = {label: [] for label in contenders}
    turn = 0
    while True:
        waiting = [
            label
            for label, done in answers.items()
            if not done or turn < runs_after(done[0]["seconds"])
        ]
        if not waiting:
            break
        for label in waiting:
            answers[label].append(contenders[label]())
        turn += 1
    row = {}
    for label, done in answers.items():
        times = [answer["seconds"] for answer in done]
        certified = [a["certificate_seconds"] for a in done if "certificate_seconds" in a]
        row[label] = done[-1] | {"seconds": median(times), "all_seconds": times}
        if certified:
            row[label]["certificate_seconds"] = median(certified)
    return row


def our_methods(side: Side, also: list[str], arguments: str = "") -> dict[str, peers.Contender]:
    """The method chosen, the network simplex alone, and others wished for where they apply."""
    chosen = side.ask("name")["method"]
    methods = {"auto": lambda: side.ask("auto" + arguments)}
    for name in dict.fromkeys(["simplex", *also]):
        if name == chosen:
            continue
        if name != "simplex":
            try:
                side.ask(name + arguments)
            except RequestError:
                continue
        methods[name] = lambda name=name: side.ask(name + arguments)
    return methods


def measure(case: Case, folder: Path, executable: str, also: list[str]) -> Row:
    arrays = case.build()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    if case.group == "memory":
        return measure_memory(folder, executable)
    kinds = {"minibatches": "batch", "line": "line", "pairs": "pairs"}
    kind = kinds.get(case.group, "table")
    with Side(executable, kind, folder) as side:
        if kind == "table":
            contenders = peers.table(arrays, **case.settings)
            contenders |= our_methods(side, also)
        elif kind == "batch":
            rounds = case.settings["rounds"]
            contenders = peers.batch(arrays, rounds)
            contenders |= our_methods(side, also, f" {rounds}")
        elif kind == "pairs":
            contenders = peers.pairs(arrays) | {"auto": lambda: side.ask("euclidean")}
        else:
            p = case.settings["p"]
            contenders = peers.line(arrays, p)
            contenders |= {
                "value": lambda: side.ask(f"value {p}"),
                "full": lambda: side.ask(f"full {p}"),
            }
        return take_turns(contenders)


def measure_memory(folder: Path, executable: str) -> Row:
    command = [sys.executable, str(Path(__file__).with_name("memory.py")), str(folder)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    with Side(executable, "table", folder) as side:
        ours = side.ask("auto") | {"ready_rss_mib": side.ready["peak_rss_mib"]}
    return {"emd": json.loads(output), "auto": ours}


def faults(row: Row) -> list[str]:
    """What must not happen: sides that disagree, a bracket of ours that is not tight."""
    costs = {label: answer["cost"] for label, answer in row.items()}
    low, high = min(costs.values()), max(costs.values())
    found = []
    if high - low > AGREEMENT * max(abs(low), abs(high)):
        found.append(f"the costs disagree: {costs}")
    for label, answer in row.items():
        if not answer.get("is_tight", True):
            found.append(f"{label}: the gap is {answer['relative_gap']:.1e} of the cost")
    return found


def pin(cpu: int | None) -> None:
    """Keeps this process, and with it our side, on one CPU where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if cpu is None else cpu})


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: a smoke test")
    parser.add_argument("--cases", default="*", help="only 'GROUP/NAME' that match: 'clouds/*d=64*'")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        choices=["assignment"],
        help="time this method of ours, too, where it applies (in the log, not in the tables)",
    )
    parser.add_argument("--cpu", type=int, help="the CPU to stay on; default: the last one")
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the tables into docs/benchmarks.md; with --cases, the new rows replace the old",
    )
    parser.add_argument("--made", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("a smoke test is no benchmark: --quick and --write exclude each other")

    chosen = [
        case
        for case in all_cases(options.quick)
        if fnmatch.fnmatchcase(f"{case.group}/{case.name}", options.cases)
    ]
    if not chosen:
        parser.error(f"no case matches {options.cases}")
    executable = build()
    pin(options.cpu)
    rows: dict[str, dict[str, Row]] = {}
    failed = False
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            row = measure(case, Path(folder), executable, options.also)
        rows.setdefault(case.group, {})[case.name] = row
        print(f"{case.group}/{case.name}: {report.summary(row)}", file=sys.stderr, flush=True)
        for fault in faults(row):
            failed = True
            print(f"  FAULT: {fault}", file=sys.stderr)

    results = {"machine": report.machine(), "rows": rows}
    print(report.markdown(results))
    print(report.lowest(results), file=sys.stderr)
    if failed:
        print("nothing is written: see the faults above", file=sys.stderr)
        return 1
    if options.write:
        report.write(results, options.made / "results.json", all_cases(quick=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
