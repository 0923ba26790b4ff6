"""Minibatch discrimination (Salimans et al. 2016, arXiv:1606.03498, section 3.2)."""

import keras
from keras import ops

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends to each sample's features how close they are to those of the other samples of the batch.

    Args:
        kernels: int, B of the paper: how many similarities are appended.
        dimensions: int, C of the paper: of the space in which each similarity is measured.
    """

    def __init__(self, kernels=16, dimensions=8, **kwargs):
        super().__init__(**kwargs)
        self.kernels, self.dimensions = kernels, dimensions

    def build(self, input_shape):
        """Make the tensor T of the paper, as a matrix (features, B C)."""
        self.projection = self.add_weight(
            (input_shape[-1], self.kernels * self.dimensions), keras.initializers.RandomNormal(0.0, 0.05), name="t"
        )

    def call(self, inputs):
        """Return features (N, A + B) of features (N, A)."""
        projected = ops.reshape(ops.matmul(inputs, self.projection), (-1, self.kernels, self.dimensions))
        similarity = backend.on_global_batch(_similarity, projected)
        return ops.concatenate([inputs, ops.cast(similarity, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """Return (N, A + B)."""
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self):
        """Return the arguments."""
        return super().get_config() | {"kernels": self.kernels, "dimensions": self.dimensions}


def _similarity(projected):
    """Return o(x_i)_b of the paper, less the 1 of the sample itself, (N, B), of the rows M_i of all, (N, B, C)."""
    # c_b(x_i, x_j) = exp(-||M_ib - M_jb||_1), summed over j
    distances = ops.sum(ops.abs(projected[:, None] - projected[None, :]), axis=-1)
    return ops.sum(ops.exp(-distances), axis=1) - 1.0
