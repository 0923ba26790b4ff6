"""The primary host writes the run; the others write to a copy that is removed."""

import contextlib
import os

import keras
import pytest

from kerasgen import backend
from kerasgen.backend import host_names
from kerasgen.runs import resolve
from kerasgen.runs.hosts import on_devices, primary_host_only

NAMES = ("10.0.0.1:2222,10.0.0.2:2222", "2", "1")


@pytest.fixture
def second_of_two(monkeypatch):
    if keras.backend.backend() != "jax":
        pytest.skip("the variables of this test are those of JAX")
    for name, value in zip(host_names.KERAS_VARIABLES, NAMES, strict=True):
        monkeypatch.setenv(name, value)


@pytest.fixture
def run(tmp_path):
    """Return a run directory with files that another host must not copy."""
    (tmp_path / "run" / "checkpoints" / "epoch-0001").mkdir(parents=True)
    (tmp_path / "run" / "logs").mkdir()
    for name in ("recipe.json", "checkpoints/lock", "checkpoints/epoch-0001/state.json", "logs/events", ".temporary"):
        (tmp_path / "run" / name).write_text("theirs")
    os.mkfifo(tmp_path / "run" / "pipe")
    (tmp_path / "run" / "endless").symlink_to("/dev/zero")
    (tmp_path / "run" / "link").symlink_to(tmp_path)
    return tmp_path / "run"


def test_the_only_host_works_in_the_directory(run):
    with primary_host_only(run, True, print) as given:
        assert given == (run, True, print)


@pytest.mark.usefixtures("second_of_two")
def test_another_host_works_in_a_copy_without_links_and_special_files(run, capsys):
    with primary_host_only(run, True, print) as (directory, progress, report):
        copied = sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))
        assert copied == ["checkpoints", "checkpoints/epoch-0001", "checkpoints/epoch-0001/state.json", "recipe.json"]
        (directory / "recipe.json").write_text("mine")
        report("a line")
        assert not progress
    assert not directory.exists()
    assert (run / "recipe.json").read_text() == "theirs"
    assert capsys.readouterr().out == ""
    with primary_host_only(None, True, print) as (directory, _, _):
        assert not directory.exists()


def test_a_batch_that_does_not_divide_is_reported(monkeypatch):
    monkeypatch.setattr(backend, "distributed", lambda count: contextlib.nullcontext(["cpu:0", "cpu:1"]))
    lines = []
    with on_devices(resolve("vae", batch_size=25), lines.append):
        pass
    assert lines == [
        "training on cpu:0, cpu:1 (virtual devices of one CPU, for a trial)",
        "the batch size 25 is not a multiple of 2 devices, which is slower",
    ]
