"""POT from the points on, in a process of its own: `scaling_peer.py FOLDER COST MODE`.

COST is `euclidean` or `sqeuclidean`; MODE `emd` stores the cost matrix (`ot.dist` and `ot.emd2`),
`lazy` computes costs when they are priced (`ot.lp.emd2_lazy`). Prints one JSON object.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import ot

from memory import peak_rss_mib

# POT stops at 100 000 pivots unless told otherwise, with a plan that is not optimal.
PIVOTS = 10**9


def main() -> None:
    folder, cost, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    x, y, a, b = (np.load(folder / f"{name}.npy") for name in "xyab")
    start = perf_counter()
    if mode == "lazy":
        value = ot.lp.emd2_lazy(
            x, y, a, b, metric=cost, numItermax=PIVOTS, return_matrix=False
        )
    else:
        value = ot.emd2(a, b, ot.dist(x, y, metric=cost), numItermax=PIVOTS)
    seconds = perf_counter() - start
    print(json.dumps({"seconds": seconds, "cost": float(value), "peak_rss_mib": peak_rss_mib()}))


if __name__ == "__main__":
    main()
