"""Training steps of networks, deblais and JAX in turns. Started by run.sh."""

import argparse
import fnmatch
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import report
from exact import pin
from ours import Side, build

PAGE = Path("docs/notes/networks.md")

# Steps before the sides are compared, and how far each may move a parameter.
CHECKED, RATE = 3, 1e-4

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One row: which step of which networks. Batches of 256, λ = 10."""

    table: str
    """`steps` against JAX, `threads` one against two."""
    step: str
    inputs: int
    width: int
    hidden: int
    activation: str = "relu"
    precision: str = "f32"
    one_sided: bool = False
    batch: int = 256

    @property
    def name(self) -> str:
        shape = f"{self.inputs}→{self.width}{'⁰¹²³⁴⁵'[self.hidden]}→1"
        parts = [self.step, shape, self.activation]
        parts += ["one-sided"] * self.one_sided + ["f64"] * (self.precision == "f64")
        return f"{self.table}/{' '.join(parts)}"

    def settings(self) -> Row:
        middle = [self.width] * self.hidden
        return {
            "critic": [self.inputs, *middle, 1],
            "generator": [self.inputs, *middle, self.inputs],
            "activation": self.activation,
            "precision": self.precision,
            "one_sided": self.one_sided,
            "lambda": 10.0,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Batches and first parameters, those by He et al. 2015 with small biases."""
        rng = np.random.default_rng(1000 * self.inputs + self.width)
        shape = (self.batch, self.inputs)
        real, fake = rng.standard_normal(shape), rng.standard_normal(shape) + 1
        share = rng.random(self.batch)
        arrays = {
            "real": real,
            "fake": fake,
            "share": share,
            "between": share[:, None] * real + (1 - share[:, None]) * fake,
            "noise": rng.standard_normal(shape),
            "more_noise": rng.standard_normal(shape),
        }
        for name in ("critic", "generator"):
            widths = self.settings()[name]
            parts = []
            for n, m in zip(widths, widths[1:]):
                parts += [np.sqrt(2 / n) * rng.standard_normal(n * m), 0.1 * rng.standard_normal(m)]
            arrays[name] = np.concatenate(parts)
        kind = np.float64 if self.precision == "f64" else np.float32
        return {name: array.astype(kind) for name, array in arrays.items()}


def all_cases(quick: bool) -> Iterator[Case]:
    """Every row of every table; `quick` makes them tiny: a smoke test."""
    if quick:
        for activation in ("relu", "leaky", "tanh", "softplus", "maxmin", "sort8"):
            yield Case("steps", "critic", 3, 16, 2, activation, batch=40)
        yield Case("steps", "critic", 2, 24, 3, precision="f64", one_sided=True, batch=150)
        for activation in ("relu", "tanh", "sort8"):
            yield Case("steps", "both", 2, 16, 3, activation, precision="f64", batch=140)
        yield Case("threads", "both", 2, 16, 3, batch=40)
        return
    shapes = [(2, 512, 3), (64, 256, 2), (2, 128, 3)]
    for shape in shapes:
        yield Case("steps", "critic", *shape)
    yield Case("steps", "critic", 2, 512, 3, "leaky", one_sided=True)
    for activation in ("tanh", "softplus", "maxmin", "sort8"):
        yield Case("steps", "critic", 64, 256, 2, activation)
    yield Case("steps", "critic", 64, 256, 2, precision="f64")
    for step in ("generator", "both"):
        for width in (128, 512):
            yield Case("steps", step, 2, width, 3)
    for shape in shapes:
        yield Case("threads", "critic", *shape)
    for step in ("generator", "both"):
        for width in (128, 512):
            yield Case("threads", step, 2, width, 3)


def prepare(case: Case, folder: Path) -> dict[str, np.ndarray]:
    arrays = case.arrays()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "settings.json").write_text(json.dumps(case.settings()))
    return arrays


def in_turns(contenders: dict[str, Any], quick: bool) -> Row:
    """Runs A, B, A, B, … each for some hundred milliseconds; medians of the seconds a step, on the
    clock and of the CPU."""
    steps, rounds = (2, 2) if quick else (None, 15)
    if steps is None:
        once = max(contender(3)["seconds"] for contender in contenders.values())
        steps = max(3, round(0.15 / once))
    answers = {label: [] for label in contenders}
    for _ in range(rounds):
        for label, contender in contenders.items():
            answers[label].append(contender(steps))
    return {
        label: {
            "seconds": median(a["seconds"] for a in found),
            "busy": median(a["busy"] for a in found),
            "cores": max(a["busy"] / a["seconds"] for a in found),
            "steps": steps,
        }
        for label, found in answers.items()
    }


@contextmanager
def after_first_steps(case: Case, executable: str) -> Iterator[tuple[Any, Side, float]]:
    """Both sides, compiled, and how far apart the first steps took them."""
    import networks_peers

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arrays = prepare(case, folder)
        game = networks_peers.Game(arrays, case.settings())
        with Side(executable, "network", folder) as side:
            theirs = game.run(case.step, CHECKED)["loss"]
            ours = side.ask(f"{case.step} {CHECKED}")["loss"]
            yield game, side, compare(case, folder, arrays, game, side, theirs, ours)


def against_jax(case: Case, executable: str, quick: bool) -> Row:
    if case.precision == "f32":
        # Where nothing but a difference in the formulas could hide behind the tolerance.
        with after_first_steps(replace(case, precision="f64"), executable):
            pass
    with after_first_steps(case, executable) as (game, side, difference):
        row = in_turns(
            {
                "jax": lambda steps: game.run(case.step, steps),
                "deblais": lambda steps: side.ask(f"{case.step} {steps}"),
            },
            quick,
        )
    assert row["jax"]["cores"] < 1.1, f"JAX is not on one core: {row}"
    return row | {"difference": difference}


def compare(
    case: Case, folder: Path, arrays: Row, game: Any, side: Side, theirs: float, ours: float
) -> float:
    """How far apart the sides are after the first steps: the distance of their parameters as a
    share of Adam's longest way, at the 95th percentile. Adam divides slopes by their own size, so
    that rounding alone decides where those are 0 that cancel: the slope of the bias of the
    critic's output and of units that are active at every point.

    In f32 smooth activations stay within 1e-5. With kinks, a few values in a hundred thousand lie so
    near one that the two sides round them to either side of it; then one point of 256 has other
    slopes in all layers below, and the distances jump from below 1e-6 to 1e-4 … 1e-3 in that one
    step. That it is no more than this is seen in f64, where all cases agree to 1e-14."""
    side.ask("save")
    allowed = 1e-9 if case.precision == "f64" else 1e-4
    size = max(abs(theirs), 1.0)
    assert abs(theirs - ours) <= allowed * size, f"{case.name}: losses {theirs} and {ours}"
    worst = 0.0
    for name, end in game.parameters().items():
        own = np.load(folder / f"{name}.out.npy")
        if np.array_equal(end, arrays[name]):
            assert np.array_equal(own, end), f"{case.name}: {name} moved on one side"
        else:
            apart = np.abs(own - end) / (CHECKED * RATE)
            worst = max(worst, float(np.quantile(apart, 0.95)))
    smooth = case.activation in ("tanh", "softplus")
    allowed = 1e-9 if case.precision == "f64" else 1e-4 if smooth else 1e-2
    assert worst <= allowed, f"{case.name}: the parameters are {worst:.1e} of their way apart"
    return worst


def on_threads(case: Case, executable: str, quick: bool) -> Row:
    """A process with one thread and one with two, in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(case, folder)
        sides = {}
        for label, threads in (("one", "1"), ("two", "2")):
            os.environ["RAYON_NUM_THREADS"] = threads
            sides[label] = Side(executable, "network", folder)
        os.environ["RAYON_NUM_THREADS"] = "1"
        bits = []
        for side in sides.values():
            side.ask(f"{case.step} {CHECKED}")
            side.ask("save")
            bits.append([(folder / f"{n}.out.npy").read_bytes() for n in ("critic", "generator")])
        assert bits[0] == bits[1], f"{case.name}: other bits on two threads"
        row = in_turns(
            {
                label: lambda steps, side=side: side.ask(f"{case.step} {steps}")
                for label, side in sides.items()
            },
            quick,
        )
        for side in sides.values():
            side.__exit__()
        return row


def measure(case: Case, executable: str, options: argparse.Namespace) -> Row:
    if case.table == "steps":
        return against_jax(case, executable, options.quick)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    row = on_threads(case, executable, options.quick)
    pin(options.cpu)
    return row


TABLES = {
    "steps": ("A step, one thread", "jax", "deblais", "**deblais ÷ JAX**"),
    "threads": ("One thread and two", "two", "one", "**one ÷ two**"),
}
HEADS = {"jax": "JAX", "deblais": "deblais", "one": "one thread", "two": "two threads"}


def ratio(row: Row, below: str, above: str) -> float:
    return row[above]["seconds"] / row[below]["seconds"]


def markdown(rows: dict[Case, Row], machine: dict[str, str]) -> str:
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    for table, (title, below, above, quotient) in TABLES.items():
        found = {case: row for case, row in rows.items() if case.table == table}
        if not found:
            continue
        head = ["Case", HEADS[above], HEADS[below], quotient]
        head += ["difference"] * (table == "steps")
        lines += ["", f"### {title}", "", "| " + " | ".join(head) + " |"]
        lines.append("|---|" + "---:|" * (len(head) - 1))
        for case, row in found.items():
            cells = [case.name.split("/")[1]]
            cells += [report.seconds(row[label]["seconds"]) for label in (above, below)]
            cells.append(f"**{ratio(row, below, above):.2f}**")
            cells += [f"{row['difference']:.0e}"] if table == "steps" else []
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.sh networks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: a smoke test")
    parser.add_argument("--cases", default="*", help="only 'TABLE/NAME' that match: 'steps/*512*'")
    parser.add_argument("--cpu", type=int, help="the CPU to stay on; default: the last one")
    parser.add_argument(
        "--write", action="store_true", help=f"put the tables into {PAGE}; new rows replace the old"
    )
    parser.add_argument("--made", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write and options.quick:
        parser.error("a smoke test is no benchmark: --quick and --write exclude each other")
    chosen = [c for c in all_cases(options.quick) if fnmatch.fnmatchcase(c.name, options.cases)]
    if not chosen:
        parser.error(f"no case matches {options.cases}")
    executable = build()
    pin(options.cpu)
    store = options.made / "networks.json"
    machine = report.machine(("jax",))
    before = json.loads(store.read_text()) if options.write and store.exists() else {}
    rows = before["rows"] if before.get("machine") == machine else {}
    for case in chosen:
        row = rows[case.name] = measure(case, executable, options)
        _, below, above, quotient = TABLES[case.table]
        parts = [f"{label} {report.seconds(row[label]['seconds'])}" for label in (above, below)]
        busy = [report.seconds(row[label]["busy"]) for label in (above, below)]
        busy = f"CPU {' and '.join(busy)}, {row[above]['busy'] / row[below]['busy']:.3f}"
        told = f"{', '.join(parts)}, {ratio(row, below, above):.3f}, {busy}"
        print(f"{case.name}: {told}, {row.get('difference', 0):.1e}", file=sys.stderr, flush=True)
        if options.write:
            store.write_text(json.dumps({"machine": machine, "rows": rows}))
    order = all_cases(options.quick)
    text = markdown({case: rows[case.name] for case in order if case.name in rows}, machine)
    print(text)
    if options.write:
        report.between_marks(PAGE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
