"""A package outside kerasgen brings a model, a layer, a recipe and an evaluator; every command works with them."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import zoo
from kerasgen.data import Batches
from kerasgen.errors import ModelFileError
from kerasgen.evaluation.registry import EVALUATORS
from tests.cli.conftest import assert_refused
from tests.cli.conftest import kerasgen as command

SOURCE = Path(__file__).parent / "fixtures" / "stranger"
TRAIN = ("train", "moments", "--dataset", "digits", "--image-size", 8, "--batch-size", 200, "--set", "width=8")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the package for this process and the processes that it starts, as pip would, without network."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(SOURCE / "stranger", site / "stranger", ignore=shutil.ignore_patterns("__pycache__"))
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]
    about = site / f"{project['name']}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])))
        forget()
        yield site
    for name in [name for name in sys.modules if name.partition(".")[0] == "stranger"]:
        del sys.modules[name]
    forget()


def forget():
    """Let the registries look for entry points again."""
    zoo._installed.cache_clear()
    vars(EVALUATORS).pop("_others", None)


@pytest.fixture(scope="module")
def runs(installed, tmp_path_factory):
    """Return the directories of a run that was interrupted and resumed, and of an uninterrupted one."""
    root = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        get, batches = Batches.__getitem__, itertools.count()

        def get_and_press_ctrl_c(self, index):
            if next(batches) == 12:
                os.kill(os.getpid(), signal.SIGINT)
            return get(self, index)

        patch.setattr(Batches, "__getitem__", get_and_press_ctrl_c)
        result = command(*TRAIN, "--epochs", 3, "-o", root / "resumed")
    assert result.exit_code == 130, result.output
    result = command("resume", root / "resumed")
    assert result.exit_code == 0, result.output
    result = command(*TRAIN, "--epochs", 3, "-o", root / "whole")
    assert result.exit_code == 0, result.output
    return root / "resumed", root / "whole"


def test_the_package_is_found(installed):
    assert zoo.left_out() == []
    assert EVALUATORS.left_out() == []
    assert "moments" in command("list").stdout
    assert "noise_level" in command("show", "moments").stdout


@pytest.mark.slow
def test_training_that_was_interrupted_ends_as_if_it_had_not_been(runs):
    resumed, whole = (kerasgen.load(run, compile=True) for run in runs)
    for ours, theirs in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs))


def test_generate_takes_the_models_own_option(runs, tmp_path):
    pictures = []
    for temperature in (0, 1):
        out = tmp_path / f"{temperature}.png"
        result = command("generate", runs[0], "--seed", 0, "--set", f"temperature={temperature}", "-o", out)
        assert result.exit_code == 0, result.output
        pictures.append(out.read_bytes())
    assert pictures[0] != pictures[1]
    result = command("generate", runs[0], "--set", "temperature=11")
    assert_refused(result, 2, "temperature")


def test_evaluate_uses_the_packages_evaluator(runs, tmp_path):
    out = tmp_path / "metrics.json"
    result = command("evaluate", runs[0], "--metrics", "brightness", "--samples", 20, "-o", out)
    assert result.exit_code == 0, result.output
    assert "brightness" in result.stdout
    images = kerasgen.load(runs[0]).generate(20, seed=0)
    (score,) = next(value for value in json.loads(out.read_text()).values() if isinstance(value, list))
    assert score["name"] == "brightness"
    assert score["value"] == pytest.approx(images.mean(), abs=1 / 255)


def test_compare_and_animate_work(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = command("compare", *runs)
    assert result.exit_code == 0, result.output
    result = command("animate", runs[0], "-o", tmp_path / "animated.gif")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "animated.gif").stat().st_size > 1000


def test_load_builds_the_recipe_without_trust(runs):
    model = kerasgen.load(runs[0])
    assert type(model).__module__ == "stranger.model"
    assert model.origin["recipe"] == "moments"
    assert model.origin["options"]["width"] == 8
    assert model.generate(3, seed=0, temperature=0.5).shape == (3, 8, 8, 1)
    assert float(model.scale.constant) == 1.0  # it is not in the file


@pytest.mark.slow
def test_without_the_package_the_file_is_refused_in_a_sentence(runs, tmp_path):
    code = f"import kerasgen; kerasgen.load({str(runs[0])!r})"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"{ModelFileError.__module__}.ModelFileError: ")
    assert "was made by the recipe 'moments', which is not installed: install the package that provides it" in last
