"""Keras's densely connected layer by each backend's fastest kernel."""

import keras

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class Dense(keras.layers.Dense):
    """`keras.layers.Dense`, on PyTorch with products of matrices that also processors of AMD make fast."""

    def call(self, inputs, training=None):
        """Return `inputs` (..., I) times the kernel (I, O), with bias and activation."""
        outputs = backend.dense(inputs, self.kernel, self.bias)
        return outputs if self.activation is None else self.activation(outputs)
