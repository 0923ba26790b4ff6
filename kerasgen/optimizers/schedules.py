"""Learning-rate schedules."""

from typing import Any

import keras
from keras import ops

from kerasgen.backend import keras_internals
from kerasgen.errors import UsageError


@keras.saving.register_keras_serializable("kerasgen")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Learning rate that is constant at first and then falls linearly to zero.

    The decay needs the length of the training. The `fit` of a `TranslationModel` sets `first` and `steps`; before that
    the rate is constant. Both numbers are saved with the model, so that a resumed training continues the decay.

    Args:
        learning_rate: initial learning rate.
        begin: fraction of the training after which the rate falls, in [0, 1]; 1/2 in the papers.
        first: number of steps that the optimizer had taken before the training.
        steps: number of steps of the training, or None if it is unknown.

    Raises:
        UsageError: `begin` is not in [0, 1].

    Example:
        >>> from kerasgen.optimizers import LinearDecay
        >>> schedule = LinearDecay(0.5, begin=0.5, steps=8)
        >>> [float(schedule(step)) for step in (0, 4, 6, 8)]
        [0.5, 0.5, 0.25, 0.0]

    Source:
        Zhu et al. 2017 (arXiv:1703.10593), section 7.1.
    """

    def __init__(self, learning_rate: float, begin: float = 0.5, first: int = 0, steps: int | None = None):
        super().__init__()
        if not 0 <= begin <= 1:
            raise UsageError(f"begin is {begin}; it is the fraction of the training after which the rate falls, 0 to 1")
        self.learning_rate, self.begin, self.first, self.steps = learning_rate, begin, first, steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at a step of the optimizer, a scalar."""
        rate = ops.cast(self.learning_rate, "float32")
        if self.steps is None or self.begin == 1:
            return rate
        begin = self.begin * self.steps
        completed = ops.cast(step, "float32") - self.first
        return rate * ops.clip((self.steps - completed) / (self.steps - begin), 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"learning_rate": self.learning_rate, "begin": self.begin, "first": self.first, "steps": self.steps}


def schedule_of(optimizer: keras.optimizers.Optimizer) -> LinearDecay | None:
    """Return the `LinearDecay` of a Keras optimizer, or None if it has another learning rate.

    Args:
        optimizer: a Keras optimizer, which may wrap another.

    Example:
        >>> import keras
        >>> from kerasgen.optimizers import LinearDecay, schedule_of
        >>> schedule_of(keras.optimizers.Adam(LinearDecay(2e-4))).begin
        0.5
    """
    schedule = keras_internals.learning_rate_of(getattr(optimizer, "inner_optimizer", optimizer))
    return schedule if isinstance(schedule, LinearDecay) else None


def steps_seen_by(optimizer: keras.optimizers.Optimizer) -> int:
    """Return the step count of a Keras optimizer, as its schedule receives it.

    With gradient accumulation every call counts, although `iterations` counts only the updates of the variables.

    Args:
        optimizer: a built Keras optimizer, which may wrap another.

    Example:
        >>> import keras
        >>> from kerasgen.optimizers import steps_seen_by
        >>> optimizer = keras.optimizers.Adam()
        >>> optimizer.build([keras.Variable([1.0])])
        >>> steps_seen_by(optimizer)
        0
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    (counter,) = (variable for variable in inner.variables if variable.name == "iteration")
    return int(ops.convert_to_numpy(counter))
