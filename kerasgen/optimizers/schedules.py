"""Learning rates that change in the course of a training."""

import keras
from keras import ops

from kerasgen.backend import keras_internals
from kerasgen.errors import UsageError


@keras.saving.register_keras_serializable("kerasgen")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is constant at first and then falls linearly to zero, step by step.

    A step counts from the first of the training, which `fit` of a `TranslationModel` makes known, with the number of
    steps that the training has; until then the rate is constant. Both are saved with the model, so that a resumed
    training goes on where it was.

    Args:
        learning_rate: float, the rate at first.
        begin: float in [0, 1], the share of the training after which the rate falls; 1/2 in the papers.
        first: int, the optimizer's steps before the training.
        steps: int, the steps of the training, or None while they are not known.

    Raises:
        UsageError: `begin` is not a share.
    """

    def __init__(self, learning_rate, begin=0.5, first=0, steps=None):
        super().__init__()
        if not 0 <= begin <= 1:
            raise UsageError(f"the rate falls from {begin} of the training on; give a share between 0 and 1")
        self.learning_rate, self.begin, self.first, self.steps = learning_rate, begin, first, steps

    def __call__(self, step):
        """Return the rate of the step with that number, a scalar."""
        rate = ops.cast(self.learning_rate, "float32")
        if self.steps is None or self.begin == 1:
            return rate
        begin = self.begin * self.steps
        done = ops.cast(step, "float32") - self.first
        return rate * ops.clip((self.steps - done) / (self.steps - begin), 0.0, 1.0)

    def get_config(self):
        """Return the arguments."""
        return {"learning_rate": self.learning_rate, "begin": self.begin, "first": self.first, "steps": self.steps}


def schedule_of(optimizer):
    """Return the `LinearDecay` of a Keras optimizer, or None."""
    schedule = keras_internals.learning_rate_of(getattr(optimizer, "inner_optimizer", optimizer))
    return schedule if isinstance(schedule, LinearDecay) else None


def steps_seen_by(optimizer):
    """Return how many steps a Keras optimizer's schedule has seen; of accumulated gradients each is one."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    # `iterations` counts how often the variables were updated
    (counter,) = (variable for variable in inner.variables if variable.name == "iteration")
    return int(ops.convert_to_numpy(counter))
