"""PyTorch: functions and networks without the overhead of Keras. Each operation runs as it comes."""

import weakref
from typing import Any

import keras
import torch

from kerasgen.backend import programs, switches
from kerasgen.backend.keras_internals import can_run_layers, layers_of

_run_layers = weakref.WeakKeyDictionary()  # network -> function that runs its layers, or None


def run(network: keras.Model, inputs: Any, training: bool = False) -> Any:
    """Return `network(inputs, training=training)`; see `kerasgen.backend`."""
    if network not in _run_layers:
        _run_layers[network] = layers_of(network) if can_run_layers(network) else None
    direct = _run_layers[network] if switches.direct_layers else None
    return (direct or network)(inputs, training=training)


def _build(function):
    def program(*tensors):
        with torch.no_grad(), programs.ReadOnlyScope():
            return function(*tensors)

    return program


compiled = programs.compiler(_build)
