"""One optimizer for each player, in a group that Keras treats as a single optimizer."""

from collections.abc import Mapping
from typing import Any

import keras

from kerasgen.backend import keras_internals
from kerasgen.errors import UsageError


@keras.saving.register_keras_serializable("kerasgen")
class OptimizerGroup(keras.optimizers.Optimizer):
    """Optimizer that holds one optimizer for each player, each for the variables of its player.

    Keras trains and saves exactly one optimizer, and on JAX passes on the state of one. Keras's callbacks that set
    learning rates find the members in `optimizers`, and log each rate as `learning_rate_<player>`.

    Args:
        members: dict of player -> Keras optimizer, its config or its name.
        name: name of the optimizer.

    Raises:
        UsageError: two players share one optimizer object, but its moments can belong to only one of them.

    Example:
        >>> import keras
        >>> from kerasgen.optimizers import OptimizerGroup
        >>> group = OptimizerGroup({"generator": keras.optimizers.Adam(2e-4), "discriminator": "adam"})
        >>> group["discriminator"].name
        'discriminator'
    """

    def __init__(self, members: Mapping[str, Any], name: str = "optimizer_group"):
        super().__init__(learning_rate=0.0, name=name)
        self.members = {player: keras.optimizers.get(member) for player, member in members.items()}
        if len({id(member) for member in self.members.values()}) < len(self.members):
            raise UsageError(f"the players {', '.join(self.members)} need an optimizer each; received one for all")
        for player, member in self.members.items():
            member.name = player

    def __getitem__(self, player: str) -> keras.optimizers.Optimizer:
        return self.members[player]

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """The members, where Keras's learning-rate callbacks look for them."""
        return list(self.members.values())

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of all members; the group has none of its own."""
        return [variable for member in self.optimizers for variable in member.variables]

    @property
    def iterations(self) -> keras.Variable:
        """The number of steps of the first player."""
        return self.optimizers[0].iterations

    @property
    def learning_rate(self) -> Any:
        """Write-only: setting it sets the rates of all players. Each player has its own, so reading it is an error."""
        raise AttributeError(
            f"each player has a learning rate of its own: optimizer[player].learning_rate, players {list(self.members)}"
        )

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        for member in self.optimizers:
            member.learning_rate = value

    def build(self, players: Mapping[str, list[keras.Variable]]) -> None:
        """Build each member.

        Args:
            players: dict of player -> its trainable variables.
        """
        self.players = players
        for player, variables in players.items():
            self.members[player].build(variables)
        self.built = True

    def finalize_variable_values(self, var_list: Any) -> None:
        """Let members with `use_ema` write the averaged weights into the variables of their players.

        Args:
            var_list: ignored; each member uses the variables that it was built with.
        """
        for player, variables in self.players.items():
            self.members[player].finalize_variable_values(variables)

    def save_own_variables(self, store: Any) -> None:
        """Save nothing, because Keras saves the members."""

    def load_own_variables(self, store: Any) -> None:
        """Load nothing, because Keras loads the members."""

    def get_config(self) -> dict[str, Any]:
        """Return the configs of the members, which every backend can read."""
        return {
            "name": self.name,
            "members": {player: serialize_optimizer(member) for player, member in self.members.items()},
        }


def serialize_optimizer(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    """Return the config of a Keras optimizer, with the public name of its class.

    Keras writes the name of the backend's class, such as `keras.src.backend.torch...Adam`, which cannot be loaded if
    PyTorch is not installed.

    Args:
        optimizer: a Keras optimizer, which may wrap another.

    Example:
        >>> import keras
        >>> from kerasgen.optimizers import serialize_optimizer
        >>> serialize_optimizer(keras.optimizers.Adam())["module"]
        'keras.optimizers'
    """
    with keras_internals.without_tensorflow():
        config = keras.saving.serialize_keras_object(optimizer)
    if hasattr(keras.optimizers, config["class_name"]) and config["module"].startswith("keras."):
        config |= {"module": "keras.optimizers", "registered_name": None}
    if "inner_optimizer" in config["config"]:
        config["config"]["inner_optimizer"] = serialize_optimizer(optimizer.inner_optimizer)
    return config
