"""The examples in the docstrings run, and every public function and class has one."""

import doctest
import importlib
import inspect
import pkgutil
import re
import textwrap
from dataclasses import is_dataclass
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import kerasgen
import kerasgen.cli
from kerasgen import networks

pytestmark = pytest.mark.once

OTHER_BACKENDS = ("kerasgen.backend.jax", "kerasgen.backend.tensorflow", "kerasgen.backend.torch")
MODULES = sorted(
    module.name
    for package in (kerasgen, kerasgen.zoo, kerasgen.cli)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.startswith(OTHER_BACKENDS) and not module.name.endswith("__main__")
)
SLOW = ("kerasgen.evaluation.classifier", "kerasgen.runs.training")  # their examples train


def members(name):
    """Return the functions, classes and methods that a module defines, qualified name -> object."""
    module = importlib.import_module(name)
    found = {
        key: value
        for key, value in vars(module).items()
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == name
    }
    for key, value in list(found.items()):
        if inspect.isclass(value):
            found |= {f"{key}.{k}": v for k, v in vars(value).items() if inspect.isfunction(v)}
    return found


FENCED = [
    pytest.param(block, id=f"{name}.{key}")
    for name in MODULES
    for key, value in members(name).items()
    for block in re.findall(r"```python\n(.*?)```", value.__doc__ or "", re.DOTALL)
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in MODULES]
)
def test_the_examples_of_a_module_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    output = []
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        if test.examples:
            runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


@pytest.mark.slow
@pytest.mark.parametrize("block", FENCED)
def test_the_fenced_examples_run_with_one_epoch(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    images, photos = rng.random((8, 28, 28, 1), dtype="float32"), rng.random((2, 64, 64, 3), dtype="float32")
    generator = networks.gan_generator((28, 28, 1), 4, [8])
    namespace = {
        "GenerativeModel": kerasgen.models.GenerativeModel,
        "discriminator": networks.gan_discriminator((28, 28, 1), [8]),
        "drawings": photos,
        "generator": generator,
        "horses": photos,
        "images": images,
        "keras": keras,
        "kerasgen": kerasgen,
        "labels": np.zeros(8, "int32"),
        "latents": np.zeros((2, 4), "float32"),
        "loss": keras.ops.zeros(()),
        "model": kerasgen.create("vae", hidden_dim=4),
        "network": keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)]),
        "noise": keras.ops.zeros((2, 4)),
        "photos": photos,
        "self": SimpleNamespace(),
        "zebras": photos,
    }
    module = importlib.import_module(block_module(block))
    exec(re.sub(r"epochs=\d+", "epochs=1", textwrap.dedent(block)), vars(module) | namespace)


def block_module(block):
    return next(name for name in MODULES for value in members(name).values() if block in (value.__doc__ or ""))


def is_called_by_users(value):
    """Return whether this is a function or a class, other than the classes of results and errors."""
    if inspect.isclass(value):
        is_result = issubclass(value, BaseException | tuple) or is_dataclass(value) or value is kerasgen.runs.Run
        return value.__module__.startswith("kerasgen") and not is_result
    return inspect.isfunction(value)


PUBLIC = {
    f"{module.__name__}.{name}": value
    for module in (kerasgen, *(getattr(kerasgen, package) for package in kerasgen._MODULES))
    for name in getattr(module, "__all__", ())
    if is_called_by_users(value := getattr(module, name))
}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_function_and_class_has_an_example(name):
    assert "Example:" in (PUBLIC[name].__doc__ or "")
