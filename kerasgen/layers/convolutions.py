"""Keras's convolutions by each backend's fastest kernel."""

import keras

from kerasgen import backend


@keras.saving.register_keras_serializable("kerasgen")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, on PyTorch without the copies of images and kernels, on TensorFlow better fused."""

    def convolution_op(self, inputs, kernel):
        """Return the convolution of `inputs` (N, H, W, I) with `kernel` (h, w, I, O), without a bias."""
        plain = self.data_format == "channels_last" and self.groups == 1 and self.dilation_rate == (1, 1)
        if not plain or self.padding not in ("same", "valid"):
            return super().convolution_op(inputs, kernel)
        return backend.convolve(inputs, kernel, self.strides, self.padding)

    def call(self, inputs):
        """Return the convolution of `inputs`, with bias and activation."""
        if self.data_format != "channels_last":
            return super().call(inputs)
        outputs = self.convolution_op(inputs, self.kernel)
        if self.use_bias:
            # TensorFlow's optimiser of graphs gives up at Keras's sum in a DCGAN, loudly, as a LeakyReLU follows it.
            outputs = outputs + backend.reshape(self.bias, (1, 1, 1, -1))
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable("kerasgen")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, on PyTorch without the copies that Keras makes of images and kernels."""

    def call(self, inputs):
        """Return the transposed convolution of `inputs` (N, H, W, C), with bias and activation."""
        plain = self.data_format == "channels_last" and self.dilation_rate == (1, 1) and self.output_padding is None
        overlap = all(size >= stride for size, stride in zip(self.kernel_size, self.strides))
        if not (plain and overlap and self.padding in ("same", "valid")):
            return super().call(inputs)
        outputs = backend.convolve_transposed(inputs, self.kernel, self.strides, self.padding)
        outputs = outputs if self.bias is None else outputs + self.bias
        return outputs if self.activation is None else self.activation(outputs)
