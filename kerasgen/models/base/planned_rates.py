"""Learning rates that depend on the length of the training."""

from typing import Any

from kerasgen.errors import UsageError
from kerasgen.models.base.fit import steps_of
from kerasgen.optimizers import LinearDecay, schedule_of, steps_seen_by


def plan_rates(
    self: Any,
    x: Any,
    batch_size: int | None = None,
    epochs: int = 1,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_split: float | None = None,
    **given: Any,
) -> None:
    """Set the number of training steps in each learning rate that is a `LinearDecay`.

    These are the steps of `epochs` epochs, including the `initial_epoch` epochs that have been trained already. A model
    uses the function as its method `prepare_fit`.

    Args:
        self: the model.
        x: the data given to `fit`.
        batch_size: number of examples in a batch, if `x` is an array.
        epochs: number of the last epoch.
        initial_epoch: number of epochs that have been trained already.
        steps_per_epoch: number of steps in an epoch, if it is given.
        validation_split: fraction of `x` that is not trained on.
        **given: other arguments of `fit`, which have no effect.

    Raises:
        UsageError: there is such a rate, and the number of steps in an epoch is unknown.
    """
    members = [(optimizer, schedule_of(optimizer)) for optimizer in map(self.optimizer_of, self.players)]
    for optimizer, schedule in members:
        if schedule is None:
            continue
        steps = steps_per_epoch or steps_of(x, batch_size, validation_split)
        if steps is None:
            raise UsageError(
                "a learning rate that falls to zero needs the number of training steps; give fit steps_per_epoch"
            )
        first = steps_seen_by(optimizer) - initial_epoch * steps
        planned = LinearDecay(schedule.learning_rate, schedule.begin, first, epochs * steps)
        if planned.get_config() != schedule.get_config():
            getattr(optimizer, "inner_optimizer", optimizer).learning_rate = planned
            self.train_function = None  # it was traced with the old number of steps
