"""Import of Keras: lightly in the process of a command, as usual for a library."""

import json

import keras
import pytest

BACKEND = keras.backend.backend()

# The state of a process: finders of kerasgen, lazy modules, and heavy modules that are loaded
STATE = """
import gc, importlib.util, json, sys

def state():
    finders = [type(finder).__name__ for finder in sys.meta_path if type(finder).__module__.startswith("kerasgen")]
    lazy = [name for name, module in sys.modules.items() if isinstance(module, importlib.util._LazyModule)]
    names = ("sklearn", "matplotlib", "jax", "tensorflow", "torch._dynamo")
    heavy = [name for name in names if sys.modules.get(name) is not None]
    collector = [gc.isenabled(), gc.get_freeze_count() > 0]
    print(json.dumps({"finders": finders, "lazy": sorted(lazy), "heavy": heavy, "collector": collector}))
"""

LIBRARY = f"""{STATE}
for name in json.loads(sys.argv[1]):
    __import__(name)
assert sys.modules.get("jax", 0) is not None
state()
"""

COMMAND = f"""{STATE}
from kerasgen.cli import backends
backends.start()
state()
import keras
from sklearn.base import BaseEstimator
assert issubclass(keras.wrappers.SKLearnClassifier, BaseEstimator)
assert callable(keras.visualization.plot_image_gallery)
assert isinstance(keras.callbacks.OrbaxCheckpoint, type)
import jax
assert jax.__version__
if keras.backend.backend() == "torch":
    import torch
    from keras.src.backend.torch.random import torch_seed_generator
    assert torch_seed_generator._torchdynamo_disable
    assert torch.compile(lambda x: x + 1, backend="eager")(torch.ones(1)).item() == 2.0
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [
        ["kerasgen", "keras", "kerasgen.models"],
        pytest.param(["keras", "kerasgen.models", "kerasgen"], marks=pytest.mark.once),
    ],
)
def test_importing_kerasgen_changes_nothing(run_script, names):
    state = json.loads(run_script(LIBRARY, json.dumps(names)))
    assert (state["finders"], state["lazy"]) == ([], [])
    assert {"sklearn", "matplotlib"} <= {*state["heavy"]}  # as Keras imports itself
    assert state["collector"] == [True, False]


@pytest.mark.slow
def test_a_command_imports_keras_lightly_and_deferred_modules_work(run_script):
    state = json.loads(run_script(COMMAND))
    assert "keras.wrappers" in state["lazy"]
    assert state["heavy"] == ([] if BACKEND == "torch" else [BACKEND])
    assert state["collector"] == [True, True]  # it skips the imported objects
    # Removes the log lines of a later import of TensorFlow
    assert state["finders"] == ([] if BACKEND == "tensorflow" else ["_TensorFlowFinder"])


@pytest.mark.slow
@pytest.mark.once
def test_plain_turns_everything_off(run_script):
    state = json.loads(run_script(COMMAND, KERASGEN_PLAIN="1"))
    assert (state["finders"], state["lazy"]) == ([], [])
    assert {"sklearn", "matplotlib"} <= {*state["heavy"]}
    assert state["collector"] == [True, False]
