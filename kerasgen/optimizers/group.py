"""One optimizer for each player of a game, shown to Keras as one."""

import keras

from kerasgen.errors import UsageError


@keras.saving.register_keras_serializable("kerasgen")
class OptimizerGroup(keras.optimizers.Optimizer):
    """The optimizers of several players, each on its own player's variables.

    Keras trains, saves and (on JAX) threads the state of exactly one optimizer; this is that one. Callbacks of
    Keras that set learning rates reach the members through `optimizers`, and log each as
    `learning_rate_<player>`.

    Args:
        members: dict of player -> Keras optimizer, its config or its name.

    Raises:
        UsageError: two players share one optimizer object, whose moments belong to one of them only.
    """

    def __init__(self, members, name="optimizer_group"):
        super().__init__(learning_rate=0.0, name=name)
        self.members = {player: keras.optimizers.get(member) for player, member in members.items()}
        if len({id(member) for member in self.members.values()}) < len(self.members):
            raise UsageError(f"the players {', '.join(self.members)} need an optimizer each; received one for all")
        for player, member in self.members.items():
            member.name = player

    def __getitem__(self, player):
        return self.members[player]

    @property
    def optimizers(self):
        """The members as a list, where Keras's learning-rate callbacks look for them."""
        return list(self.members.values())

    @property
    def variables(self):
        """The variables of all members: all that there is to save, and nothing of the group's own."""
        return [variable for member in self.optimizers for variable in member.variables]

    @property
    def iterations(self):
        """The steps that the first player has taken."""
        return self.optimizers[0].iterations

    @property
    def learning_rate(self):
        """Not one number: each player has its own."""
        raise AttributeError(
            f"each player has a learning rate of its own: optimizer[player].learning_rate, players {list(self.members)}"
        )

    @learning_rate.setter
    def learning_rate(self, value):
        for member in self.optimizers:
            member.learning_rate = value

    def build(self, players):
        """Build each member on its own variables; `players` is a dict of player -> variables."""
        self.players = players
        for player, variables in players.items():
            self.members[player].build(variables)
        self.built = True

    def finalize_variable_values(self, var_list):
        """Let members that average weights (`use_ema`) write the averages into their own variables."""
        for player, variables in self.players.items():
            self.members[player].finalize_variable_values(variables)

    def save_own_variables(self, store):
        """Nothing of its own: Keras saves the members, each under its place in `members`."""

    def load_own_variables(self, store):
        """Nothing of its own."""

    def get_config(self):
        """Return the members' configs, in a form that every backend can read."""
        return {
            "name": self.name,
            "members": {player: serialize_optimizer(member) for player, member in self.members.items()},
        }


def serialize_optimizer(optimizer):
    """Return the config of a Keras optimizer without the name of the backend's own class of it.

    Keras writes `keras.src.backend.torch...Adam` for an Adam made under PyTorch, which cannot be loaded where
    PyTorch is missing.
    """
    config = keras.saving.serialize_keras_object(optimizer)
    if hasattr(keras.optimizers, config["class_name"]) and config["module"].startswith("keras."):
        config |= {"module": "keras.optimizers", "registered_name": None}
    if "inner_optimizer" in config["config"]:
        config["config"]["inner_optimizer"] = serialize_optimizer(optimizer.inner_optimizer)
    return config
