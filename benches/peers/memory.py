"""POT's peak memory, in a process of its own: `memory.py FOLDER` prints one JSON object."""

import json
import sys
from pathlib import Path

import numpy as np
import ot
from scipy.spatial.distance import cdist


def peak_rss_mib() -> float:
    """The most memory this process has held so far, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the kernel does not tell the peak")


def main() -> None:
    folder = Path(sys.argv[1])
    x, y, a, b = (np.load(folder / f"{name}.npy") for name in "xyab")
    matrix = cdist(x, y)
    before = peak_rss_mib()
    _, log = ot.emd(a, b, matrix, numItermax=10**9, log=True)
    answer = {"ready_rss_mib": before, "peak_rss_mib": peak_rss_mib(), "cost": log["cost"]}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
