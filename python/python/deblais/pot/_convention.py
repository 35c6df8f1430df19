"""POT's conventions: result codes, warnings, types, logs."""

from __future__ import annotations

import warnings
from typing import Any, TypeAlias

import numpy as np

#: Potentials (u, v).
Pair: TypeAlias = tuple[Any, Any]
#: A log of POT.
Log: TypeAlias = dict[str, Any]

INFEASIBLE, ITERATION_LIMIT = 0, 3

WARNINGS = {
    INFEASIBLE: "Problem infeasible. Check that a and b are in the simplex",
    ITERATION_LIMIT: "numItermax reached before optimality. Try to increase numItermax.",
}


def warned(code: int, stacklevel: int = 3) -> str | None:
    message = WARNINGS.get(code)
    if message is not None:
        warnings.warn(message, stacklevel=stacklevel)
    return message


def limit_of(iterations: float, default: int = 100_000) -> int | None:
    """``numItermax`` as the engine has it: ``None`` for the default, which is no limit."""
    return None if iterations == default or iterations == np.inf else int(iterations)


def check_threads(threads: Any) -> None:
    """Refuses and warns of ``numThreads`` as POT does."""
    if threads == 1:
        return
    if not (threads is None or threads == "max" or (isinstance(threads, int) and threads > 1)):
        raise ValueError('numThreads should either be "max" or a strictly positive integer')
    warnings.warn(
        "The 'numThreads' parameter is deprecated and will be removed in a future version. "
        "It is not read.",
        DeprecationWarning,
        stacklevel=3,
    )


def masses_of(a: Any) -> Any:
    """Masses as an array; ``None`` for an empty list."""
    return None if a is None or len(a) == 0 else np.asarray(a)


def type_of(*arrays: Any) -> np.dtype[Any]:
    """The type of the answer: that of the first array that is given."""
    kind = next((np.asarray(array).dtype for array in arrays if array is not None), np.dtype(float))
    if kind.kind != "f":
        warnings.warn(
            "Input histogram consists of integer. The transport plan will be casted accordingly, "
            "possibly resulting in a loss of precision. If this behaviour is unwanted, please make sure "
            "your input histogram consists of floating point elements.",
            stacklevel=4,
        )
    return kind


def log_of(found: tuple[Any, ...], kind: np.dtype[Any]) -> Log:
    _, cost, lower, u, v, code = found
    return {
        "cost": cost,
        "u": u.astype(kind, copy=False),
        "v": v.astype(kind, copy=False),
        "warning": warned(code, 4),
        "result_code": code,
        "lower": lower,
        "upper": cost,
        "gap": cost - lower if cost != lower else 0.0,
    }


def is_sparse(M: Any) -> bool:
    return hasattr(M, "tocoo")
