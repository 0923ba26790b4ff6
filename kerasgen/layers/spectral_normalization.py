"""Spectral normalisation (Miyato et al. 2018, arXiv:1802.05957)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class SpectralNormalization(keras.layers.Wrapper):
    """Runs a layer with its kernel divided by an estimate of the kernel's largest singular value.

    Algorithm 1 of the paper, one power iteration for each training pass. Keras's layer of this name assigns the
    normalised kernel to the kernel itself, through which no gradient comes and which the optimizer overwrites.

    Args:
        layer: a `Dense` or `Conv2D`; its `kernel` has the outputs on the last axis.
    """

    def build(self, input_shape=None):
        """Build the layer, and the vector `u` of the power iteration, (1, outputs)."""
        super().build(input_shape)
        outputs = self.layer.kernel.shape[-1]
        self.u = self.add_weight((1, outputs), "random_normal", name="u", trainable=False)

    def call(self, inputs, training=False):
        """Return the layer's outputs for `inputs`."""
        kernel = ops.convert_to_tensor(self.layer.kernel)
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        fixed, u = ops.stop_gradient(matrix), ops.convert_to_tensor(self.u)
        v = _unit(ops.matmul(u, ops.transpose(fixed)))
        u = _unit(ops.matmul(v, fixed))
        if training:
            self.u.assign(u)
        sigma = ops.sum(ops.matmul(ops.stop_gradient(v), matrix) * ops.stop_gradient(u))
        values = {variable.path: (variable, variable.value) for variable in self.layer.variables}
        values[self.layer.kernel.path] = (self.layer.kernel, kernel / sigma)
        with keras.StatelessScope(state_mapping=list(values.values())):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape):
        """Return the layer's output shape."""
        return self.layer.compute_output_shape(input_shape)


def _unit(x):
    return x / (ops.norm(x) + 1e-12)
