"""Players: parts of a model, each with its own variables, loss and optimizer."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import ops

from kerasgen.errors import UsageError, shorten
from kerasgen.optimizers import OptimizerGroup


class Recorded:
    """Output of a function of one player's variables, and the pullback that differentiates it later."""

    def __init__(self, output: Any, pullback: Callable):
        self.output, self.pullback = output, pullback


def optimizer_for(players: Mapping[str, list], optimizer: Any, scale_losses: bool) -> Any:
    """Return the optimizer of a model: one Keras optimizer, or an `OptimizerGroup` for several players.

    Args:
        players: player -> its trainable variables.
        optimizer: a Keras optimizer, its name or config; or a dict of player -> optimizer.
        scale_losses: whether each player's optimizer scales its loss against underflow (for float16).

    Raises:
        UsageError: there is no optimizer, or the keys of the dict are not the players.
    """
    if optimizer is None:
        raise UsageError("optimizer is None; give a Keras optimizer or its name, such as adam")
    if isinstance(optimizer, OptimizerGroup) or (len(players) == 1 and not isinstance(optimizer, dict)):
        return _optimizer(optimizer)
    if not isinstance(optimizer, dict) or "class_name" in optimizer:
        given = _optimizer(optimizer)
        optimizer = {player: _copy(given) for player in players}
    if set(optimizer) != set(players):
        raise UsageError(
            f"optimizer has the keys {sorted(optimizer)}; the players are {sorted(players)}: give one for each"
        )
    if missing := [player for player in players if optimizer[player] is None]:
        raise UsageError(f"the optimizer of the {missing[0]} is None; give a Keras optimizer or its name, such as adam")
    optimizer = {player: _optimizer(optimizer[player]) for player in players}
    if scale_losses:
        wrapper = keras.optimizers.LossScaleOptimizer
        optimizer = {p: o if isinstance(o, wrapper) else wrapper(o) for p, o in optimizer.items()}
    return next(iter(optimizer.values())) if len(players) == 1 else OptimizerGroup(optimizer)


def with_regularizers(player: str, loss: Callable, variables: list) -> Callable:
    """Return `loss`, a function to `(scalar, auxiliary)`, with the regularizers of the variables added.

    The returned function raises a `UsageError` if `loss` returns anything else.
    """
    regularized = [variable for variable in variables if variable.regularizer is not None]

    def total(*inputs):
        result = loss(*inputs)
        if not isinstance(result, tuple) or len(result) != 2:
            raise UsageError(
                f"the loss of the {player} is not a pair; return (loss, auxiliary), where the latter may be {{}}"
            )
        value, auxiliary = result
        if not hasattr(value, "shape") or len(value.shape):
            shape = f"has the shape {tuple(value.shape)}" if hasattr(value, "shape") else f"is {value!r}, no tensor"
            raise UsageError(f"the loss of the {player} {shape}; return its mean over the batch, a scalar tensor")
        for variable in regularized:
            value = value + variable.regularizer(ops.convert_to_tensor(variable))
        return value, auxiliary

    return total


def _optimizer(given):
    if isinstance(given, OptimizerGroup):
        return given
    try:
        return keras.optimizers.get(given)
    except (ValueError, TypeError):
        raise UsageError(
            f"optimizer is {shorten(given)}; give a Keras optimizer or its name, such as adam; several players take a "
            "dict of player -> optimizer"
        ) from None


def _copy(optimizer):
    try:
        return type(optimizer).from_config(optimizer.get_config())
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{type(optimizer).__name__} cannot be copied for each player ({error}); give a dict of player -> optimizer"
        ) from error
