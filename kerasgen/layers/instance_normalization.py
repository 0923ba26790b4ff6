"""Instance normalisation (Ulyanov et al. 2016, arXiv:1607.08022)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class InstanceNormalization(keras.layers.Layer):
    """Normalises each channel of each image by its own mean and variance, then scales and shifts it.

    The images of a batch stay independent of each other, in training as later.

    Args:
        epsilon: float, added to the variance.
        gamma_initializer: of the scales (C,).
    """

    def __init__(self, epsilon=1e-5, gamma_initializer="ones", **kwargs):
        super().__init__(**kwargs)
        self.epsilon, self.gamma_initializer = epsilon, keras.initializers.get(gamma_initializer)

    def build(self, input_shape):
        """Make the scales and the shifts, (C,) each."""
        self.gamma = self.add_weight((input_shape[-1],), self.gamma_initializer, name="gamma")
        self.beta = self.add_weight((input_shape[-1],), "zeros", name="beta")

    def call(self, inputs):
        """Normalise images (N, H, W, C)."""
        x = ops.cast(inputs, "float32")  # half precision overflows in the sums
        centred = x - ops.mean(x, axis=(1, 2), keepdims=True)
        # Not `ops.moments`: on two backends it takes E[x^2] - E[x]^2, of which a faint pattern on a bright image leaves
        # nothing in float32.
        variance = ops.mean(ops.square(centred), axis=(1, 2), keepdims=True)
        scale = ops.rsqrt(variance + self.epsilon) * ops.cast(self.gamma, "float32")
        return ops.cast(centred * scale + ops.cast(self.beta, "float32"), self.compute_dtype)

    def get_config(self):
        """Return the arguments."""
        initializer = keras.initializers.serialize(self.gamma_initializer)
        return super().get_config() | {"epsilon": self.epsilon, "gamma_initializer": initializer}
