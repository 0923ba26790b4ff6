"""Dropout whose masks are cut out of given noise: the noise z of pix2pix (Isola et al. 2017, arXiv:1611.07004)."""

import math
from statistics import NormalDist

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class NoiseDropout(keras.layers.Layer):
    """Puts a share `rate` of the features to 0, those that the noise says, in training as in generation.

    The layer draws nothing: the same noise gives the same images on every backend, and a model has one random
    state, its own, however many of these layers its network has.

    Args:
        rate: float in [0, 1), the share that is put to 0; what is left is scaled by 1 / (1 - rate).
        start: int, the first column of the noise that belongs to this layer.
    """

    def __init__(self, rate=0.5, start=0, **kwargs):
        super().__init__(**kwargs)
        self.rate, self.start = rate, start

    def call(self, inputs):
        """Return features (N, H, W, C) of `[features, noise]`, the noise (N, D) standard normal."""
        features, noise = inputs
        shape = features.shape[1:]
        mine = ops.reshape(noise[:, self.start : self.start + math.prod(shape)], (-1, *shape))
        kept = mine > (NormalDist().inv_cdf(self.rate) if self.rate else -float("inf"))
        return ops.where(kept, features * (1.0 / (1.0 - self.rate)), ops.zeros_like(features))

    def compute_output_shape(self, input_shape):
        """Return the shape of the features."""
        return input_shape[0]

    def get_config(self):
        """Return the arguments."""
        return super().get_config() | {"rate": self.rate, "start": self.start}
