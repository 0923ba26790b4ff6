"""Group normalization (Wu and He 2018, arXiv:1803.08494), with a fused kernel."""

from typing import Any

import keras
from keras import ops

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class GroupNormalization(keras.layers.GroupNormalization):
    """`keras.layers.GroupNormalization`, with fewer passes over memory. One group is layer normalization.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import GroupNormalization
        >>> GroupNormalization(groups=1)(np.ones((2, 8, 8, 4), "float32")).shape == (2, 8, 8, 4)
        True
    """

    def call(self, inputs: Any) -> Any:
        """Return `inputs` (N, ..., C) normalized by the mean and variance of each group of channels of each image."""
        supported = self.scale and self.center and self.axis in (-1, inputs.ndim - 1) and inputs.ndim in (2, 4)
        if not supported:
            return super().call(inputs)
        # float32, because sums overflow in half precision
        x, gamma, beta = (ops.cast(tensor, "float32") for tensor in (inputs, self.gamma, self.beta))
        if inputs.ndim == 2:  # Keras's moments have wrong second derivatives on TensorFlow
            x = backend.reshape(x, (-1, 1, 1, inputs.shape[-1]))
        x = backend.normalize_images(x, gamma, beta, self.epsilon, self.groups)
        x = backend.reshape(x, (-1, inputs.shape[-1])) if inputs.ndim == 2 else x
        return ops.cast(x, self.compute_dtype)
