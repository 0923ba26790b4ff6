"""`kerasgen reproduce`: the commands behind the published figures."""

import importlib
import sys

import pytest

from benchmarks import figures, results
from kerasgen.losses import OBJECTIVES
from tests.cli.conftest import assert_refused, kerasgen

pytestmark = pytest.mark.once


def test_without_a_figure_all_are_listed():
    lines = kerasgen("reproduce").output.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [*figures.FIGURES]


@pytest.mark.parametrize("name", figures.FIGURES)
def test_the_scripts_take_the_arguments_that_they_are_given(name, monkeypatch):
    monkeypatch.syspath_prepend(results.PATH.parents[1] / "benchmarks")
    for quick in (False, True):
        script, *arguments = figures.FIGURES[name].command(quick, "torch", "somewhere")
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        options = vars(importlib.import_module(script.removesuffix(".py")).parse())
        assert options["write"] is not quick
        assert options.get("backend", "torch") in ("torch", ["torch"])
        assert options.get("data_dir") == ("somewhere" if figures.FIGURES[name].is_of_mnist else None)
        assert options.get("seeds", 1) in ((1,) if quick else (1, 3))


def test_a_quick_version_is_smaller_and_an_option_that_is_there_twice_is_kept():
    whole, quick = (figures.FIGURES["grid-25-best"].command(quick) for quick in (False, True))
    assert whole[whole.index("--steps") + 1] == "90000"
    assert quick[quick.index("--steps") + 1] == "500"
    assert whole.count("--set") == quick.count("--set") == 5


def test_every_objective_has_its_figure():
    assert {*figures.OBJECTIVES} == {*OBJECTIVES}


def test_what_is_not_there(tmp_path):
    before = results.PATH.read_bytes()
    assert_refused(kerasgen("reproduce", "ring-9-best"), 2, "did you mean ring-8-best")
    result = kerasgen("reproduce", "vae-mnist", "--quick", "--data-dir", tmp_path)
    assert_refused(result, 1, "vae_mnist.py ended with exit code 1")
    assert results.PATH.read_bytes() == before
