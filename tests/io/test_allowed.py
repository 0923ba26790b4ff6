"""The list of what a model file may name: what the recipes name, nothing that runs foreign code, nothing else."""

import importlib
import json

import keras
import pytest

import kerasgen
from kerasgen import zoo
from kerasgen.io import allowed

pytestmark = pytest.mark.once

TINY = {"width": 4, "hidden_dim": 4, "latent_dim": 2, "blocks": 2}
# (recipe, options, precision) that between them use everything; every recipe is there as it is by default too
VARIANTS = [
    ("gan", {"conditional": True, "minibatch_discrimination": True}, "float32"),
    ("dcgan", {"objective": "wasserstein", "decay_steps": 10}, "float32"),
    ("dcgan", {"spectral_normalization": True}, "mixed_float16"),
    ("dcgan", {"average": 0.5, "historical_averaging": 1.0}, "float32"),
    ("pix2pix", {"upsampling": "resize"}, "float32"),
    ("autoencoder", {"optimizer": "rmsprop"}, "float32"),
    ("autoencoder", {"optimizer": "adadelta"}, "float32"),
]
RUNS_FOREIGN_CODE = (
    *("Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "Wrapper", "Pipeline"),
    *("StringLookup", "IntegerLookup", "TextVectorization", "Map", "Switch", "Cond"),
)
KINDS = (
    *(keras.Layer, keras.Operation, keras.Initializer, keras.dtype_policies.DTypePolicy, keras.Optimizer),
    keras.optimizers.schedules.LearningRateSchedule,
)


def pairs(value):
    """Return the (module, class) of all objects in a config."""
    if isinstance(value, list):
        return set().union(*map(pairs, value))
    if not isinstance(value, dict):
        return set()
    own = {(value.get("module"), value["class_name"])} if "class_name" in value else set()
    return own.union(*map(pairs, value.values()))


def saved_config(recipe, options, precision):
    """Return the config that Keras would save of a tiny model, and how many weights the model has."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        tiny = {name: value for name, value in TINY.items() if name in zoo.get(recipe).options}
        model = kerasgen.create(recipe, image_size=32, **(tiny | options))
    finally:
        keras.config.set_dtype_policy(before)
    return keras.saving.serialize_keras_object(model), model.count_params()


@pytest.fixture(scope="module")
def saved():
    return [saved_config(*variant) for variant in [*((name, {}, "float32") for name in zoo.recipes()), *VARIANTS]]


def test_everything_that_is_allowed_is_used_by_a_recipe_and_the_other_way_round(saved):
    used = set().union(*(pairs(config) for config, _ in saved)) - {(None, "__keras_tensor__")}
    assert sorted(used - set(allowed.ALLOWED)) == [], "add these to kerasgen/models/allowed.py"
    assert sorted(set(allowed.ALLOWED) - used) == [], (
        "no recipe uses these: take them out of kerasgen/models/allowed.py"
    )


@pytest.mark.parametrize("pair", sorted(allowed.ALLOWED), ids=".".join)
def test_only_classes_of_keras_and_kerasgen_that_run_no_foreign_code_are_allowed(pair):
    module, name = pair
    assert module.split(".")[0] in ("keras", "kerasgen")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, type)
    assert issubclass(found, KINDS)
    assert not {name, found.__name__} & set(RUNS_FOREIGN_CODE)


def test_every_recipe_passes_and_its_weights_are_counted(saved):
    for config, weights in saved:
        counted = allowed.check(json.dumps(config).encode(), "model.keras", compile=True)
        assert 0.9 * weights < counted <= 2 * weights
