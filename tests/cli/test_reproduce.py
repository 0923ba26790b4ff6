"""`kerasgen reproduce`: the experiments of the zoo, measured again."""

import keras
import pytest

from kerasgen.cli.reproduce import _recorded
from kerasgen.experiments import Experiment, Metric, measures, results
from kerasgen.zoo import experiments
from tests.cli.conftest import assert_refused, kerasgen

BACKEND = keras.backend.backend()
TINY = Experiment(
    name="tiny",
    summary="a tiny autoencoder",
    table="reconstruction",
    recipe="autoencoder",
    measure=measures.reconstruction_error,
    metrics=(Metric("mean squared error of a pixel", 5, "0.5"),),
    options={"hidden_dim": 8, "latent_dim": 2},
    dataset="digits",
    image_size=8,
    batch_size=400,
    epochs=1,
    seeds=1,
    backend=BACKEND,
    label="autoencoder latent_dim=2",
    quick={"batch_size": 800},
)


@pytest.fixture
def tiny(here, monkeypatch):
    """Add a tiny experiment to the zoo and work in an empty directory."""
    monkeypatch.setitem(experiments.experiments(), "tiny", TINY)
    return here


@pytest.mark.once
def test_without_a_name_all_are_listed_with_their_minutes():
    lines = kerasgen("reproduce").output.splitlines()
    assert lines[0].split() == ["NAME", "SUMMARY", "DATA", "BACKEND", "SEEDS", "MINUTES"]
    assert [line.split()[0] for line in lines[1:-2]] == [*experiments.experiments()]
    assert all(int(line.split()[-1]) >= 1 for line in lines[1:-2])


def test_a_figure_is_measured_again_in_an_empty_folder(tiny):
    result = kerasgen("reproduce", "tiny")
    assert result.exit_code == 0, result.output
    (row,) = results.read(tiny / "reproduced" / "results.csv")
    assert row["command"] == "kerasgen reproduce tiny"
    assert (row["backend"], row["seeds"], row["reference"]) == (BACKEND, "1", "0.5")
    assert "Wrote reproduced/results.csv" in result.output
    head, line = result.stdout.splitlines()[:2]
    assert head.split() == ["MODEL", "DATA", "METRIC", "OBTAINED", "RECORDED", "REFERENCE"]
    assert row["value"] in line
    assert "seed 0" in result.stderr
    again = kerasgen("reproduce", "tiny", "--results", "own/table.csv")
    assert "seed 0" not in again.stderr  # kept
    (same,) = results.read(tiny / "own" / "table.csv")
    assert same == row


@pytest.mark.slow
@pytest.mark.once
def test_more_seeds_are_added_to_those_that_are_there(tiny):
    kerasgen("reproduce", "tiny")
    result = kerasgen("reproduce", "tiny", "--seeds", 2)
    assert "seed 1" in result.stderr
    assert "seed 0" not in result.stderr
    (row,) = results.read(tiny / "reproduced" / "results.csv")
    assert (row["seeds"], row["command"]) == ("2", "kerasgen reproduce tiny --seeds 2")
    assert row["spread"].endswith("standard error")


@pytest.mark.once
def test_quick_values_are_marked_and_not_written(tiny):
    result = kerasgen("reproduce", "tiny", "--quick")
    assert result.exit_code == 0, result.output
    assert "QUICK, NOT COMPARABLE" in result.stdout.splitlines()[0]
    assert "not comparable with the recorded and the published ones" in result.output
    assert not any(tiny.iterdir())


@pytest.mark.once
def test_recorded_value_of_another_backend_is_named():
    row = {"figure": "reconstruction", "recipe": "autoencoder latent_dim=2", "dataset": "mnist", "backend": "torch"}
    row |= {"metric": "mean squared error of a pixel"}
    recorded = results.read()
    assert _recorded(row, recorded).startswith("0.03927 ")
    assert _recorded(row, recorded).endswith(" (jax)")
    assert _recorded(row | {"backend": "jax"}, recorded).endswith("error")
    assert _recorded(row | {"dataset": "digits"}, recorded) == ""


@pytest.mark.once
def test_what_cannot_be_reproduced_is_refused(here):
    assert_refused(kerasgen("reproduce", "ring-9-best"), 2, "did you mean ring-8-best")
    assert_refused(kerasgen("reproduce", "ring-8-gan", "outlines"), 2, "the experiments use jax, tensorflow; give")
    assert_refused(kerasgen("reproduce", "facades", "--backend", "torch"), 2, "facades is not bundled")
    result = kerasgen("reproduce", "facades", "--backend", "torch", "--data-dir", here)
    assert_refused(result, 1, "no such file or folder")
    assert not any(here.iterdir())
