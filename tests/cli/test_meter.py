"""The progress of long commands."""

import io
import sys

import pytest

from kerasgen.cli import meter
from kerasgen.io import progress
from tests.cli.conftest import kerasgen

pytestmark = pytest.mark.once


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Return a list with the time in seconds, which a test moves."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def compute(clock, seconds, steps=4):
    progress.start("likelihood")
    with progress.steps(steps) as step:
        for _ in range(steps):
            with progress.steps(1) as inner:  # is not reported
                inner()
            clock[0] += seconds
            step()


def test_a_short_computation_is_silent(clock, capsys):
    with meter.shown():
        compute(clock, 1.0)
    assert capsys.readouterr() == ("", "")


def test_a_long_computation_has_lines_with_the_time_left(clock, capsys):
    with meter.shown("; --samples takes fewer"):
        compute(clock, 30.0)
    assert capsys.readouterr().err.splitlines() == [
        "likelihood: 25%, 01:30 left; --samples takes fewer",
        "likelihood: 50%, 01:00 left",
        "likelihood: 75%, 00:30 left",
        "likelihood: 100%, 00:00 left",
    ]


def test_a_terminal_has_a_bar_that_is_removed(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with meter.shown("; --samples takes fewer"):
        compute(clock, 30.0)
    written = sys.stderr.getvalue()
    assert "likelihood    0% " in written
    assert "left; --samples takes fewer" in written
    assert written.endswith("\r")
    assert not written.split("\r")[-2].strip()


@pytest.mark.slow
def test_evaluate_tells_its_progress(vae_run, here, monkeypatch):
    monkeypatch.setattr(meter, "INTERVAL", 0.0)
    result = kerasgen("evaluate", vae_run, "--samples", 70, "--likelihood-samples", 60, "-o", "scores.json")
    assert result.exit_code == 0, result.output
    lines = result.stderr.splitlines()
    assert "left; fewer --samples or --metrics take less" in lines[0]
    for name in ("likelihood: ", "generating 70 samples: 50%, ", "generating 70 samples: 100%, "):
        assert any(line.startswith(name) for line in lines), name
