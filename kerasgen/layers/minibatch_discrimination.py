"""Minibatch discrimination (Salimans et al. 2016, arXiv:1606.03498, section 3.2)."""

from typing import Any

import keras
from keras import ops

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class MinibatchDiscrimination(keras.layers.Layer):
    """Layer that appends to the features of each sample its similarities to the other samples of the batch.

    Args:
        kernels: number of similarities that are appended, B in the paper.
        dimensions: dimension of the space in which each similarity is measured, C in the paper.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import MinibatchDiscrimination
        >>> MinibatchDiscrimination(kernels=16)(np.ones((4, 32), "float32")).shape == (4, 48)
        True
    """

    def __init__(self, kernels: int = 16, dimensions: int = 8, **kwargs: Any):
        super().__init__(**kwargs)
        self.kernels, self.dimensions = kernels, dimensions

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the tensor T of the paper, as a matrix (A, B * C)."""
        self.projection = self.add_weight(
            (input_shape[-1], self.kernels * self.dimensions), keras.initializers.RandomNormal(0.0, 0.05), name="t"
        )

    def call(self, inputs: Any) -> Any:
        """Return features (N, A + B) from features (N, A)."""
        projected = ops.reshape(ops.matmul(inputs, self.projection), (-1, self.kernels, self.dimensions))
        similarities = backend.on_global_batch(_similarities, projected)
        return ops.concatenate([inputs, ops.cast(similarities, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return (N, A + B)."""
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"kernels": self.kernels, "dimensions": self.dimensions}


def _similarities(projected):
    """Return o(x_i)_b of the paper (N, B), without the sample's similarity of 1 to itself, from M (N, B, C)."""
    # c_b(x_i, x_j) = exp(-||M_ib - M_jb||_1), summed over j
    distances = ops.sum(ops.abs(projected[:, None] - projected[None, :]), axis=-1)
    return ops.sum(ops.exp(-distances), axis=1) - 1.0
