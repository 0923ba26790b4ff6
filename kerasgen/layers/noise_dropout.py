"""Dropout with masks from given noise: the noise z of pix2pix (Isola et al. 2017, arXiv:1611.07004)."""

import math
from statistics import NormalDist
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("kerasgen")
class NoiseDropout(keras.layers.Layer):
    """Dropout whose mask is a function of an input of noise, in training and in generation.

    The layer draws no random numbers. Therefore the same noise gives the same images on every backend, and a model
    needs only one random state.

    Args:
        rate: probability that a feature is set to 0, in [0, 1); the others are scaled by 1 / (1 - rate).
        start: first column of the noise that this layer uses.

    Example:
        >>> import numpy as np
        >>> from kerasgen.layers import NoiseDropout
        >>> features, noise = np.ones((2, 4, 4, 3), "float32"), np.zeros((2, 48), "float32")
        >>> NoiseDropout(0.5)([features, noise]).shape == (2, 4, 4, 3)
        True
    """

    def __init__(self, rate: float = 0.5, start: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.start = rate, start

    def call(self, inputs: Any) -> Any:
        """Return features (N, H, W, C) after dropout.

        Args:
            inputs: `[features, noise]`, of shapes (N, H, W, C) and (N, D), the noise standard normal.
        """
        features, noise = inputs
        shape = features.shape[1:]
        own_noise = ops.reshape(noise[:, self.start : self.start + math.prod(shape)], (-1, *shape))
        kept = own_noise > (NormalDist().inv_cdf(self.rate) if self.rate else -float("inf"))
        return ops.where(kept, features * (1.0 / (1.0 - self.rate)), ops.zeros_like(features))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the features."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"rate": self.rate, "start": self.start}
