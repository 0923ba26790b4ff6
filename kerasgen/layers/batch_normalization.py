"""Batch normalisation (Ioffe and Szegedy 2015) by each backend's fastest kernel, over the global batch."""

import keras
from keras import ops

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the last axis, with two differences in training.

    It uses the backend's fused kernel where there is one, and under TensorFlow's `MirroredStrategy` the
    statistics are those of the global batch, as they are on JAX, so that the number of devices does not
    change the model.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalise `inputs` (N, ..., C), in training by the statistics of the batch."""
        plain = self.scale and self.center and mask is None and self.axis in (-1, inputs.ndim - 1)
        if not (plain and training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = backend.normalize_batch(
            ops.cast(inputs, "float32"),  # half precision overflows in the sums
            ops.cast(self.gamma, "float32"),
            ops.cast(self.beta, "float32"),
            self.epsilon,
        )
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)
