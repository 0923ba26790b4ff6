"""Methods of `GenerativeModel` that compile a model."""

from types import MappingProxyType
from typing import Any

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.models.base.players import optimizer_for
from kerasgen.optimizers import OptimizerGroup


def compile(
    self: Any,
    optimizer: Any = "adam",
    *loss: Any,
    run_eagerly: bool = False,
    steps_per_execution: int = 1,
    jit_compile: Any = "auto",
    auto_scale_loss: bool = True,
    **unsupported: Any,
) -> None:
    """Configure training.

    Args:
        self: the model.
        optimizer: a Keras optimizer, its name or config. With several players, a dict of player -> optimizer, or
            one optimizer that is copied for each player.
        run_eagerly: as in `keras.Model.compile`.
        steps_per_execution: as in `keras.Model.compile`.
        jit_compile: as in `keras.Model.compile`.
        auto_scale_loss: as in `keras.Model.compile`.
        *loss: other arguments of `keras.Model.compile` by position; they are refused.
        **unsupported: other arguments of `keras.Model.compile`; they are refused.

    Raises:
        UsageError: an unsupported argument, no optimizer, a dict with other keys than the players, or a network
            without weights.
    """
    if given := [*("loss" for _ in loss), *(name for name, value in unsupported.items() if value is not None)]:
        raise UsageError(
            f"compile received {given[0]}; a {type(self).__name__} defines its own losses and metrics: "
            "leave it out, and choose losses by the arguments of the model"
        )
    if unbuilt := [layer.name for layer in self.layers if not layer.built]:
        raise UsageError(
            f"{', '.join(unbuilt)} of this {type(self).__name__} has no weights yet; begin it with a keras.Input, "
            "or call it once before"
        )
    self.built = True  # a model has only the variables of its networks
    players = self.players
    scale_losses = auto_scale_loss and self.dtype_policy.name == "mixed_float16"
    optimizer = optimizer_for(players, optimizer, scale_losses)
    self._requested_jit_compile = jit_compile
    self.compiled_steps_per_execution = steps_per_execution  # `grouped_steps` may take more
    backend.BackendModel.compile(
        self,
        optimizer=optimizer,
        run_eagerly=run_eagerly,
        steps_per_execution=steps_per_execution,
        jit_compile=jit_compile,
        auto_scale_loss=auto_scale_loss and not isinstance(optimizer, OptimizerGroup),
    )
    # A proxy, because Keras would track the variables in a plain dict as the model's own.
    self._player_variables = MappingProxyType(players)
    if not self.optimizer.built:
        grouped = isinstance(self.optimizer, OptimizerGroup)
        self.optimizer.build(players if grouped else self.trainable_variables)


def make_train_function(self: Any, force: bool = False) -> Any:
    """Make Keras's train function.

    Raises:
        UsageError: other variables are trainable than when `compile` was called.
    """
    for player, variables in self.players.items():
        if [id(each) for each in variables] != [id(each) for each in self._player_variables[player]]:
            raise UsageError(
                f"the trainable variables of the {player} have changed since the model was compiled; call compile again"
            )
    return backend.BackendModel.make_train_function(self, force=force)
