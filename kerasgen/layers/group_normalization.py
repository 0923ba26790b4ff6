"""Group normalisation (Wu and He 2018, arXiv:1803.08494), of one group by each backend's fastest kernel."""

import keras
from keras import ops

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class GroupNormalization(keras.layers.GroupNormalization):
    """`keras.layers.GroupNormalization`; with one group, each image as a whole, in fewer passes through memory."""

    def call(self, inputs):
        """Normalise `inputs` (N, ..., C) by the mean and variance of each group of channels of each image."""
        plain = self.groups == 1 and self.scale and self.center and self.axis in (-1, 3) and inputs.ndim == 4
        if not plain:
            return super().call(inputs)
        # half precision overflows in the sums
        x, gamma, beta = (ops.cast(tensor, "float32") for tensor in (inputs, self.gamma, self.beta))
        return ops.cast(backend.normalize_images(x, gamma, beta, self.epsilon), self.compute_dtype)
