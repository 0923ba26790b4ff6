"""Instance normalization (Ulyanov et al. 2016, arXiv:1607.08022)."""

from typing import Any

import keras
from keras import ops

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class InstanceNormalization(keras.layers.Layer):
    """Layer that normalizes each channel of each image by its own mean and variance, then scales and shifts it.

    The output for one image does not depend on the rest of the batch, even in training mode.

    Args:
        epsilon: number added to the variance.
        gamma_initializer: initializer of the scales (C,).

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import InstanceNormalization
        >>> InstanceNormalization()(np.ones((2, 8, 8, 3), "float32")).shape == (2, 8, 8, 3)
        True
    """

    def __init__(self, epsilon: float = 1e-5, gamma_initializer: Any = "ones", **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon, self.gamma_initializer = epsilon, keras.initializers.get(gamma_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the scales and the shifts, (C,) each."""
        self.gamma = self.add_weight((input_shape[-1],), self.gamma_initializer, name="gamma")
        self.beta = self.add_weight((input_shape[-1],), "zeros", name="beta")

    def call(self, inputs: Any) -> Any:
        """Return the normalized images (N, H, W, C)."""
        # float32, because sums overflow in half precision
        x, gamma, beta = (ops.cast(tensor, "float32") for tensor in (inputs, self.gamma, self.beta))
        return ops.cast(backend.normalize_instances(x, gamma, beta, self.epsilon), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        initializer = keras.initializers.serialize(self.gamma_initializer)
        return super().get_config() | {"epsilon": self.epsilon, "gamma_initializer": initializer}
