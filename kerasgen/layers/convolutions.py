"""Keras's convolutions by each backend's fastest kernel."""

import keras

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, on PyTorch without the copies that Keras makes of images and kernels."""

    def convolution_op(self, inputs, kernel):
        """Return the convolution of `inputs` (N, H, W, I) with `kernel` (h, w, I, O), without a bias."""
        plain = self.data_format == "channels_last" and self.groups == 1 and self.dilation_rate == (1, 1)
        if not plain or self.padding not in ("same", "valid"):
            return super().convolution_op(inputs, kernel)
        return backend.convolve(inputs, kernel, self.strides, self.padding)


@keras.saving.register_keras_serializable("kerasgen")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, on PyTorch without the copies that Keras makes of images and kernels."""

    def call(self, inputs):
        """Return the transposed convolution of `inputs` (N, H, W, C), with bias and activation."""
        plain = self.data_format == "channels_last" and self.dilation_rate == (1, 1) and self.output_padding is None
        overlap = all(size >= stride for size, stride in zip(self.kernel_size, self.strides))
        if not (plain and overlap and self.padding == "same"):
            return super().call(inputs)
        outputs = backend.convolve_transposed(inputs, self.kernel, self.strides)
        outputs = outputs if self.bias is None else outputs + self.bias
        return outputs if self.activation is None else self.activation(outputs)
