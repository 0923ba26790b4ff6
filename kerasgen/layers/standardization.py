"""Standardization of samples by the statistics of the first examples of a training."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasgen import backend

EXAMPLES = 10_000  # number of examples after which the statistics do not change any more


@keras.saving.register_keras_serializable("kerasgen")
class Standardization(keras.layers.Layer):
    """Shift and scale of each dimension of points, or of each channel of images, to mean 0 and variance 1.

    The statistics are those of all examples given to `update`, until there are 10,000 of them; then they are fixed.
    They work for every kind of training data, because they need no pass over the data before the training. Dimensions
    that do not vary are shifted only.

    Args:
        sample_shape: shape of one sample.
        **kwargs: arguments of `keras.layers.Layer`.

    Example:
        >>> from keras import ops
        >>> layer = Standardization((2,))
        >>> layer.update(ops.array([[1.0, 5.0], [3.0, 5.0]]))
        >>> float(layer.forward(ops.array([[3.0, 5.0]]))[0][0, 0])
        1.0
    """

    def __init__(self, sample_shape: Sequence[int], **kwargs: Any):
        super().__init__(**{"trainable": False, "dtype": "float32"} | kwargs)
        self.sample_shape = tuple(sample_shape)
        options = {"trainable": False, "aggregation": "only_first_replica"}
        self.count = self.add_weight((), "zeros", name="count", **options)
        self.mean = self.add_weight(self.sample_shape[-1:], "zeros", name="moving_mean", **options)
        self.variance = self.add_weight(self.sample_shape[-1:], "ones", name="moving_variance", **options)
        self.built = True

    def update(self, x: Any) -> None:
        """Include samples (N, *shape) in the statistics. Call it outside of the function that is differentiated."""
        backend.on_global_batch(self._update, ops.convert_to_tensor(x))

    def _update(self, x):
        count, mean, variance = (ops.convert_to_tensor(each) for each in (self.count, self.mean, self.variance))
        new = ops.cast(ops.shape(x)[0], "float32") * ops.cast(count < EXAMPLES, "float32")
        total = ops.maximum(count + new, 1.0)
        axes = tuple(range(len(self.sample_shape)))  # all but the last
        batch_mean = ops.mean(x, axis=axes)
        batch_variance = ops.mean(ops.square(x - batch_mean), axis=axes)
        # Chan et al. 1979, equation 2.1: exact also if the mean is large compared with the deviation
        difference, share = batch_mean - mean, new / total
        self.mean.assign(mean + difference * share)
        self.variance.assign(
            variance * (1.0 - share) + batch_variance * share + ops.square(difference) * share * (1.0 - share)
        )
        self.count.assign(count + new)

    def scale(self) -> Any:
        """Return the standard deviations, (D,) or (C,); 1 for dimensions that do not vary."""
        variance = ops.convert_to_tensor(self.variance)
        return ops.sqrt(ops.where(variance > 0.0, variance, ops.ones_like(variance)))

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return `(y, log |det dy/dx|)` of samples (N, *shape): (N, *shape) and a scalar."""
        scale = self.scale()
        return (x - self.mean) / scale, -math.prod(self.sample_shape[:-1]) * ops.sum(ops.log(scale))

    def inverse(self, y: Any) -> Any:
        """Return the samples that `forward` maps to `y`."""
        return y * self.scale() + self.mean

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"sample_shape": self.sample_shape}
