"""The arrays of a model file are loaded exactly, or refused."""

import h5py
import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import ModelFileError
from kerasgen.io import weights

TINY = {"image_size": 8, "hidden_dim": 4, "latent_dim": 2}


@pytest.fixture
def file(tmp_path):
    """Return the weights file of a tiny model, with its optimizer."""
    kerasgen.create("vae", **TINY).save_weights(tmp_path / "model.weights.h5")
    return tmp_path / "model.weights.h5"


def test_the_layout_has_the_shapes_and_types_of_all_arrays(file):
    layout = weights.check(file, "model.keras")
    assert layout.has_optimizer
    assert layout.arrays["encoder/layers/dense/vars/0"] == ((64, 4), "float32")
    assert layout.arrays["vars/seed_states"] == ((1, 2), "integers")
    model = kerasgen.create("vae", **TINY)
    rest = layout.without_optimizer()
    assert not rest.has_optimizer
    assert 0 <= rest.count - model.count_params() < 100  # metrics and random states


def test_all_arrays_are_loaded(file):
    model, other = kerasgen.create("vae", **TINY), kerasgen.create("vae", **TINY)
    other.load_weights(file)
    weights.load_into(model, file, weights.check(file, "model.keras"), "model.keras", compile=True)
    for ours, theirs in zip(
        [*model.variables, *model.optimizer.variables], [*other.variables, *other.optimizer.variables]
    ):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs))
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_without_compile_the_model_has_no_optimizer(file):
    model = kerasgen.create("vae", **TINY)
    weights.load_into(model, file, weights.check(file, "model.keras"), "model.keras")
    assert not model.compiled
    assert model.optimizer is None


def rename(contents):
    contents.move("encoder/layers/dense/vars/0", "encoder/layers/dense/vars/9")


def reshape(contents):
    values = contents["encoder/layers/dense/vars/0"][()]
    del contents["encoder/layers/dense/vars/0"]
    contents["encoder/layers/dense/vars/0"] = values.reshape(4, 64)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda contents: contents.pop("encoder"), "encoder/layers/dense/vars/0 is missing"),
        (rename, "encoder/layers/dense/vars/0 is missing"),
        (lambda contents: contents.update({"x/y": [1.0]}), "the model has no x/y"),
        (reshape, r"encoder/layers/dense/vars/0 has shape \(4, 64\) \(float32\), the model needs \(64, 4\)"),
        (
            lambda contents: contents.pop("optimizer"),
            "saved without optimizers; load it with compile=False and compile",
        ),
    ],
)
def test_a_file_whose_arrays_are_not_those_of_the_model_is_refused(file, change, words):
    with h5py.File(file, "r+") as contents:
        change(contents)
    model = kerasgen.create("vae", **TINY)
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=words):
        weights.load_into(model, file, weights.check(file, "model.keras"), "model.keras", compile=True)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_first_line_of_an_error_is_short_ascii():
    assert weights.first_line(ValueError("\n  first\x1b[2J\nsecond")) == "first\\x1b[2J"
    assert weights.first_line(ValueError()) == "ValueError"
    assert len(weights.first_line(ValueError("x" * 1000))) == 300
