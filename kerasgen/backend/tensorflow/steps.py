"""TensorFlow: Keras's functions around a step, one for each number of steps per execution."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

GROUP_SIZE = 10  # steps per execution in `grouped_steps`


class StepFunctions:
    """The train, test and predict functions of a model, by their number of steps per execution.

    Keras makes each function once, for the number of steps per execution at that time.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._functions: dict[str, dict[int, Any]] = {"train_function": {}, "test_function": {}, "predict_function": {}}

    @contextlib.contextmanager
    def select(self, name: str, force: bool) -> Iterator[None]:
        """Context manager in which Keras finds the function for the current number of steps, or makes it.

        The other functions are dropped if Keras makes a new one because `force` is true or the model was compiled
        again.
        """
        known, present = self._functions[name], getattr(self._model, name)
        if present is None or force:
            known.clear()
        elif present in known.values():
            present = known.get(self._model.steps_per_execution)
            setattr(self._model, name, present)
        yield
        if getattr(self._model, name) is not present:
            known[self._model.steps_per_execution] = getattr(self._model, name)


def skipped_step(arguments: tuple, steps: int, logs: dict[str, float]) -> Any:
    """Consume the data of `steps` steps and return the value of Keras's train function for `arguments`."""
    (iterator,) = arguments
    for _ in range(steps):
        next(iterator, None)
    return logs
