"""`kerasgen.load`: it rebuilds models exactly, and refuses other files in one clear line."""

import json
import shutil
import zipfile

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import zoo
from kerasgen.errors import ModelFileError
from kerasgen.io import archive, weights
from kerasgen.models import load


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
        header = json.loads(file.comment.removeprefix(b"kerasgen "))
    contents |= {name.replace("_", ".", 1): value for name, value in members.items()}
    with zipfile.ZipFile(path, "w") as file:
        for name, value in contents.items():
            if value is not None:
                file.writestr(name, value)
    if None not in contents.values():
        archive.seal(path, header["origin"])


def change_origin(path, options=None, **changes):
    """Write the header again with other values in its origin."""
    with zipfile.ZipFile(path) as file:
        origin = json.loads(file.comment.removeprefix(b"kerasgen "))["origin"]
    origin["options"] |= options or {}
    archive.seal(path, origin | changes)


def set_comment(path, comment):
    with zipfile.ZipFile(path, "a") as file:
        file.comment = comment


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
    "config is no JSON": (lambda path: rewrite(path, config_json="{"), "config.json is not as Keras writes it"),
    "config is a list": (lambda path: rewrite(path, config_json="[]"), "config.json is not as Keras writes it"),
    "config too deep": (lambda path: rewrite(path, config_json="[" * 100_000), "config.json is not as Keras"),
    "another's": (
        lambda path: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path),
        "was not saved by kerasgen",
    ),
    "first edition's": (lambda path: set_comment(path, b"kerasgen sha256:" + b"0" * 64), "was saved in format 1"),
    "newer format": (lambda path: set_comment(path, b'kerasgen {"format": 3}'), "format 3 of kerasgen, and this versi"),
    "newer recipe": (
        lambda path: change_origin(path, version=2),
        "version 2 of the recipe vae, and this kerasgen builds version 1: train the model again, or load it with the k",
    ),
    "recipe of another package": (
        lambda path: change_origin(path, recipe="mine"),
        "made by the recipe 'mine', which is not installed: install the package",
    ),
    "other options": (
        lambda path: change_origin(path, options={"hidden_dim": 7}),
        r"its weights do not fit its model: \S+ has shape \(2, 8\) \(float32\), the model needs \(2, 7\) \(float32\)",
    ),
    "other beta": (lambda path: change_origin(path, options={"beta": 2.0}), "its beta is 1.0, its recipe builds 2.0"),
    "other weights": (save_wider, "its weights do not fit"),
    "broken weights": (lambda path: rewrite(path, **{"model_weights.h5": b"x" * 99}), "cannot load"),
}


@pytest.mark.once
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
    assert message.isprintable()
    assert len(message) < 600


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


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("name", zoo.own())
def test_every_recipe_is_rebuilt_exactly_and_read_by_keras(name, tmp_path):
    model = kerasgen.create(name, **zoo.get(name).tiny)
    model.save(tmp_path / "model.keras")
    for loaded in (
        kerasgen.load(tmp_path / "model.keras", compile=True),
        keras.saving.load_model(tmp_path / "model.keras"),
    ):
        assert type(loaded) is type(model)
        assert loaded.origin == model.origin
        for ours, theirs in zip(
            [*loaded.variables, *loaded.optimizer.variables],
            [*model.variables, *model.optimizer.variables],
            strict=True,
        ):
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs))


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


def test_a_file_that_keras_saved_has_no_header(saved, tmp_path):
    keras.saving.save_model(saved[0], tmp_path / "model.keras")
    with pytest.raises(ModelFileError, match=r"not saved by kerasgen: it has no header.*keras\.saving\.load_model"):
        kerasgen.load(tmp_path / "model.keras")


def test_the_origin_is_that_of_create(saved):
    assert kerasgen.load(saved[1]).origin == saved[0].origin


def test_a_loaded_model_can_be_saved_and_loaded_again(saved, tmp_path):
    kerasgen.load(saved[1]).save(tmp_path / "again.keras")
    again = kerasgen.load(tmp_path / "again.keras")
    np.testing.assert_array_equal(again.generate(4, seed=1), saved[0].generate(4, seed=1))
    with pytest.raises(ModelFileError, match="it was saved without optimizers; load it with compile=False"):
        kerasgen.load(tmp_path / "again.keras", compile=True)


@pytest.mark.parametrize("layer", ["keras", "own"])
def test_a_model_put_together_by_hand_needs_trust(tmp_path, layer):
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
    words = r"assembled by hand; if you trust its source, trust=True \(--trust\) lets Keras run the classes and func"
    with pytest.raises(ModelFileError, match=words):
        kerasgen.load(tmp_path / "model.keras")
    batch = np.random.default_rng(0).random((3, 4, 4, 1), "float32")
    for loaded in (
        kerasgen.load(tmp_path / "model.keras", trust=True),
        keras.saving.load_model(tmp_path / "model.keras"),
    ):
        np.testing.assert_array_equal(loaded.reconstruct(batch), model.reconstruct(batch))


def test_trust_does_not_accept_damage(saved, tmp_path):
    path = shutil.copy(saved[1], tmp_path / "model.keras")
    flip_a_bit(path)
    with pytest.raises(ModelFileError, match="is damaged"):
        kerasgen.load(path, trust=True)


def test_trust_loads_a_file_of_another_version(saved, tmp_path):
    path = shutil.copy(saved[1], tmp_path / "model.keras")
    change_origin(path, version=2)
    loaded = kerasgen.load(path, trust=True)
    np.testing.assert_array_equal(loaded.generate(4, seed=1), saved[0].generate(4, seed=1))
    assert loaded.origin["version"] == 2


def test_a_model_that_was_changed_after_create_is_not_what_its_recipe_builds(tmp_path):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    model.beta = 3.0
    model.save(tmp_path / "model.keras")
    with pytest.raises(
        ModelFileError, match=r"was changed after kerasgen.create: its beta is 3.0, its recipe builds 1.0"
    ):
        kerasgen.load(tmp_path / "model.keras")
    assert kerasgen.load(tmp_path / "model.keras", trust=True).beta == 3.0


def test_the_optimizer_is_not_needed_to_generate(tmp_path):
    class Mine(keras.optimizers.SGD):
        """Not registered: it cannot be found when the file is loaded."""

    model = kerasgen.create("gan", image_size=8, hidden_dim=8, latent_dim=2)
    model.compile({player: Mine() for player in model.players})
    model.save(tmp_path / "model.keras")
    loaded = kerasgen.load(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generate(4, seed=1), model.generate(4, seed=1))
    with pytest.raises(ModelFileError, match=r"compiled with \[.*'Mine'.*\] after .* compiles with \[.*'Adam'"):
        kerasgen.load(tmp_path / "model.keras", compile=True)


@pytest.mark.slow
def test_restore_loads_weights_and_optimizers_into_a_model(saved, tmp_path):
    path = shutil.copy(saved[1], tmp_path / "model.keras")
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    load.restore(model, path)
    assert model.compiled
    np.testing.assert_array_equal(model.generate(4, seed=1), saved[0].generate(4, seed=1))
    for ours, theirs in zip(model.optimizer.variables, saved[0].optimizer.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs))
    wider = kerasgen.create("vae", image_size=8, hidden_dim=9, latent_dim=2)
    with pytest.raises(ModelFileError, match="its weights do not fit its model"):
        load.restore(wider, path)
    (tmp_path / "link.keras").symlink_to(path)
    with pytest.raises(ModelFileError, match="cannot read"):
        load.restore(model, tmp_path / "link.keras")


@pytest.mark.slow
def test_training_continues_as_if_it_had_not_been_saved(tmp_path):
    images = np.random.default_rng(0).random((20, 8, 8, 1), "float32")
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    model.fit(images, batch_size=10, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = kerasgen.load(tmp_path / "model.keras", compile=True)
    for each in (model, loaded):
        each.fit(images, batch_size=10, shuffle=False, verbose=0)
    for ours, theirs in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs))


def test_a_link_to_a_file_is_followed_and_a_link_in_a_run_is_not(saved, tmp_path):
    (tmp_path / "link.keras").symlink_to(saved[1])
    assert kerasgen.load(tmp_path / "link.keras").origin == saved[0].origin
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").symlink_to(saved[1])
    with pytest.raises(ModelFileError, match=r"model\.keras is a link; give the path of the file"):
        kerasgen.load(tmp_path / "run")


def test_the_bytes_that_were_checked_are_loaded(saved, tmp_path, monkeypatch):
    """Overwrite the file, in place, as soon as its members have been read."""
    path = shutil.copy(saved[1], tmp_path / "model.keras")
    check = weights.check

    def check_and_overwrite(*arguments):
        path.write_bytes(b"x" * path.stat().st_size)
        return check(*arguments)

    monkeypatch.setattr(weights, "check", check_and_overwrite)
    loaded = kerasgen.load(path)
    np.testing.assert_array_equal(loaded.generate(4, seed=1), saved[0].generate(4, seed=1))


def test_moments_that_are_not_finite_matter_only_to_training(tmp_path):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    model.optimizer.variables[2].assign(np.full(model.optimizer.variables[2].shape, np.nan))
    model.save(tmp_path / "model.keras")
    assert kerasgen.load(tmp_path / "model.keras").generate(1).shape == (1, 8, 8, 1)
    with pytest.raises(ModelFileError, match=r"optimizer/.* NaN or infinite"):
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
        assert len(made) >= 2, "Keras does without, and so `cache_saved_attributes` can go"
