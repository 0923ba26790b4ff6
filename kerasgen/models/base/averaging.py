"""`MovingAverage`: an exponential moving average of a network's weights."""

import contextlib
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import keras
from keras import ops

from kerasgen.errors import UsageError


@keras.saving.register_keras_serializable("kerasgen")
class MovingAverage(keras.layers.Layer):
    """Exponential moving average of all weights of a network.

    After t updates the decay is at most (1 + t) / (10 + t), so that the weights of the first steps are soon forgotten.

    Args:
        network: built `keras.Model`.
        decay: decay of one update, in [0, 1), such as 0.999.

    Raises:
        UsageError: the decay is out of range.

    Example:
        ```python
        average = MovingAverage(generator, 0.999)
        average.update()  # after each step
        with average.applied():
            generator.predict(latents)
        ```
    """

    def __init__(self, network: keras.Model, decay: float, **kwargs: Any):
        if not 0 <= decay < 1:
            raise UsageError(f"the decay of a moving average is {decay}; it must be in [0, 1), such as 0.999")
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.decay = decay
        # A proxy, because Keras would track the weights in a list as this layer's own.
        self._weights_followed = MappingProxyType(dict(enumerate(network.weights)))
        self.steps = self.add_weight((), "zeros", "float32", name="steps")
        self.averages = [
            self.add_weight(
                weight.shape,
                lambda shape, dtype, value=weight: ops.copy(value.value),
                weight.dtype,
                name=f"average_{i}",
            )
            for i, weight in self._weights_followed.items()
        ]
        self.built = True

    def update(self) -> None:
        """Move the averages towards the current weights."""
        steps = ops.convert_to_tensor(self.steps)
        decay = ops.minimum(self.decay, (1.0 + steps) / (10.0 + steps))
        for average, weight in zip(self.averages, self._weights_followed.values()):
            average.assign(average * decay + weight * (1.0 - decay))
        self.steps.assign(steps + 1.0)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Context manager in which the network has the averaged weights."""
        weights = list(self._weights_followed.values())
        current = [ops.convert_to_numpy(weight).copy() for weight in weights]
        try:
            for weight, average in zip(weights, self.averages):
                weight.assign(ops.convert_to_numpy(average))
            yield
        finally:
            for weight, value in zip(weights, current):
                weight.assign(value)
