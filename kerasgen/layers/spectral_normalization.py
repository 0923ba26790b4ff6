"""Spectral normalization (Miyato et al. 2018, arXiv:1802.05957)."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class SpectralNormalization(keras.layers.Wrapper):
    """Wrapper that divides the kernel of a layer by an estimate of its largest singular value.

    Algorithm 1 of the paper, with one power iteration for each training pass. Keras's layer of this name assigns the
    normalized kernel to the kernel itself: no gradient flows through the division, and the optimizer overwrites it.

    Args:
        layer: a `Dense` or `Conv2D` layer; the last axis of its `kernel` is that of the outputs.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import Conv2D, SpectralNormalization
        >>> SpectralNormalization(Conv2D(4, 3))(np.ones((1, 8, 8, 3), "float32")).shape == (1, 6, 6, 4)
        True
    """

    def build(self, input_shape: Any = None) -> None:
        """Build the layer, and the vector `u` (1, outputs) of the power iteration."""
        super().build(input_shape)
        outputs = self.layer.kernel.shape[-1]
        self.u = self.add_weight((1, outputs), "random_normal", name="u", trainable=False)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the outputs of the layer for `inputs`, with the normalized kernel.

        Args:
            inputs: inputs of the layer.
            training: whether to update `u`.
        """
        kernel = ops.convert_to_tensor(self.layer.kernel)
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        constant, u = ops.stop_gradient(matrix), ops.convert_to_tensor(self.u)
        v = _unit(ops.matmul(u, ops.transpose(constant)))
        u = _unit(ops.matmul(v, constant))
        if training:
            self.u.assign(u)
        sigma = ops.sum(ops.matmul(ops.stop_gradient(v), matrix) * ops.stop_gradient(u))
        values = {variable.path: (variable, variable.value) for variable in self.layer.variables}
        values[self.layer.kernel.path] = (self.layer.kernel, kernel / sigma)
        with keras.StatelessScope(state_mapping=list(values.values())):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output shape of the layer."""
        return self.layer.compute_output_shape(input_shape)


def _unit(x):
    return x / (ops.norm(x) + 1e-12)
