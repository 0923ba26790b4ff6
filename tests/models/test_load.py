"""`kerasgen.load`: what it reads, and one clear line for everything that it cannot."""

import json
import shutil
import zipfile

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import ModelFileError
from kerasgen.io import archive


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a model and the file that it is saved in."""
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    return model, path


def rewrite(path, **members):
    """Write the archive again with other contents of some members; `None` leaves a member out."""
    with zipfile.ZipFile(path) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    contents |= {name.replace("_", ".", 1): value for name, value in members.items()}
    with zipfile.ZipFile(path, "w") as file:
        for name, value in contents.items():
            if value is not None:
                file.writestr(name, value)
    if None not in contents.values():
        archive.seal(path)


def change_config(path, change):
    """Let `change` work on the config of the file."""
    with zipfile.ZipFile(path) as file:
        config = json.loads(file.read("config.json"))
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
    with zipfile.ZipFile(path.with_name("wider.keras")) as file:
        rewrite(path, **{"model_weights.h5": file.read("model.weights.h5")})


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
        "was not saved by kerasgen",
    ),
    "newer": (
        lambda path: change_config(path, lambda c: c.update(registered_name="kerasgen>Novelty")),
        "a Novelty, which this version of kerasgen does not know",
    ),
    "another kind": (
        lambda path: change_config(path, lambda c: c.update(registered_name=None, class_name="Sequential")),
        "made by kerasgen: it holds a Sequential",
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
        kerasgen.load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "without a model.keras"),
        ("model.h5", "not a .keras file"),
        ("hf://someone/model.keras", "not a file on this machine"),
    ],
)
def test_only_local_keras_files_and_run_directories_are_read(tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.h5").write_bytes(b"x")
    with pytest.raises(ModelFileError, match=words):
        kerasgen.load(name or tmp_path)


@pytest.mark.parametrize("place", ["file", "run directory"])
def test_a_model_comes_back_as_it_was(saved, place):
    model, path = saved
    loaded = kerasgen.load(str(path) if place == "file" else path.parent)
    assert type(loaded) is type(model)
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.generate(4, seed=1), model.generate(4, seed=1))


def test_compile_brings_the_optimizer_back(saved):
    loaded = kerasgen.load(saved[1], compile=True)
    assert loaded.compiled
    assert float(loaded.optimizer.learning_rate) == pytest.approx(1e-3)


def test_keras_reads_the_same_file(saved):
    model, path = saved
    loaded = keras.saving.load_model(path)
    assert loaded.compiled
    np.testing.assert_array_equal(loaded.generate(4, seed=1), model.generate(4, seed=1))


def test_a_file_can_be_saved_over(saved, tmp_path):
    path = shutil.copy(saved[1], tmp_path / "model.keras")
    other = kerasgen.create("vae", image_size=8, hidden_dim=5, latent_dim=2)
    other.save(path)
    np.testing.assert_array_equal(kerasgen.load(path).generate(4, seed=1), other.generate(4, seed=1))


def test_what_keras_saves_by_itself_has_no_checksum(saved, tmp_path):
    keras.saving.save_model(saved[0], tmp_path / "model.keras")
    with pytest.raises(ModelFileError, match=r"not saved by kerasgen: it has no checksum.*keras\.saving\.load_model"):
        kerasgen.load(tmp_path / "model.keras")


@pytest.mark.parametrize("layer", ["keras", "own"])
def test_layers_of_ones_own_load_with_keras_and_the_error_says_so(tmp_path, layer):
    @keras.saving.register_keras_serializable("mine")
    class Half(keras.layers.Layer):
        def call(self, inputs):
            return inputs / 2

    images, latents = keras.Input((4, 4, 1)), keras.Input((2,))
    x = Half()(images) if layer == "own" else keras.layers.AveragePooling2D(2)(images)
    latents_of_images = keras.layers.Dense(2)(keras.layers.Flatten()(x))
    decoder = keras.Model(latents, keras.layers.Reshape((4, 4, 1))(keras.layers.Dense(16)(latents)))
    model = kerasgen.models.Autoencoder(keras.Model(images, latents_of_images), decoder)
    model.save(tmp_path / "model.keras")
    name = "Half" if layer == "own" else "keras.layers.AveragePooling2D"
    with pytest.raises(ModelFileError, match=rf"{name}; if .* your own, load it with keras\.saving\.load_model"):
        kerasgen.load(tmp_path / "model.keras")
    batch = np.random.default_rng(0).random((3, 4, 4, 1), "float32")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reconstruct(batch), model.reconstruct(batch))


def test_the_optimizer_is_not_needed_to_generate(tmp_path):
    class Mine(keras.optimizers.SGD):
        """Not registered: it cannot be found when the file is loaded."""

    model = kerasgen.create("gan", image_size=8, hidden_dim=8, latent_dim=2)
    model.compile({player: Mine() for player in model.players})
    model.save(tmp_path / "model.keras")
    loaded = kerasgen.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(4, seed=1), model.generate(4, seed=1))
    with pytest.raises(ModelFileError, match=r"contains .*Mine"):
        kerasgen.load(tmp_path / "model.keras", compile=True)


def test_moments_that_are_not_finite_matter_only_to_training(tmp_path):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    model.optimizer.variables[2].assign(np.full(model.optimizer.variables[2].shape, np.nan))
    model.save(tmp_path / "model.keras")
    assert kerasgen.load(tmp_path / "model.keras").generate(1).shape == (1, 8, 8, 1)
    with pytest.raises(ModelFileError, match=r"/optimizer/.* NaN or infinite"):
        kerasgen.load(tmp_path / "model.keras", compile=True)


@pytest.mark.parametrize("precision", ["bfloat16", "float16", "mixed_bfloat16"])
def test_weights_of_any_precision_are_read(tmp_path, precision):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    finally:
        keras.config.set_dtype_policy(before)
    model.save(tmp_path / "model.keras")
    loaded = kerasgen.load(tmp_path / "model.keras")
    assert loaded.encoder.layers[-1].compute_dtype == model.encoder.layers[-1].compute_dtype
    np.testing.assert_array_equal(loaded.generate(4, seed=1), model.generate(4, seed=1))


@pytest.mark.parametrize("mended", [True, False], ids=["our save", "Keras's own"])
def test_a_save_makes_no_blank_optimizer(saved, tmp_path, monkeypatch, mended):
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("saving_attr_skiplist_Optimizer", None)
    made = []
    blank = keras.optimizers.Optimizer.__init__
    monkeypatch.setattr(keras.optimizers.Optimizer, "__init__", lambda self, *a, **k: made.append(blank(self, *a, **k)))
    model, path = saved[0], tmp_path / "model.keras"
    for _ in range(2):
        model.save(path) if mended else keras.Model.save(model, path)
    if mended:
        assert len(made) <= 1
    else:
        assert len(made) >= 2, "Keras does without, and so `remember_what_to_skip` can go"
