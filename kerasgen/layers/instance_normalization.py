"""Instance normalisation (Ulyanov et al. 2016, arXiv:1607.08022)."""

import keras
from keras import ops

from kerasgen import backend


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
        # half precision overflows in the sums
        x, gamma, beta = (ops.cast(tensor, "float32") for tensor in (inputs, self.gamma, self.beta))
        return ops.cast(backend.normalize_instances(x, gamma, beta, self.epsilon), self.compute_dtype)

    def get_config(self):
        """Return the arguments."""
        initializer = keras.initializers.serialize(self.gamma_initializer)
        return super().get_config() | {"epsilon": self.epsilon, "gamma_initializer": initializer}
