"""What a train step needs of TensorFlow, JAX or PyTorch, and the only place that imports one of them.

Each of the three modules offers the same names; the one of the running Keras backend is picked here.

| name | what it does |
|---|---|
| `BackendModel` | a `keras.Model` whose `train_step(data)` and `test_step(data)` are the same on every backend |
| `BackendModel.differentiate(function, variables, inputs)` | run `function(*inputs)`, give its pullback |
| `BackendModel.apply_gradients(optimizer, gradients, variables)` | take one optimizer step |
| `share()` | the share of the global batch that this run of the step has, by which its loss counts |
| `counted(count)` | how many of the `count` images that the step sees are data |
| `on_global_batch(function, *tensors)` | what depends on all images of the batch, and assigns variables |
| `SeedGenerator` | Keras's, with which several devices draw different numbers |
| `normalize_batch(x, gamma, beta, epsilon)` | batch normalisation over all axes but the last, and its statistics |
| `input_gradient(function, x)` | the gradient with respect to `x`, to be differentiated again |
| `step_passed_over(arguments, steps, logs)` | what a call of Keras's train function returns that does nothing |
| `prepare_devices()` | settings that a user expects to be made before the first model |
| `devices()` | the devices that the backend sees, in words |
| `distributed(count)` | a context in which models are made and trained on `count` devices; yields their names |
| `make_deterministic()` | no operation that depends on chance, from now on; before the first computation |

`distributed` makes virtual CPU devices where there is no accelerator, if the backend has computed nothing yet, and
raises `UsageError` where there are fewer devices, or where Keras does not distribute. For 1 it does nothing.
"""

import importlib
import sys

import keras

from kerasgen import _registration
from kerasgen.errors import UsageError

BACKENDS = ("tensorflow", "jax", "torch")

if keras.backend.backend() not in BACKENDS:
    raise UsageError(
        f"the Keras backend is {keras.backend.backend()!r}; training needs one of {', '.join(BACKENDS)}: "
        "set the environment variable KERAS_BACKEND before Keras is imported"
    )

_module = importlib.import_module(f"kerasgen.backend.on_{keras.backend.backend()}")

BackendModel = _module.BackendModel
SeedGenerator = _module.SeedGenerator
share = _module.share
counted = _module.counted
on_global_batch = _module.on_global_batch
normalize_batch = _module.normalize_batch
input_gradient = _module.input_gradient
step_passed_over = _module.step_passed_over
prepare_devices = _module.prepare_devices
devices = _module.devices
distributed = _module.distributed
make_deterministic = _module.make_deterministic

__all__ = [
    "BACKENDS",
    "BackendModel",
    "SeedGenerator",
    "counted",
    "devices",
    "distributed",
    "input_gradient",
    "make_deterministic",
    "normalize_batch",
    "on_global_batch",
    "prepare_devices",
    "share",
    "step_passed_over",
]

if "kerasgen.layers" not in sys.modules:  # otherwise the layers are what is being imported, and register at their end
    _registration.register()
