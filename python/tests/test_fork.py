"""Solvers run in threads, in forked and in spawned processes, with the same bits."""

import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import deblais

SIZES = [16, 400, 5000]


def value(n):
    draws = np.random.default_rng(n)
    return deblais.emd(draws.normal(size=(n, 2)), draws.normal(size=(n, 2))).value


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_processes(n, start):
    if start == "fork" and not sys.platform.startswith("linux"):
        pytest.skip("forks on Linux alone")
    expected = value(n)
    # A solve on a pool of threads before the fork.
    value(400)
    with multiprocessing.get_context(start).Pool(2) as pool:
        assert pool.map_async(value, [n] * 4).get(timeout=60) == [expected] * 4


@pytest.mark.parametrize("n", SIZES)
def test_threads(n):
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(value, [n] * 8)) == [value(n)] * 8


def test_a_fork_while_a_pool_is_at_work():
    if not sys.platform.startswith("linux"):
        pytest.skip("forks on Linux alone")
    with ThreadPoolExecutor(1) as background:
        running = background.submit(value, 5000)
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.map_async(value, [400]).get(timeout=60) == [value(400)]
        assert running.result() == value(5000)
