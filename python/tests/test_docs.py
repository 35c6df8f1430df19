"""The examples of all docstrings run, and nothing public is without one."""

import doctest
import inspect

import pytest

import deblais
import deblais.pot

MODULES = [deblais, deblais.pot]
PUBLIC = [(module, name) for module in MODULES for name in module.__all__ if name != "__version__"]


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_examples(module, name):
    thing = getattr(module, name)
    text = inspect.getdoc(thing)
    assert text, f"{name} has no docstring"
    if not inspect.isclass(thing):
        assert "Examples\n--------" in text, f"{name} has no example"
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed == 0


def test_the_front_page():
    assert doctest.testmod(deblais).failed == 0
