"""Convolutions of images (N, H, W, C) as Keras makes them: on TensorFlow and JAX, which take them as they are."""

import functools

import keras

convolve = functools.partial(keras.ops.conv, data_format="channels_last")
convolve_transposed = functools.partial(keras.ops.conv_transpose, padding="same", data_format="channels_last")
