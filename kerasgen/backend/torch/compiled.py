"""PyTorch: functions and networks without the overhead of Keras. Operations run one by one."""

from typing import Any

import keras
import torch

from kerasgen.backend import programs, switches
from kerasgen.backend.keras_internals import run_layers


def run(network: keras.Model, inputs: Any, training: bool = False) -> Any:
    """Return `network(inputs, training=training)`; see `kerasgen.backend`."""
    if switches.direct_layers:
        return run_layers(network, inputs, training)
    return network(inputs, training=training)


def _build(function):
    def program(*tensors):
        with torch.no_grad(), programs.ReadOnlyScope():
            return function(*tensors)

    return program


compiled = programs.compiler(_build)
