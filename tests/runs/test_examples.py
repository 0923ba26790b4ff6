"""The examples in the docstrings of runs, callbacks and files run as they are shown."""

import doctest
import importlib
import pkgutil

import pytest

from kerasgen import callbacks, io, runs

pytestmark = pytest.mark.once

OF_OTHERS = {"kerasgen.io.archive", "kerasgen.io.entry_points", "kerasgen.io.memory", "kerasgen.io.weights"}
MODULES = [
    module.name for each in (runs, callbacks, io) for module in pkgutil.iter_modules(each.__path__, f"{each.__name__}.")
]


@pytest.mark.slow
@pytest.mark.parametrize("module", sorted({*MODULES} - OF_OTHERS))
def test_examples(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(module)).failed == 0
