"""Fixtures that POT's tests need, its engine replaced, and calls of the engine counted.

POT_ENGINE=pot leaves POT's own engine in place.
"""

import functools
import os

import numpy as np
import ot
import ot.da
import ot.gromov
import pytest
from ot.backend import get_backend_list
from ot.lp import _network_simplex

import deblais.pot
from deblais import _deblais
from deblais.pot._install import ENGINE

CALLS = 0


def counted(engine):
    @functools.wraps(engine)
    def call(*args, **kwargs):
        global CALLS
        CALLS += 1
        return engine(*args, **kwargs)

    return call


if os.environ.get("POT_ENGINE") == "pot":
    for name in ENGINE:
        setattr(_network_simplex, name, counted(getattr(_network_simplex, name)))
else:
    for name in ("pot_dense", "pot_sparse", "pot_points"):
        setattr(_deblais, name, counted(getattr(_deblais, name)))
    deblais.pot.install()


@pytest.fixture(autouse=True)
def seed():
    """Some tests draw without a seed, and call the engine five times as often in one run as in another."""
    np.random.seed(0)


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"{CALLS} calls of the engine")
    most = os.environ.get("MOST_CALLS")
    if most and int(most) < CALLS:
        terminalreporter.write_line(f"more than {most}", red=True)


def pytest_sessionfinish(session):
    most = os.environ.get("MOST_CALLS")
    if most and int(most) < CALLS:
        session.exitstatus = 1


@pytest.fixture(params=get_backend_list(), ids=lambda backend: backend.__name__)
def nx(request):
    return request.param


def skip_arg(arg, value, reason=None, getter=lambda given: given):
    """Skips a test where its arguments of these names have these values."""
    args, values = (arg, value) if isinstance(arg, (tuple, list)) else ((arg,), (value,))
    getters = getter if isinstance(getter, (tuple, list)) else [getter] * len(args)

    def decorated(test):
        @functools.wraps(test)
        def run(*positional, **given):
            found = [name in given and get(given[name]) == wanted
                     for name, wanted, get in zip(args, values, getters)]  # fmt: skip
            if all(found):
                pytest.skip(reason or f"{args} = {values}")
            return test(*positional, **given)

        return run

    return decorated


pytest.skip_arg = skip_arg
pytest.skip_backend = functools.partial(skip_arg, "nx", getter=str)
