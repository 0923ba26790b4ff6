"""`kerasgen.load_model`: what it reads, and one clear line for everything that it cannot."""

import json
import shutil
import zipfile

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import ModelFileError


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a model and the file that it is saved in."""
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    return model, path


def rewrite(path, **members):
    """Write the archive again with other contents of some members; `None` leaves a member out."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents |= {name.replace("_", ".", 1): value for name, value in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in contents.items():
            if value is not None:
                archive.writestr(name, value)


def change_config(path, change):
    """Let `change` work on the config of the file."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    change(config)
    rewrite(path, config_json=json.dumps(config))


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def encrypt(path):
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1
    path.write_bytes(data)


def save_wider(path):
    kerasgen.create("vae", image_size=8, hidden_dim=9, latent_dim=2).save(path.with_name("wider.keras"))
    with zipfile.ZipFile(path.with_name("wider.keras")) as archive:
        rewrite(path, **{"model_weights.h5": archive.read("model.weights.h5")})


DAMAGES = {
    "missing": (lambda path: path.unlink(), "no such file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-500]), "not written to the end"),
    "text": (lambda path: path.write_text("hello"), "damaged or was not written to the end"),
    "bit": (flip_a_bit, "is damaged"),
    "encrypted": (encrypt, "is damaged"),
    "no weights": (lambda path: rewrite(path, **{"model_weights.h5": None}), "has no model.weights.h5"),
    "no config": (lambda path: rewrite(path, config_json=None), "has no config.json"),
    "config is no JSON": (lambda path: rewrite(path, config_json="{"), "is not JSON"),
    "config is a list": (lambda path: rewrite(path, config_json="[]"), "was not made by kerasgen"),
    "config too deep": (lambda path: rewrite(path, config_json="[" * 100_000), "is damaged"),
    "another's": (
        lambda path: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path),
        "made by kerasgen: it holds a Sequential",
    ),
    "newer": (
        lambda path: change_config(path, lambda c: c.update(registered_name="kerasgen>Novelty")),
        "a Novelty, which this version of kerasgen does not know",
    ),
    "only a layer": (
        lambda path: change_config(path, lambda c: c.update(registered_name="kerasgen>OptimizerGroup")),
        "does not know",
    ),
    "arguments": (lambda path: change_config(path, lambda c: c.update(config={})), "cannot load"),
    "other weights": (save_wider, "its weights do not fit"),
    "broken weights": (lambda path: rewrite(path, **{"model_weights.h5": b"x" * 99}), "cannot load"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(saved, tmp_path, damage):
    path = shutil.copy(saved[1], tmp_path / "model.keras")
    harm, words = DAMAGES[damage]
    harm(path)
    with pytest.raises(ModelFileError, match=words) as caught:
        kerasgen.load_model(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "without a model.keras"), ("model.h5", "not a .keras file"), ("hf://someone/model", "no such file")],
)
def test_only_local_keras_files_and_run_directories_are_read(tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.h5").write_bytes(b"x")
    with pytest.raises(ModelFileError, match=words):
        kerasgen.load_model(name or tmp_path)


@pytest.mark.parametrize("place", ["file", "run directory"])
def test_a_model_comes_back_as_it_was(saved, place):
    model, path = saved
    loaded = kerasgen.load_model(str(path) if place == "file" else path.parent)
    assert type(loaded) is type(model)
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.generate(4, seed=1), model.generate(4, seed=1))


def test_compile_brings_the_optimizer_back(saved):
    loaded = kerasgen.load_model(saved[1], compile=True)
    assert loaded.compiled
    assert float(loaded.optimizer.learning_rate) == pytest.approx(1e-3)
