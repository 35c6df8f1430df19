"""Callbacks for training loops."""

import csv
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

import deblais
from deblais.audit import _flat, critic_values

__all__ = ["ExactEMD", "ExactEMDRow"]

_Floats: TypeAlias = NDArray[np.float64]

_FLOOR_PAIRS = 5


class ExactEMDRow(NamedTuple):
    """One comparison: the critic's estimate, the bracket of the exact distance, the noise floor."""

    step: int
    estimate: float
    lower: float
    upper: float
    noise_floor: float


class ExactEMD:
    """Every few steps, the critic's estimate beside the exact distance and the noise floor.

    The noise floor is the mean exact distance of two samples of the data: a generator whose distance has come
    down to it is no longer told from the data by samples of this size.

    Parameters
    ----------
    critic : callable or torch.nn.Module
        The critic, high on data and low on what is generated; see `deblais.audit.audit_critic`.
    every : int
        Steps between two comparisons, the first at step 0.
    held_out : array_like or Tensor, shape (k, …), optional
        Data for the noise floor, k ≥ 2 × batch size: five pairs of disjoint samples of the batch's size. Left
        out, the floor is the distance of the two halves of each batch, which is higher: their samples are smaller.
    path : str or path, optional
        A CSV file that gets a line at each comparison.
    cost : str
        The metric; see `deblais.emd`.
    seed : int
        Seed of the pairs.
    threads : int, optional
        Threads; all cores if left out.

    Attributes
    ----------
    rows : list of ExactEMDRow
        The comparisons so far.

    Examples
    --------
    >>> import numpy as np
    >>> from deblais.callbacks import ExactEMD
    >>> draws = np.random.default_rng(0)
    >>> watch = ExactEMD(lambda z: z[:, 0], every=10, held_out=draws.normal(size=(200, 2)))
    >>> for step in range(20):
    ...     row = watch(step, draws.normal(size=(50, 2)), draws.normal(size=(50, 2)) - 3)
    >>> [row.step for row in watch.rows]
    [0, 10]
    >>> watch.rows[0].noise_floor < watch.rows[0].lower
    True
    """

    def __init__(
        self,
        critic: Callable[[Any], Any],
        every: int = 100,
        *,
        held_out: Any = None,
        path: str | PathLike[str] | None = None,
        cost: str = "euclidean",
        seed: int = 0,
        threads: int | None = None,
    ) -> None:
        if every < 1:
            raise ValueError(f"every is {every}: pass a number of steps ≥ 1")
        self.rows: list[ExactEMDRow] = []
        self._critic, self._every, self._cost, self._threads = critic, every, cost, threads
        self._held_out = None if held_out is None else _flat(held_out)
        self._draws = np.random.default_rng(seed)
        self._floors: dict[int, float] = {}
        self._path = None if path is None else Path(path)
        if self._path is not None:
            self._write(ExactEMDRow._fields, "w")

    def __call__(self, step: int, data: Any, generated: Any) -> ExactEMDRow | None:
        """Compares at this step, if it is its turn.

        Parameters
        ----------
        step : int
            The number of the step.
        data, generated : array_like or Tensor, shape (n, …) and (m, …)
            The current batches.

        Returns
        -------
        ExactEMDRow or None
            The comparison; None at the steps in between.
        """
        if step % self._every:
            return None
        values = [critic_values(self._critic, points) for points in (data, generated)]
        exact = self._emd(_flat(data), _flat(generated))
        estimate = float(values[0].mean() - values[1].mean())
        row = ExactEMDRow(step, estimate, exact.lower, exact.upper, self._floor(_flat(data)))
        self.rows.append(row)
        if self._path is not None:
            self._write(row, "a")
        return row

    def _emd(self, x: _Floats, y: _Floats) -> deblais.Transport:
        return deblais.emd(x, y, cost=self._cost, threads=self._threads)

    def _floor(self, data: _Floats) -> float:
        """The distance of two samples of the data."""
        size = len(data)
        if self._held_out is None:
            if size < 2:
                raise ValueError("a batch of one point has no halves: pass held_out=")
            return self._emd(data[: size // 2], data[size // 2 :]).value
        if len(self._held_out) < 2 * size:
            rows = len(self._held_out)
            raise ValueError(f"held_out has {rows} rows: pass twice the batch size, {2 * size}, or more")
        if size not in self._floors:
            pairs = [self._draws.permutation(self._held_out)[: 2 * size] for _ in range(_FLOOR_PAIRS)]
            self._floors[size] = float(np.mean([self._emd(z[:size], z[size:]).value for z in pairs]))
        return self._floors[size]

    def _write(self, fields: tuple[Any, ...], mode: str) -> None:
        assert self._path is not None
        with self._path.open(mode, newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerow(fields)
