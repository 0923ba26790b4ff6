"""A VAE of points with two values and one latent, for which every quantity has a closed form."""

import keras
import numpy as np

from kerasgen import models


def linear_vae(w):
    """Return the VAE with p(x|z) = N(wz, I) for points (2,) and q(z|x) the exact posterior."""
    points = keras.Input((2,))
    mean, log_variance = keras.layers.Dense(1), keras.layers.Dense(1)
    encoder = keras.Model(points, [mean(points), log_variance(points)])
    precision = 1 + w @ w
    mean.set_weights([(w / precision)[:, None], np.zeros(1)])
    log_variance.set_weights([np.zeros((2, 1)), np.array([-np.log(precision)])])
    decoder = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    decoder.layers[0].set_weights([w[None], np.zeros(2)])
    return models.VAE(encoder, decoder, likelihood="gaussian")
