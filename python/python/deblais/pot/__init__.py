"""The functions of POT (Python Optimal Transport 0.9.7), by deblais's exact engine.

Signatures, return values, log dictionaries and conventions are POT's; ``lower``, ``upper`` and ``gap`` are
added to logs and results. `install` puts the engine under an installed POT: under every one of its functions
that uses the network simplex.

Known differences:

- Answers are numpy's, whatever the arrays are. For torch and others, with gradients, call POT after `install`.
- Every answer is judged. Where its gap is not closed, the problem is solved again without a tolerance, unless its
  cost is 0 up to the rounding errors of M.
- ``numItermax`` counts this engine's iterations, and its default of 100 000 stands for no limit.
- NaN, ``-inf``, negative masses and costs beyond 1e303 raise `ValueError`; ``inf`` forbids a cell.
- Where forbidden cells leave no plan, the plan is 0, the cost ``inf``, and the result code 0, with POT's
  warning.

>>> import deblais.pot as ot
>>> ot.emd([0.5, 0.5], [0.5, 0.5], [[0.0, 1.0], [1.0, 0.0]])
array([[0.5, 0. ],
       [0. , 0.5]])
"""

from deblais.pot._entropic import sinkhorn, sinkhorn2
from deblais.pot._exact import emd, emd2, emd2_lazy
from deblais.pot._install import install, uninstall
from deblais.pot._line import emd2_1d, emd_1d, wasserstein_1d
from deblais.pot._solve import OTResult, dist, partial_wasserstein, solve, solve_sample

__all__ = [
    "OTResult",
    "dist",
    "emd",
    "emd2",
    "emd2_1d",
    "emd2_lazy",
    "emd_1d",
    "install",
    "partial_wasserstein",
    "sinkhorn",
    "sinkhorn2",
    "solve",
    "solve_sample",
    "uninstall",
    "wasserstein_1d",
]
