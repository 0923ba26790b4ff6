import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import losses, models, zoo
from kerasgen.errors import UsageError
from kerasgen.layers import corruption
from kerasgen.networks import blocks, dense


@pytest.mark.parametrize("name", zoo.recipes())
def test_every_recipe_builds_with_its_defaults_and_says_what_it_is(name):
    recipe = zoo.get(name)
    model = kerasgen.create(name)
    assert model.compiled
    assert model.built
    assert model.sample_shape == (recipe.image_size, recipe.image_size, 1)
    assert recipe.name == name
    assert recipe.summary
    assert "arXiv" in recipe.paper
    assert len(recipe.summary) < 70


def test_unknown_names_are_answered_with_near_ones():
    with pytest.raises(UsageError, match="unknown recipe 'dcgn'; did you mean dcgan"):
        kerasgen.create("dcgan"[:3] + "n")
    with pytest.raises(UsageError, match="unknown option of vae 'latent'; did you mean latent_dim"):
        kerasgen.create("vae", latent=3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"latent_dim": "many"}, "latent_dim of vae is a whole number of 1 or more, such as 20; received 'many'"),
        ({"latent_dim": 2.5}, "a whole number"),
        ({"latent_dim": True}, "a whole number"),
        ({"latent_dim": float("inf")}, "a whole number"),
        ({"learning_rate": "nan"}, "a number"),
        ({"likelihood": 3}, "a word"),
        ({"image_size": 0}, "image_size is 0"),
        ({"image_size": "8"}, "image_size is '8'; it is the side of the images in pixels, a whole number of 1 or more"),
        ({"image_size": True}, "image_size is True"),
        ({"channels": 0}, "channels is 0; it is the number of channels, such as 1 for grey or 3 for colour"),
        ({"channels": -1}, "channels is -1"),
        ({"channels": "3"}, "channels is '3'"),
        ({"channels": None}, "channels is None"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"hidden_dim": -1}, "hidden_dim"),
        ({"learning_rate": -1e-3}, "learning_rate"),
    ],
)
def test_values_of_the_wrong_type_or_size(options, says):
    with pytest.raises(UsageError, match=says):
        kerasgen.create("vae", **options)


def test_choices_are_those_that_the_models_know():
    known = {
        "objective": losses.OBJECTIVES,
        "likelihood": losses.LIKELIHOODS,
        "loss": losses.RECONSTRUCTION_LOSSES,
        "activation": dense.ACTIVATIONS,
        "noise": corruption.CORRUPTIONS,
        "normalization": blocks.NORMALIZATIONS,
        "upsampling": blocks.UPSAMPLINGS,
        "direction": models.Pix2Pix.directions,
    }
    options = [(name, option) for recipe in zoo.recipes().values() for name, option in recipe.options.items()]
    assert all(option.help for _, option in options)
    choices = {(name, option.default, option.choices) for name, option in options if option.choices}
    assert {name for name, *_ in choices} == {*known, "optimizer"}  # which the zoo itself knows
    for name, default, words in choices:
        assert default in words
        assert set(words) == set(known.get(name, words))


@pytest.mark.parametrize("optimizer", zoo.get("autoencoder").options["optimizer"].choices)
def test_each_optimizer_that_is_named_can_be_had(optimizer):
    model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2, optimizer=optimizer)
    assert type(model.optimizer).__name__.lower() == optimizer


def test_a_word_that_is_none_of_the_choices_is_refused_before_anything_is_built():
    with pytest.raises(UsageError, match="unknown objective 'hing'; did you mean hinge"):
        zoo.get("gan").resolve({"objective": "hing"})
    with pytest.raises(UsageError, match="unknown upsampling 'nearest'; known: resize, transposed"):
        zoo.get("cyclegan").resolve({"upsampling": "nearest"})


def test_sizes_may_be_numpys():
    model = kerasgen.create("vae", image_size=np.int64(8), channels=np.int8(3), hidden_dim=4, latent_dim=2)
    assert model.sample_shape == (8, 8, 3)


def test_text_is_read_as_the_type_of_the_default():
    options = zoo.get("vae").resolve({"latent_dim": "16", "learning_rate": "1e-4", "beta": "2"})
    assert options["latent_dim"] == 16
    assert options["learning_rate"] == 1e-4
    assert options["beta"] == 2.0


def test_the_smallest_gan_builds():
    assert kerasgen.create("gan", image_size=8, hidden_dim=1, latent_dim=1).generate(2, seed=0).shape == (2, 8, 8, 1)


def test_a_cyclegan_without_pools_builds_and_takes_a_step():
    tiny = {"width": 1, "blocks": 1, "receptive_field": "1"}
    model = kerasgen.create("cyclegan", image_size=8, pool_size="0", **tiny)
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 1)).astype("float32")
    history = model.fit(images, 1.0 - images, batch_size=1, epochs=1, verbose=0).history
    assert np.isfinite(history["discriminator_loss"]).all()
    with pytest.raises(UsageError, match="pool_size of cyclegan is a whole number of 0 or more, such as 50"):
        kerasgen.create("cyclegan", pool_size=-1)


def test_listing_the_zoo_and_importing_kerasgen_loads_no_backend():
    code = """
import json, sys, kerasgen
kerasgen.zoo.recipes()
print(json.dumps([m for m in ("keras", "tensorflow", "jax", "torch", "numpy", "matplotlib") if m in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_keras_imports_itself_lightly_and_what_was_put_off_is_there_when_used():
    code = """
import json, sys
if sys.argv[1] == "jax":
    import jax
before = set(sys.modules)
import kerasgen, keras
print(json.dumps([m for m in ("sklearn", "matplotlib", "jax") if m in set(sys.modules) - before]))
from sklearn.base import BaseEstimator
assert issubclass(keras.wrappers.SKLearnClassifier, BaseEstimator)
assert callable(keras.visualization.plot_image_gallery)
assert isinstance(keras.callbacks.OrbaxCheckpoint, type)
import jax
assert jax.__version__
"""
    name = keras.backend.backend()
    done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    own = ["jax"] if name == "tensorflow" else []  # TensorFlow itself imports it where it is installed
    assert json.loads(done.stdout) == own


@pytest.mark.once
@pytest.mark.parametrize("first", ["kerasgen", "keras"])
def test_load_model_finds_the_classes_whichever_is_imported_first(first, tmp_path):
    kerasgen.create("dcgan", image_size=8, width=2).save(tmp_path / "model.keras")
    second = {"kerasgen": "keras", "keras": "kerasgen"}[first]
    code = f"""
import {first}, {second}, sys
before = len(sys.meta_path)
model = keras.saving.load_model({str(tmp_path / "model.keras")!r})
print(type(model).__module__, model.generate(2, seed=0).shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("kerasgen.models.gan (2, 8, 8, 1)")


PARTS = ["backend", "callbacks", "layers", "losses", "models", "networks", "optimizers"]
IMPORT_EACH = """
import importlib, os, sys
import keras
for part in sys.argv[1:]:
    child = os.fork()  # a process that has imported nothing of kerasgen
    if child == 0:
        importlib.import_module(f"kerasgen.{part}")
        for name in ("VAE", "GAN", "BatchNormalization", "OptimizerGroup"):
            found = keras.saving.get_registered_object(f"kerasgen>{name}")
            assert found is not None and found is vars(sys.modules[found.__module__])[name], name
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, part
"""


@pytest.mark.once
def test_every_part_can_be_imported_first_and_makes_the_classes_known():
    done = subprocess.run([sys.executable, "-c", IMPORT_EACH, *PARTS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
