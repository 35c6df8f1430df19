"""From results to Markdown tables, and into docs/benchmarks.md."""

import json
import os
import platform
import subprocess
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cases import Case

PAGE = Path("docs/benchmarks.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

Row = dict[str, Any]


def machine(peers: Iterable[str] = ("lap",)) -> dict[str, str]:
    """What the numbers hold for; POT, numpy and scipy are always among the peers."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break

    def ask(*command: str) -> str:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    package = json.loads(ask("cargo", "metadata", "--no-deps", "--format-version=1"))
    own = next(p for p in package["packages"] if p["name"] == "deblais")
    libraries = ", ".join(f"{name} {version(name)}" for name in ("POT", *peers, "numpy", "scipy"))
    return {
        "CPU": f"{cpu}, {os.cpu_count()} logical CPUs, one of them used",
        "System": f"{platform.system()} {platform.machine()}",
        "Ours": f"deblais {own['version']}, {ask('rustc', '--version')}, release profile",
        "Peers": f"{libraries}, Python {platform.python_version()}",
    }


def summary(row: Row) -> str:
    """One line while the run goes on."""
    parts = []
    for label, answer in row.items():
        if "ready_rss_mib" in answer:
            parts.append(f"{label} {mib(answer['peak_rss_mib'])}")
        else:
            parts.append(f"{label} {took(row, label)}")
    if "auto" in row:
        parts.append(f"auto is {row['auto']['method']}")
    return ", ".join(parts)


def lowest(results: dict[str, Any]) -> str:
    """The least favourable ratio of each table to its first peer."""
    lines = []
    for group, rows in results["rows"].items():
        if group != "memory":
            peer, own = ("wasserstein_1d", "value") if group == "line" else ("emd", "auto")
            name = min(rows, key=lambda n: rows[n][peer]["seconds"] / rows[n][own]["seconds"])
            lines.append(f"lowest ratio of {group}: {ratio(rows[name], peer, own)} at {name}")
    return "\n".join(lines)


def seconds(value: float) -> str:
    if value < 1e-3:
        return f"{value * 1e6:.3g} µs"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.3g} s"


def took(row: Row, label: str) -> str:
    return seconds(row[label]["seconds"]) if label in row else "–"


def ratio(row: Row, peer: str, own: str) -> str:
    if peer not in row or own not in row:
        return "–"
    quotient = row[peer]["seconds"] / row[own]["seconds"]
    return f"{quotient:.1f}×" if quotient < 100 else f"{quotient:.0f}×"


def alone(row: Row) -> str:
    """The network simplex where another method was chosen."""
    return f"{took(row, 'simplex')} ({ratio(row, 'emd', 'simplex')})" if "simplex" in row else "–"


def gap(row: Row, label: str) -> str:
    value = float(row[label]["relative_gap"])
    return f"{value:.0e}" if value else "0"


def mib(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f} MiB"


Column = tuple[str, Callable[[Row], str]]

TABLES: dict[str, tuple[str, list[Column]]] = {
    "clouds": (
        "Clouds",
        [
            ("`ot.emd`", lambda r: took(r, "emd")),
            ("`lap.lapjv`", lambda r: took(r, "lapjv")),
            ("deblais", lambda r: took(r, "auto")),
            ("method", lambda r: r["auto"]["method"]),
            ("**POT ÷ deblais**", lambda r: f"**{ratio(r, 'emd', 'auto')}**"),
            ("lapjv ÷ deblais", lambda r: ratio(r, "lapjv", "auto")),
            ("simplex alone", alone),
            ("certificate", lambda r: seconds(r["auto"]["certificate_seconds"])),
            ("relative gap", lambda r: gap(r, "auto")),
        ],
    ),
    "histograms": (
        "Histograms",
        [
            ("`ot.emd`", lambda r: took(r, "emd")),
            ("deblais", lambda r: took(r, "auto")),
            ("method", lambda r: r["auto"]["method"]),
            ("**POT ÷ deblais**", lambda r: f"**{ratio(r, 'emd', 'auto')}**"),
            ("simplex alone", alone),
            ("certificate", lambda r: seconds(r["auto"]["certificate_seconds"])),
            ("relative gap", lambda r: gap(r, "auto")),
        ],
    ),
    "minibatches": (
        "Minibatches, a call",
        [
            ("`ot.emd`", lambda r: took(r, "emd")),
            ("its core `emd_c`", lambda r: took(r, "emd_c")),
            ("deblais", lambda r: took(r, "auto")),
            ("method", lambda r: r["auto"]["method"]),
            ("**POT ÷ deblais**", lambda r: f"**{ratio(r, 'emd', 'auto')}**"),
            ("`emd_c` ÷ deblais", lambda r: ratio(r, "emd_c", "auto")),
            ("simplex alone", alone),
            ("largest relative gap", lambda r: gap(r, "auto")),
        ],
    ),
    "pairs": (
        "All pairs",
        [
            ("loop of `ot.emd2`", lambda r: took(r, "emd")),
            ("without empty pixels", lambda r: took(r, "emd_trimmed")),
            ("deblais, certified", lambda r: took(r, "auto")),
            ("a pair", lambda r: seconds(r["auto"]["seconds_a_pair"])),
            ("**POT ÷ deblais**", lambda r: f"**{ratio(r, 'emd', 'auto')}**"),
            ("without empty pixels ÷ deblais", lambda r: ratio(r, "emd_trimmed", "auto")),
            ("largest relative gap", lambda r: gap(r, "auto")),
        ],
    ),
    "line": (
        "On the line",
        [
            ("`ot.wasserstein_1d`", lambda r: took(r, "wasserstein_1d")),
            ("deblais, value", lambda r: took(r, "value")),
            ("**POT ÷ deblais**", lambda r: f"**{ratio(r, 'wasserstein_1d', 'value')}**"),
            ("`ot.emd_1d`", lambda r: took(r, "emd_1d")),
            ("deblais, plan and potentials", lambda r: took(r, "full")),
            ("POT ÷ deblais", lambda r: ratio(r, "emd_1d", "full")),
            ("certificate", lambda r: seconds(r["full"]["certificate_seconds"])),
            ("relative gap", lambda r: gap(r, "full")),
        ],
    ),
    "memory": (
        "Peak memory of a process",
        [
            ("`ot.emd`: before the call", lambda r: mib(r["emd"]["ready_rss_mib"])),
            ("`ot.emd`: peak", lambda r: mib(r["emd"]["peak_rss_mib"])),
            ("deblais: before the call", lambda r: mib(r["auto"]["ready_rss_mib"])),
            ("deblais: peak", lambda r: mib(r["auto"]["peak_rss_mib"])),
        ],
    ),
}


def markdown(results: dict[str, Any]) -> str:
    lines = [f"- {name}: {value}" for name, value in results["machine"].items()]
    for group, (title, columns) in TABLES.items():
        rows = results["rows"].get(group)
        if not rows:
            continue
        lines += ["", f"### {title}", ""]
        lines.append("| Case | " + " | ".join(name for name, _ in columns) + " |")
        lines.append("|---|" + "---:|" * len(columns))
        for name, row in rows.items():
            lines.append(f"| {name} | " + " | ".join(cell(row) for _, cell in columns) + " |")
    return "\n".join(lines)


def measured_before(store: Path, machine: dict[str, str]) -> dict[str, Any]:
    """Rows by name, if they are of the same machine with the same versions."""
    before = json.loads(store.read_text()) if store.exists() else {}
    return before["rows"] if before.get("machine") == machine else {}


def write(results: dict[str, Any], store: Path, cases: Iterable[Case]) -> None:
    """Puts the tables into the page. Rows measured before on the same machine with the same
    versions stay unless they were measured anew."""
    rows = results["rows"]
    for group, old in measured_before(store, results["machine"]).items():
        rows[group] = old | rows.get(group, {})
    order: dict[str, list[str]] = {}
    for case in cases:
        order.setdefault(case.group, []).append(case.name)
    results["rows"] = {
        group: {name: rows[group][name] for name in names if name in rows[group]}
        for group, names in order.items()
        if group in rows
    }
    store.write_text(json.dumps(results, indent=1))
    between_marks(PAGE, markdown(results))


def between_marks(page: Path, text: str) -> None:
    """Replaces what was measured before."""
    head, _, rest = page.read_text().partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}")
