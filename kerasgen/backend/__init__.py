"""What a train step needs of TensorFlow, JAX or PyTorch, and the only place that imports one of them.

Each of the three modules offers the same names; the one of the running Keras backend is picked here.

| name | what it does |
|---|---|
| `BackendModel` | a `keras.Model` whose `train_step(data)` and `test_step(data)` are the same on every backend |
| `BackendModel.differentiate(function, variables, inputs)` | run `function(*inputs)`, give its pullback |
| `BackendModel.apply_gradients(optimizer, gradients, variables)` | take one optimizer step |
| `replicas()` | over how many devices a global batch is cut by the step itself |
| `normalize_batch(x, gamma, beta, epsilon)` | batch normalisation over all axes but the last, and its statistics |
| `input_gradient(function, x)` | the gradient with respect to `x`, to be differentiated again |
| `step_passed_over(arguments, steps, logs)` | what a call of Keras's train function returns that does nothing |
| `prepare_devices()` | settings that a user expects to be made before the first model |
| `devices()` | the devices that the backend sees, in words |
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
replicas = _module.replicas
normalize_batch = _module.normalize_batch
input_gradient = _module.input_gradient
step_passed_over = _module.step_passed_over
prepare_devices = _module.prepare_devices
devices = _module.devices

__all__ = [
    "BACKENDS",
    "BackendModel",
    "devices",
    "input_gradient",
    "normalize_batch",
    "prepare_devices",
    "replicas",
    "step_passed_over",
]

if "kerasgen.layers" not in sys.modules:  # otherwise the layers are what is being imported, and register at their end
    _registration.register()
