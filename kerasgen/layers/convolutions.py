"""Convolutional layers of Keras with the fastest kernel of each backend."""

from typing import Any

import keras

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with the backend's fastest kernel.

    PyTorch does not copy images and kernels; TensorFlow fuses the bias.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import Conv2D
        >>> Conv2D(4, 3, strides=2, padding="same")(np.ones((1, 8, 8, 3), "float32")).shape == (1, 4, 4, 4)
        True
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Return the convolution of `inputs` (N, H, W, I) with `kernel` (h, w, I, O), without the bias."""
        supported = self.data_format == "channels_last" and self.groups == 1 and self.dilation_rate == (1, 1)
        if not supported or self.padding not in ("same", "valid"):
            return super().convolution_op(inputs, kernel)
        return backend.convolve(inputs, kernel, self.strides, self.padding)

    def call(self, inputs: Any) -> Any:
        """Return the convolution of `inputs` (N, H, W, I), with bias and activation."""
        if self.data_format != "channels_last":
            return super().call(inputs)
        outputs = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            # TensorFlow's graph optimizer fails, with a warning, on Keras's sum if a LeakyReLU follows.
            outputs = outputs + backend.reshape(self.bias, (1, 1, 1, -1))
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable("kerasgen")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with the backend's fastest kernel; PyTorch does not copy images and kernels.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import Conv2DTranspose
        >>> Conv2DTranspose(4, 4, strides=2, padding="same")(np.ones((1, 8, 8, 3), "float32")).shape == (1, 16, 16, 4)
        True
    """

    def call(self, inputs: Any) -> Any:
        """Return the transposed convolution of `inputs` (N, H, W, I), with bias and activation."""
        supported = self.data_format == "channels_last" and self.dilation_rate == (1, 1) and self.output_padding is None
        overlapping = all(size >= stride for size, stride in zip(self.kernel_size, self.strides))
        if not (supported and overlapping and self.padding in ("same", "valid")):
            return super().call(inputs)
        outputs = backend.convolve_transposed(inputs, self.kernel, self.strides, self.padding)
        outputs = outputs if self.bias is None else outputs + self.bias
        return outputs if self.activation is None else self.activation(outputs)
