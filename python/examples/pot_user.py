"""POT's functions by this engine, and POT itself over it."""

import warnings
from pathlib import Path

import numpy as np

import deblais.pot as ot

# https://github.com/PythonOT/POT/issues/229: entries from 0 to 1e32, of which POT's own plan costs 88.509.
data = Path(__file__).parents[2] / "examples" / "data"
M = np.loadtxt(data / "pot_229.csv", delimiter=",")
a = np.loadtxt(data / "pot_229_masses.csv")
plan, log = ot.emd(a, a, M, log=True)
print(f"cost {log['cost']:.6f}, proved to {log['gap']:.1e}")

try:
    import ot as pot
except ImportError:
    print("pip install pot for the rest")
else:
    ot.install()  # under every function of POT that uses its network simplex
    draws = np.random.default_rng(0)
    source, target = draws.normal(size=(50, 2)), draws.normal(3.0, size=(60, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mapped = pot.da.EMDTransport().fit(Xs=source, Xt=target).transform(Xs=source)
    print(f"mean of the mapped source: {mapped.mean(0).round(2)}")
    ot.uninstall()
