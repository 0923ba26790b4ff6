"""The dense layer of Keras with the fastest kernel of each backend."""

from typing import Any

import keras

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class Dense(keras.layers.Dense):
    """`keras.layers.Dense` with the backend's fastest kernel.

    On PyTorch that is oneDNN where it is faster, such as on AMD processors.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import Dense
        >>> Dense(4, activation="relu")(np.ones((2, 3), "float32")).shape == (2, 4)
        True
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the product of `inputs` (..., I) and the kernel (I, O), with bias and activation.

        Args:
            inputs: tensor (..., I).
            training: unused, as in `keras.layers.Dense`.
        """
        outputs = backend.dense(inputs, self.kernel, self.bias)
        return outputs if self.activation is None else self.activation(outputs)
