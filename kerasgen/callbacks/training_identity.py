"""The description of a training. A training resumes only from checkpoints with an equal description."""

import json
from collections.abc import Sequence
from typing import Any

import keras

from kerasgen.optimizers.group import serialize_optimizer

# Parts of a model's config that differ in each process
_GENERATED = {"name", "inbound_nodes", "input_layers", "output_layers", "build_config", "registered_name", "module"}


def describe_training(
    model: keras.Model, data: Any, steps: int | None, callbacks: Sequence[keras.callbacks.Callback]
) -> dict[str, Any]:
    """Return the settings that must be the same when a training is resumed, as nested plain values.

    Args:
        model: compiled model.
        data: argument `x` of `fit`.
        steps: number of steps in an epoch, or None if it is not known.
        callbacks: those whose state is kept.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
        >>> describe_training(model, None, 10, [])["model"]["class_name"]
        'VAE'
    """
    batches = {name: getattr(data, name) for name in ("batch_size", "shuffle", "seed") if hasattr(data, name)}
    shape = getattr(data, "shape", None)
    described = {
        "backend": keras.backend.backend(),
        "model": {"class_name": type(model).__name__, "config": model.get_config()},
        "optimizer": serialize_optimizer(model.optimizer),
        "steps_per_execution": model.compiled_steps_per_execution,
        "callbacks": [type(callback).__name__ for callback in callbacks],
        "data": batches | {"steps": steps} | ({"shape": shape} if shape is not None else {}),
    }
    return json.loads(json.dumps(_without_generated(described), default=str))


def _without_generated(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") == "DTypePolicy":  # its name is its only setting
            return value["config"]["name"]
        is_linear_decay = {"first", "steps", "begin"} <= set(value)  # derived from the number of epochs
        generated = _GENERATED | ({"first", "steps"} if is_linear_decay else set())
        return {key: _without_generated(item) for key, item in value.items() if key not in generated}
    return [_without_generated(item) for item in value] if isinstance(value, (list, tuple)) else value
