import importlib
import math

import pytest


@pytest.mark.once
def test_the_benchmark_reads_its_command_line_and_states_spread(monkeypatch):
    monkeypatch.syspath_prepend(importlib.import_module("benchmarks.results").PATH.parents[1] / "benchmarks")
    benchmark = importlib.import_module("mode_coverage")
    options = benchmark.parse(
        ["--backend", "jax", "--dataset", "ring-8", "--set", "packing=2", "--set", "objective=hinge"]
    )
    assert options.name == "gan packing=2 objective=hinge"
    assert benchmark.packing_of(options) == 2
    assert benchmark.common.standard_error([7, 8, 8, 7], 2) == "0.29"
    assert benchmark.common.standard_error([8], 2) == benchmark.common.standard_error([8, math.inf], 2) == ""
    with pytest.raises(SystemExit):
        benchmark.parse(["--backend", "jax", "--dataset", "ring-8", "--set", "packing"])
