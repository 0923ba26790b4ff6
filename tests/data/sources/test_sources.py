"""Sources of data by name and path."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kerasgen import data, zoo
from kerasgen.data import sources
from kerasgen.data.sources import KINDS, is_path
from kerasgen.errors import DataError, UsageError

pytestmark = pytest.mark.once


def test_importing_kerasgen_data_imports_nothing_heavy():
    heavy = "keras numpy PIL sklearn tensorflow jax torch"
    code = f"import kerasgen.data, sys; assert not set('{heavy}'.split()) & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_mnist_10k_is_the_default():
    assert data.load().fingerprint == data.load("mnist-10k").fingerprint
    assert {recipe.dataset for recipe in zoo.own().values() if recipe.kind == "images"} == {"mnist-10k"}


def test_digits_are_loaded():
    digits = data.load("digits")
    assert (digits.name, digits.sample_shape, digits.num_classes) == ("digits", (28, 28, 1), 10)
    assert (len(digits.train), len(digits.test)) == (1617, 180)
    images = digits.train[:]
    assert images.dtype == np.uint8
    assert images.min() == 0
    assert images.max() == 255
    assert 60 < images.mean() < 100
    assert digits.class_names == list("0123456789")
    assert digits.train.labels.dtype == np.int64
    assert set(digits.test.labels) == set(range(10))


def test_digits_of_8_pixels_have_the_values_of_scikit_learn():
    from sklearn.datasets import load_digits

    digits = data.load("digits", image_size=8)
    ours = np.concatenate([digits.train[:], digits.test[:]])[..., 0]
    theirs = (load_digits().images / 16 * 255).round()
    assert sorted(ours.reshape(len(ours), -1).sum(1)) == sorted(theirs.reshape(len(theirs), -1).sum(1))


def test_the_fingerprint_is_stable_and_depends_on_the_size():
    prints = [data.load("digits", image_size=size).fingerprint for size in (8, 8, 16)]
    assert prints[0] == prints[1] != prints[2]
    assert len(prints[0]) == 16
    assert data.load("digits", image_size=8, validation_split=0.2).fingerprint != prints[0]


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("digits", False),
        ("mnist", False),
        ("here", True),
        ("./mnist", True),
        ("photos/cats", True),
        ("~", True),
        ("x.npz", True),
        ("X.NPY", True),
        (Path("digits"), True),
    ],
)
def test_paths_and_names(dataset, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("here", "digits"):
        (tmp_path / name).mkdir()
    assert is_path(dataset) is expected


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"dataset": "no/such"}, DataError, ["no such file or folder", "no/such"]),
        ({"dataset": "missing.npz"}, DataError, ["no such file or folder", "missing.npz"]),
        ({"dataset": __file__}, DataError, [Path(__file__).name, ".npz"]),
        ({"image_size": 0}, UsageError, ["image size 0", "1 or more"]),
        ({"image_size": 2.5}, UsageError, ["image size 2.5"]),
        ({"validation_split": 1}, UsageError, ["validation split 1", "below 1"]),
        ({"validation_split": 0}, UsageError, ["validation split 0", "above 0"]),
    ],
)
def test_impossible_requests_are_refused(arguments, error, words):
    with pytest.raises(error) as caught:
        data.load(**arguments)
    message = str(caught.value)
    assert all(word in message for word in words)
    assert "\n" not in message


SOURCE = """
from dataclasses import replace

import numpy as np
from kerasgen.data.array_source import ArraySource
from kerasgen.data.dataset import split_array


def load(source, options):
    images = np.full((10, 6, 6, 1), 200, np.uint8)
    dataset = split_array(str(source), ArraySource(images), None, None, options.validation_split, "")
    return replace(dataset, notes=["a line"])
"""


@pytest.fixture
def own_source(tmp_path, monkeypatch):
    """Write a module with a source and return its name."""
    (tmp_path / "own_source.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    registry = {name: replace(kind, names={**kind.names}, paths={**kind.paths}) for name, kind in KINDS.items()}
    monkeypatch.setattr(sources, "KINDS", registry)
    return "own_source"


def test_a_source_of_a_name_can_be_added(own_source):
    sources.register("faces", own_source)
    with pytest.warns(data.DataWarning, match="a line") as caught:
        dataset = data.load("faces", validation_split=0.5)
    assert caught[0].filename == __file__
    assert (dataset.name, len(dataset.train), dataset.from_path) == ("faces", 5, False)
    assert not is_path("faces")
    with pytest.raises(UsageError, match="faces is a set of images; this model trains on two domains"):
        data.load("faces", kind="domains")


def test_a_source_of_files_can_be_added(own_source, tmp_path):
    sources.register(".own", own_source)
    (tmp_path / "a.own").write_bytes(b"")
    with pytest.warns(data.DataWarning, match="a line"):
        dataset = data.load(tmp_path / "a.own")
    assert dataset.from_path
    assert is_path("missing.own")


def test_a_source_of_an_unknown_kind_is_refused():
    with pytest.raises(UsageError, match="unknown kind of set 'image'; did you mean images"):
        sources.register("faces", "own_source", "image")


def test_modules_of_the_first_edition_are_found():
    from kerasgen.data import arrays, folder

    assert (arrays.__name__, folder.__name__) == ("kerasgen.data.sources.arrays", "kerasgen.data.sources.folder")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        data.nothing  # noqa: B018
