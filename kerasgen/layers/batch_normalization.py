"""Batch normalization (Ioffe and Szegedy 2015, arXiv:1502.03167) over the global batch, with fused kernels."""

from typing import Any

import keras
from keras import ops

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the last axis, with two differences in training.

    It uses the backend's fused kernel where there is one. Under TensorFlow's `MirroredStrategy` it uses the statistics
    of the global batch, as on JAX, so that the model does not depend on the number of devices.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import BatchNormalization
        >>> BatchNormalization()(np.ones((4, 8, 8, 3), "float32")).shape == (4, 8, 8, 3)
        True
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return `inputs` (N, ..., C) normalized by the statistics of the batch, or by the moving ones in inference.

        Args:
            inputs: tensor (N, ..., C).
            training: whether to use, and to record, the statistics of the batch.
            mask: see `keras.layers.BatchNormalization`.
        """
        supported = self.scale and self.center and mask is None and self.axis in (-1, inputs.ndim - 1)
        if not (supported and training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = backend.normalize_batch(
            ops.cast(inputs, "float32"),  # because sums overflow in half precision
            ops.cast(self.gamma, "float32"),
            ops.cast(self.beta, "float32"),
            self.epsilon,
        )
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)
