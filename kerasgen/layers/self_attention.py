"""Self-attention between the positions of an image."""

import math
from typing import Any

import keras
from keras import ops

from kerasgen import backend
from kerasgen.layers.dense import Dense
from kerasgen.layers.group_normalization import GroupNormalization


@keras.saving.register_keras_serializable("kerasgen")
class SelfAttention(keras.layers.Layer):
    """Residual self-attention with one head between all positions of an image; the identity at first.

    Args:
        groups: number of groups of the normalization of the inputs.

    Source:
        Ho et al. 2020, arXiv:2006.11239, appendix B, after Wang et al. 2018, arXiv:1711.07971.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import SelfAttention
        >>> SelfAttention()(np.ones((2, 4, 4, 8), "float32")).shape == (2, 4, 4, 8)
        True
    """

    def __init__(self, groups: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.groups = groups

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        height, width, channels = input_shape[1:]
        self.normalization = GroupNormalization(self.groups, dtype=self.dtype_policy, name="normalization")
        self.normalization.build(input_shape)
        rows = (None, height * width, channels)
        self.projection = Dense(3 * channels, dtype=self.dtype_policy, name="projection")
        self.projection.build(rows)
        self.output_layer = Dense(channels, kernel_initializer="zeros", dtype=self.dtype_policy, name="output")
        self.output_layer.build(rows)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return `inputs` (N, H, W, C) plus the attention's output."""
        height, width, channels = inputs.shape[1:]
        x = backend.reshape(self.normalization(inputs), (-1, height * width, channels))
        query, key, value = ops.split(self.projection(x), 3, axis=2)
        scores = ops.matmul(query, ops.transpose(key, (0, 2, 1))) / math.sqrt(channels)
        attended = self.output_layer(ops.matmul(ops.softmax(scores, axis=-1), value))
        return inputs + backend.reshape(attended, (-1, height, width, channels))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"groups": self.groups}
