"""`kerasgen doctor`."""

import keras
import pytest

from kerasgen.cli import doctor
from tests.cli.conftest import kerasgen


@pytest.mark.slow
@pytest.mark.once
def test_doctor_measures_what_is_fastest(monkeypatch):
    monkeypatch.setattr(doctor, "BENCH", ("vae",))
    lines = kerasgen("doctor", "--bench", "--backend", "torch").stdout.splitlines()
    assert lines[0].split() == ["RECIPE", "BACKEND", "JIT_COMPILE", "IMAGES/S"]
    assert lines[1].split()[:3] == ["vae", "torch", "auto"]
    assert float(lines[1].split()[3].replace(",", "")) > 0
    assert lines[1].split()[4] == "fastest"


def test_doctor_finds_the_backend_that_trains():
    result = kerasgen("doctor")
    assert result.exit_code == 0
    assert f"name      {keras.backend.backend()} (KERAS_BACKEND)" in result.stdout
    assert "training  works" in result.stdout
    assert f"keras                {keras.__version__}" in result.stdout
