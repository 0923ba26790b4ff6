"""Players, each with variables and an optimizer of its own, and their updates."""

from types import MappingProxyType

import keras
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.models.base.saving import SaveableModel
from kerasgen.optimizers.group import OptimizerGroup, serialize_optimizer


class Recorded:
    """The output of a function of one player's variables, with what is needed to differentiate it later."""

    def __init__(self, output, pullback):
        self.output, self.pullback = output, pullback


class PlayerModel(SaveableModel):
    """A model whose trainable variables belong to players; each minimises its own loss, with its own optimizer.

    A subclass says in `players` who owns which variables. To what a step minimises, the regularizers of its player's
    weights are added, as Keras does; those of activations (`activity_regularizer`, `add_loss`) are not.
    """

    @property
    def players(self):
        """Return a dict of player -> its trainable variables; one player, `model`, unless overridden."""
        return {"model": self.trainable_variables}

    def minimize(self, player, loss, given=None):
        """Take one optimizer step of `player`: downhill in `loss`, on that player's variables alone.

        Args:
            player: a name in `players`.
            loss: function that returns `(scalar loss, auxiliary)`, the latter any nest of tensors.
            given: a `Recorded` output that `loss` takes as its argument, and through which it also depends
                on the player's variables: the recorded pass is used, not run again.

        Returns:
            `(loss, auxiliary)`, from before the step.

        Raises:
            UsageError: there is no such player, `loss` returns something else, or, on TensorFlow and PyTorch, what it
                returns does not depend on the player's variables. (JAX takes a step of zeros.)
        """
        variables, optimizer = self._variables(player), self.optimizer_of(player)
        inputs = () if given is None else (given.output,)
        value, auxiliary, pullback = self.differentiate(_total(player, loss, variables), variables, inputs)
        # float16 gradients are scaled up against underflow, replicas' gradients are summed
        scale = optimizer.scale_loss(ops.ones(())) * backend.replica_weight()
        gradients, of_inputs = pullback(scale)
        if given is not None and of_inputs[0] is not None:
            through, _ = given.pullback(of_inputs[0])
            gradients = [a if b is None else b if a is None else a + b for a, b in zip(gradients, through)]
        if variables and all(gradient is None for gradient in gradients):
            raise UsageError(f"the loss of the {player} does not depend on what is trainable of the {player}")
        self.apply_gradients(optimizer, gradients, variables)
        return value, auxiliary

    def record(self, player, function):
        """Run `function()`, which depends on the variables of `player`, for a later `minimize(given=...)`."""
        output, _, pullback = self.differentiate(lambda: (function(), ()), self._variables(player))
        return Recorded(output, pullback)

    def _variables(self, player):
        if player not in self._variables_of:
            raise unknown("player", player, self._variables_of)
        return self._variables_of[player]

    def optimizer_of(self, player):
        """Return the Keras optimizer that takes the steps of `player`."""
        return self.optimizer[player] if isinstance(self.optimizer, OptimizerGroup) else self.optimizer

    # -- compile

    def compile(
        self,
        optimizer="adam",
        run_eagerly=False,
        steps_per_execution=1,
        jit_compile="auto",
        auto_scale_loss=True,
    ):
        """Configure training.

        Args:
            optimizer: a Keras optimizer, its name or config; for several players a dict of player -> optimizer,
                or one optimizer, of which each player gets a copy.
            run_eagerly, steps_per_execution, jit_compile, auto_scale_loss: as in `keras.Model.compile`.

        Raises:
            UsageError: there is no optimizer, the dict's keys are not the players, or a network has no weights yet.
        """
        unbuilt = [layer.name for layer in self.layers if not layer.built]
        if unbuilt:
            raise UsageError(
                f"of this {type(self).__name__} {', '.join(unbuilt)} has no weights yet; begin it with a keras.Input, "
                "or call it once before"
            )
        self.built = True  # what it has of variables are those of its networks
        players = self.players
        optimizer = self._optimizer_for(players, optimizer, auto_scale_loss)
        self._jit_compile_asked = jit_compile
        super().compile(
            optimizer=optimizer,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss and not isinstance(optimizer, OptimizerGroup),
        )
        # A proxy, because Keras would track the variables in a plain dict as the model's own.
        self._variables_of = MappingProxyType(players)
        if not self.optimizer.built:
            grouped = isinstance(self.optimizer, OptimizerGroup)
            self.optimizer.build(players if grouped else self.trainable_variables)

    def _optimizer_for(self, players, optimizer, auto_scale_loss):
        if optimizer is None:
            raise UsageError("optimizer is None; give a Keras optimizer or its name, such as adam")
        if isinstance(optimizer, OptimizerGroup) or (len(players) == 1 and not isinstance(optimizer, dict)):
            return optimizer
        if not isinstance(optimizer, dict) or "class_name" in optimizer:
            given = keras.optimizers.get(optimizer)
            optimizer = {player: _copy(given) for player in players}
        if set(optimizer) != set(players):
            raise UsageError(
                f"optimizer has the keys {sorted(optimizer)}; the players are {sorted(players)}: give one for each"
            )
        if missing := [player for player in players if optimizer[player] is None]:
            raise UsageError(
                f"the optimizer of the {missing[0]} is None; give a Keras optimizer or its name, such as adam"
            )
        optimizer = {player: keras.optimizers.get(optimizer[player]) for player in players}
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16":
            wrap = keras.optimizers.LossScaleOptimizer
            optimizer = {p: o if isinstance(o, wrap) else wrap(o) for p, o in optimizer.items()}
        return next(iter(optimizer.values())) if len(players) == 1 else OptimizerGroup(optimizer)

    def get_compile_config(self):
        """Return what `compile` was called with, in a form that every backend can read."""
        if not self.compiled:
            return {}
        config = super().get_compile_config()
        return {
            "optimizer": serialize_optimizer(self.optimizer),
            "run_eagerly": config["run_eagerly"],
            "steps_per_execution": config["steps_per_execution"],
            "jit_compile": self._jit_compile_asked,  # "auto" is decided anew where the file is loaded
        }

    def compile_from_config(self, config):
        """Compile as `get_compile_config` says, when a file is loaded."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def make_train_function(self, force=False):
        """Make Keras's train function.

        Raises:
            UsageError: other variables are trainable than when `compile` was called.
        """
        for player, variables in self.players.items():
            if [id(each) for each in variables] != [id(each) for each in self._variables_of[player]]:
                raise UsageError(
                    f"what is trainable of the {player} has changed since the model was compiled; call compile again"
                )
        return super().make_train_function(force=force)


def _copy(optimizer):
    """Return an optimizer like it, without its state.

    Raises:
        UsageError: its config is not enough for another.
    """
    try:
        return type(optimizer).from_config(optimizer.get_config())
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{type(optimizer).__name__} cannot be copied for each player ({error}); give a dict of player -> optimizer"
        ) from error


def _total(player, loss, variables):
    """Return `loss`, a function to `(scalar, auxiliary)`, with the regularizers of the variables added to the scalar.

    It raises a UsageError where `loss` returns anything else.
    """
    regularized = [variable for variable in variables if variable.regularizer is not None]

    def total(*inputs):
        found = loss(*inputs)
        if not isinstance(found, tuple) or len(found) != 2:
            raise UsageError(f"the loss of the {player} is no pair; return (loss, auxiliary), the latter may be ()")
        value, auxiliary = found
        if not hasattr(value, "shape") or len(value.shape):
            shape = f"has the shape {tuple(value.shape)}" if hasattr(value, "shape") else f"is {value!r}, no tensor"
            raise UsageError(f"the loss of the {player} {shape}; return its mean over the batch, a scalar tensor")
        for variable in regularized:
            value = value + variable.regularizer(ops.convert_to_tensor(variable))
        return value, auxiliary

    return total
