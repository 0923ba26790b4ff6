"""Running means of another layer's weights over the steps of training."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class WeightsMean(keras.layers.Layer):
    """The mean of all values that some weights have had, beginning with the current values.

    Used for historical averaging (Salimans et al. 2016, arXiv:1606.03498, section 3.3).

    Args:
        weights_followed: Keras variables.
        **kwargs: arguments of `keras.layers.Layer`.

    Example:
        ```python
        history = WeightsMean(generator.trainable_variables)
        loss = loss + 0.01 * history.distance()
        history.update()
        ```
    """

    def __init__(self, weights_followed: Sequence[Any], **kwargs: Any):
        super().__init__(trainable=False, **kwargs)
        # A proxy, because Keras would track the weights in a tuple as this layer's own.
        self._followed = MappingProxyType(dict(enumerate(weights_followed)))
        self.count = self.add_weight((), "ones", "float32", name="count")
        self.means = [
            self.add_weight(
                variable.shape, lambda shape, dtype, value=variable: ops.copy(value.value), name=f"mean_{i}"
            )
            for i, variable in self._followed.items()
        ]
        self.built = True

    def distance(self) -> Any:
        """Return ||theta - mean||^2, a scalar that can be differentiated with respect to the weights."""
        return sum(
            ops.sum(ops.square(ops.convert_to_tensor(variable) - ops.stop_gradient(ops.convert_to_tensor(mean))))
            for variable, mean in zip(self._followed.values(), self.means)
        )

    def update(self) -> None:
        """Include the current values in the mean."""
        count = self.count + 1.0
        for variable, mean in zip(self._followed.values(), self.means):
            mean.assign(mean + (variable - mean) / count)
        self.count.assign(count)
