"""Memory maps of the user's own that are passed to `fit`, `evaluate` and other methods."""

import os

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import DataError

ROWS = 200


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((ROWS, 8, 8, 1), np.float32))
    return tmp_path / "x.npy"


@pytest.fixture(scope="module")
def model():
    return kerasgen.create("vae", image_size=8, latent_dim=2, hidden_dim=4)


class Cut(keras.callbacks.Callback):
    """Callback that makes a file shorter at the end of an epoch."""

    accepts_grouped_steps = True

    def __init__(self, path):
        super().__init__()
        self._path = path

    def on_epoch_end(self, epoch, logs=None):
        os.truncate(self._path, 1000)


@pytest.mark.parametrize("as_validation", [False, True])
def test_a_file_that_becomes_shorter_in_a_training_is_one_line(model, path, as_validation, capfd):
    array = np.load(path, mmap_mode="r")
    data = {"x": np.array(array), "validation_data": (array,)} if as_validation else {"x": array}
    with pytest.raises(DataError, match=r"x\.npy has become shorter since it was opened"):
        model.fit(**data, epochs=3, batch_size=50, verbose=0, callbacks=[Cut(path)])
    assert "Traceback" not in capfd.readouterr().err


def test_a_file_that_is_shorter_is_one_line_in_every_method(model, path):
    array = np.load(path, mmap_mode="r")
    os.truncate(path, 1000)
    for method in (model.fit, model.evaluate, model.reconstruct, model.encode):
        with pytest.raises(DataError, match="has become shorter"):
            method(array)


@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"shuffle": False, "validation_split": 0.25}])
def test_a_training_on_a_map_is_the_same_as_in_memory(path, options):
    array = np.load(path, mmap_mode="r")

    def train(images):
        keras.utils.set_random_seed(0)
        model = kerasgen.create("vae", image_size=8, latent_dim=2, hidden_dim=4)
        history = model.fit(images, batch_size=64, epochs=2, verbose=0, **options).history
        return history, model.evaluate(images, batch_size=64, verbose=0)

    expected, actual = train(np.array(array)), train(array)
    assert expected[0].keys() == actual[0].keys()
    for name, values in expected[0].items():
        np.testing.assert_allclose(actual[0][name], values, rtol=1e-6)
    np.testing.assert_allclose(actual[1], expected[1], rtol=1e-6)


def test_labels_and_bytes_in_maps(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((40, 8, 8, 1), np.uint8))
    np.save(tmp_path / "y.npy", np.arange(40) % 3)
    x, y = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "xy")
    model = kerasgen.create("cvae", image_size=8, latent_dim=2, hidden_dim=4, num_classes=3)
    history = model.fit(x, y, batch_size=8, verbose=0, validation_split=0.2).history
    assert "val_loss" in history
    assert set(model.fit({"images": x, "labels": y}, batch_size=8, verbose=0, steps_per_epoch=2).history) < set(history)
    with pytest.raises(DataError, match="labels"):
        model.fit(x, y + 1, verbose=0)


def test_values_out_of_range_in_a_map_are_refused(model, path):
    array = np.load(path, mmap_mode="r+")
    array[-1] = 255.0
    with pytest.raises(DataError, match="divide by 255"):
        model.fit(array, verbose=0)
