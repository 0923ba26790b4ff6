"""Recipes and their options: what can be built, and one clear line for everything that cannot."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import kerasgen
from kerasgen import zoo
from kerasgen.errors import UsageError
from kerasgen.option import Option


@pytest.mark.slow
@pytest.mark.once
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


@pytest.mark.once
def test_unknown_names_are_answered_with_near_ones():
    with pytest.raises(UsageError, match="unknown recipe 'dcgn'; did you mean dcgan"):
        kerasgen.create("dcgan"[:3] + "n")
    with pytest.raises(UsageError, match="unknown option of vae 'latent'; did you mean latent_dim"):
        kerasgen.create("vae", latent=3)


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"latent_dim": "many"}, "latent_dim of vae is a whole number of 1 or more, such as 4; received 'many'"),
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
        ({"latent_dim": 2**20 + 1}, "option latent_dim of vae is at most .*; received 1048577"),
        ({"latent_dim": 10**5000}, "at most .*; received a number of more than 4,300 digits"),
        ({"warm_up": "9" * 20}, "option warm_up of vae is at most .*; received '99999999999999999999'"),
        ({"latent_dim": "9" * 5000}, r"a whole number .*; received '9{56}\.\.\."),
        ({"learning_rate": 1e300}, "option learning_rate of vae is at most .*; received 1e"),
        ({"likelihood": "x" * 101}, "a word"),
        ({"likelihood": "bern\x1boulli"}, "a word"),
        ({"image_size": 10**9}, "image_size is 1000000000"),
        ({"image_size": 5000}, "the shape of a sample is"),
        ({"channels": 10**6}, "the shape of a sample is"),
        ({"num_classes": 10**7}, "num_classes is 10000000"),
        ({"image_shape": (28, 28, 1)}, "unknown option of vae 'image_shape'; did you mean image_size or sample_shape"),
        ({"units": 3}, "unknown option of vae 'units'"),
        ({"sample_shape": (8,), "image_size": 8}, "image_size 8 and sample_shape; give one of them"),
        ({"sample_shape": 3}, "the shape of a sample is 3; give "),
        ({"sample_shape": (2, 2, 2, 2)}, "the shape of a sample is"),
        ({"sample_shape": (2.5,)}, "the shape of a sample is"),
        ({"sample_shape": ()}, "the shape of a sample is"),
    ],
)
def test_values_of_the_wrong_type_or_size(options, says):
    with pytest.raises(UsageError, match=says) as caught:
        kerasgen.create("vae", **options)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.once
def test_every_number_of_every_recipe_has_a_maximum():
    for recipe in zoo.own().values():
        for name, option in recipe.options.items():
            if type(option.default) in (int, float):
                with pytest.raises(UsageError, match=f"option {name} of {recipe.name} is at most"):
                    recipe.resolve({name: "9" * 50})


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "a/b"}, "the name of a Recipe has at most 64 letters, digits and"),
        ({"name": "a\x1b[2J"}, r"received 'a\\x1b\[2J'"),
        ({"name": None}, "a Recipe has a name and a function build"),
        ({"build": 3}, "a Recipe has a name and a function build"),
        ({"options": {"x": 3}}, "option x of vae is 3; give a kerasgen.Option"),
        ({"options": {"sample_shape": Option(3, "x")}}, "has the name of an argument of create"),
        ({"version": 0}, "version of vae is 0"),
        ({"tiny": {"latent": 3}}, "unknown name in tiny of vae 'latent'; did you mean latent_dim"),
    ],
)
def test_a_recipe_that_no_command_could_use_is_refused(changes, says):
    with pytest.raises(UsageError, match=says):
        replace(zoo.get("vae"), **changes)


@pytest.mark.once
def test_a_model_keeps_its_origin_as_plain_values():
    model = kerasgen.create("cvae", image_size=8, num_classes=2, class_names=["cat", "d\x1bog"], hidden_dim="4")
    assert json.loads(json.dumps(model.origin)) == model.origin
    assert model.origin["options"].pop("hidden_dim") == 4
    assert model.origin == {
        "recipe": "cvae",
        "version": 1,
        "options": {name: zoo.get("cvae").options[name].default for name in model.origin["options"]},
        "sample_shape": [8, 8, 1],
        "num_classes": 2,
        "class_names": ["cat", "d\\x1bog"],
        "precision": "float32",
    }
    plain = kerasgen.create("vae", image_size=8, class_names=["cat"])
    assert plain.origin["num_classes"] == 0
    assert plain.origin["class_names"] is None


@pytest.mark.once
def test_names_of_classes_are_as_many_as_the_classes():
    with pytest.raises(UsageError, match="class_names has 1 names for 2 classes"):
        kerasgen.create("cvae", image_size=8, num_classes=2, class_names=["cat"])


@pytest.mark.once
def test_points_are_samples_of_one_axis():
    model = kerasgen.create("gan", sample_shape=(2,), hidden_dim=4)
    assert model.sample_shape == (2,)
    assert model.origin["sample_shape"] == [2]
    assert model.generate(3, seed=0).shape == (3, 2)


@pytest.mark.once
def test_a_recipe_creates_its_default_size():
    assert zoo.get("gan").create(hidden_dim=4).sample_shape == (28, 28, 1)


def build(recipe, **options):
    """Return the tiny model of a recipe; the options may have values that are none of their choices."""
    tiny = {name: value for name, value in recipe.tiny.items() if name in recipe.options}
    values = recipe.resolve(tiny) | options
    values.pop("conditional", None)
    size = recipe.tiny.get("image_size", 8)
    return recipe.build((size, size, 1), **values)


CHOICES = sorted({name for recipe in zoo.own().values() for name, option in recipe.options.items() if option.choices})


@pytest.mark.once
@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_those_that_the_models_know(name):
    """A model refuses an unknown word and lists its own: recipes offer each of these, or one sets it itself."""
    recipes = [recipe for recipe in zoo.own().values() if name in recipe.options]
    offered = {choice for recipe in recipes for choice in recipe.options[name].choices}
    known = set()
    for recipe in recipes:
        option = recipe.options[name]
        assert option.default in option.choices
        try:
            build(recipe, **{name: "99" if option.default.isdigit() else "?"})
        except UsageError as error:
            words = set(re.search(r"known: (.*)\.$", str(error))[1].split(", "))
        except KeyError:
            words = set()  # the recipe itself has a dict of them
        else:
            words = set()  # one word is compared with, and every other word has the same meaning
        known |= words
        for choice in {*option.choices} - words:
            build(recipe, **{name: choice})
    if not known <= offered:
        models = [build(recipe) for recipe in zoo.own().values()]
        assert known - offered <= {getattr(model, name) for model in models if hasattr(model, name)}


@pytest.mark.once
def test_every_option_has_a_help():
    assert all(option.help for recipe in zoo.recipes().values() for option in recipe.options.values())


@pytest.mark.parametrize("optimizer", zoo.get("autoencoder").options["optimizer"].choices)
def test_each_optimizer_that_is_named_can_be_had(optimizer):
    model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2, optimizer=optimizer)
    assert type(model.optimizer).__name__.lower() == optimizer


@pytest.mark.once
def test_a_word_that_is_none_of_the_choices_is_refused_before_anything_is_built():
    with pytest.raises(UsageError, match="unknown objective 'hing'; did you mean hinge"):
        zoo.get("gan").resolve({"objective": "hing"})
    with pytest.raises(UsageError, match="unknown upsampling 'nearest'; known: resize, transposed"):
        zoo.get("cyclegan").resolve({"upsampling": "nearest"})


@pytest.mark.once
def test_sizes_may_be_numpys():
    model = kerasgen.create("vae", image_size=np.int64(8), channels=np.int8(3), hidden_dim=4, latent_dim=2)
    assert model.sample_shape == (8, 8, 3)


def test_the_smallest_gan_builds():
    assert kerasgen.create("gan", image_size=8, hidden_dim=1, latent_dim=1).generate(2, seed=0).shape == (2, 8, 8, 1)


@pytest.mark.slow
def test_a_cyclegan_without_pools_builds_and_takes_a_step():
    tiny = {"width": 1, "blocks": 1, "receptive_field": "1"}
    model = kerasgen.create("cyclegan", image_size=8, pool_size="0", **tiny)
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 1)).astype("float32")
    history = model.fit(images, 1.0 - images, batch_size=1, epochs=1, verbose=0).history
    assert np.isfinite(history["discriminator_loss"]).all()
    with pytest.raises(UsageError, match="pool_size of cyclegan is a whole number of 0 or more, such as 50"):
        kerasgen.create("cyclegan", pool_size=-1)


@pytest.mark.once
def test_listing_the_zoo_and_importing_kerasgen_loads_no_backend():
    code = """
import json, sys, kerasgen
kerasgen.zoo.recipes()
print(json.dumps([m for m in ("keras", "tensorflow", "jax", "torch", "numpy", "matplotlib") if m in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("order", [("kerasgen.models", "keras"), ("keras", "kerasgen.models")])
def test_keras_finds_the_classes_in_both_orders_of_import(order, tmp_path):
    kerasgen.create("dcgan", image_size=8, width=2).save(tmp_path / "model.keras")
    code = f"""
import {order[0]}, {order[1]}
model = keras.saving.load_model({str(tmp_path / "model.keras")!r})
print(type(model).__module__, model.generate(2, seed=0).shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("kerasgen.models.gan (2, 8, 8, 1)")


@pytest.mark.slow
@pytest.mark.once
def test_importing_the_library_changes_nothing():
    code = """
import json, sys
finders = [*sys.meta_path]
import kerasgen
assert sys.meta_path == finders
import keras
before, modules = [*sys.meta_path], {**sys.modules}
for name in kerasgen.__all__:
    getattr(kerasgen, name)
assert sys.meta_path == before
assert all(sys.modules[name] is module for name, module in modules.items())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.once
@pytest.mark.parametrize("name", ["dcgan", "vae-conv", "pix2pix", "cyclegan"])
@pytest.mark.parametrize("shape", [(2,), (8, 8)])
def test_networks_for_images_refuse_other_samples(name, shape):
    expected = rf"^{name}: a.* takes images \(H, W, C\); received samples of shape {re.escape(str(shape))}"
    with pytest.raises(UsageError, match=expected):
        kerasgen.create(name, sample_shape=shape)


@pytest.mark.once
def test_an_image_shape_is_refused_with_the_right_name():
    with pytest.raises(UsageError, match="unknown option of vae 'image_shape'; did you mean image_size"):
        kerasgen.create("vae", image_shape=(8, 8, 1))
