"""The linear maps of layers as Keras makes them: on TensorFlow and JAX, which have fast kernels for what Keras asks."""

import functools

import keras

multiply = keras.ops.matmul
convolve = functools.partial(keras.ops.conv, data_format="channels_last")
convolve_transposed = functools.partial(keras.ops.conv_transpose, padding="same", data_format="channels_last")
