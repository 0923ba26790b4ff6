"""Files of a finished run are validated when they are read (attack 11 of issue 32)."""

import json
import math
import os

import pytest

from kerasgen.errors import RunError
from kerasgen.runs import finished

pytestmark = pytest.mark.once


@pytest.fixture
def directory(tmp_path):
    """Return the directory of a run with two epochs and a picture."""
    run = tmp_path / "run"
    (run / "samples").mkdir(parents=True)
    (run / "recipe.json").write_text(json.dumps({"recipe": "vae", "options": {"beta": 2.0}, "epochs": 9, "seed": 3}))
    (run / "history.csv").write_text("epoch,seconds,loss,val_loss\n1,2.5,30,31\n2,5.1,20,\n")
    for epoch in ("0001", "9999", "10000"):
        (run / "samples" / f"epoch-{epoch}.png").touch()
    return run


def test_a_run_has_settings_results_and_a_picture(directory):
    run = finished.FinishedRun(directory, "a")
    assert run.settings == {"recipe": "vae", "beta": 2.0, "seed": 3}
    assert run.results == {"epochs": "2", "seconds": "5", "loss": "20"}
    assert run.history["loss"] == [30.0, 20.0]
    assert math.isnan(run.history["val_loss"][1])
    assert run.picture.name == "epoch-10000.png"
    assert finished.table([run, run])[1] == [("epochs", "2", "2"), ("seconds", "5", "5"), ("loss", "20", "20")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epoch,loss\n1,x\n", "'x' in line 2 is not a number"),  # more kinds of damage: tests/io/test_history.py
        (b"\xff\xfe\xff", "it is not UTF-8 text"),
        ("", "no finished epoch"),
        ("epoch,loss\n", "no finished epoch"),
        (None, "no finished epoch"),
    ],
)
def test_a_damaged_table_is_one_line(text, says, directory):
    path = directory / "history.csv"
    path.unlink()
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RunError, match=says) as caught:
        finished.FinishedRun(directory, "a")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "text",
    [
        '{"figures":[{"name":"a","value":1' + "0" * 400 + "}]}",
        '{"figures":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"figures": 3}',
        '{"scores": [{"name": "a"}]}',
        '{"scores": [{"name": 3, "value": 1}]}',
        '{"scores": [{"name": "a", "value": "1"}]}',
        '{"scores": [{"name": "a", "value": true}]}',
        '{"scores": [{"name": "a", "value": [1]}]}',
        '{"scores": [{"name": {}, "value": 1}]}',
        '{"scores": ["a"]}',
        "[]",
        "3",
        '"scores"',
        "{}",
        "null",
        "{",
        "\ud800",
    ],
    ids=range(17),
)
def test_damaged_scores_are_one_line(text, directory):
    (directory / "metrics.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RunError, match="cannot read") as caught:
        finished.FinishedRun(directory, "a")
    assert "\n" not in str(caught.value)


def test_scores_are_read_under_both_names(directory):
    entries = [{"name": "a", "value": 1}, {"name": "b", "value": None}]
    for key in ("figures", "scores"):
        (directory / "metrics.json").write_text(json.dumps({key: entries}))
        assert finished.FinishedRun(directory, "a").scores == {"a": 1.0}


@pytest.mark.parametrize("name", ["history.csv", "metrics.json"])
def test_links_pipes_and_huge_files_are_not_read(name, directory):
    path = directory / name
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")
    with pytest.raises(RunError, match="is a symbolic link"):
        finished.FinishedRun(directory, "a")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RunError, match="is a pipe"):
        finished.FinishedRun(directory, "a")
    path.unlink()
    path.touch()
    os.truncate(path, 2**40)  # a sparse file, which takes no space
    with pytest.raises(RunError, match="has more than 33,554,432 bytes"):
        finished.FinishedRun(directory, "a")


def test_scores_of_other_weights_or_data_are_left_out(directory):
    record = {"scores": [{"name": "a", "value": 1}], "dataset": "other", "fingerprint": "1"}
    (directory / "recipe.json").write_text(json.dumps({"fingerprint": "2"}))
    (directory / "metrics.json").write_text(json.dumps(record))
    run = finished.FinishedRun(directory, "a")
    assert run.scores == {}
    assert run.left_out == "on other, other data than it was trained on"
