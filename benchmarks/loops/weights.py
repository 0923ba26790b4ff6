"""The first weights of the hand-written loops: NumPy arrays in Keras's layout and order.

Dense kernels are (in, out), kernels of convolutions (height, width, in, out), of transposed ones
(height, width, out, in).
"""

import numpy as np

PIXELS, HIDDEN, VAE_LATENT = 784, 400, 200
WIDTH, GAN_LATENT = 64, 100


def vae(seed):
    """Return a dict of name -> array; kernels uniform in +-1/sqrt(inputs), biases of zero, as in kerasgen."""
    rng = np.random.default_rng(seed)
    shapes = {
        "encoder_1": (PIXELS, HIDDEN),
        "encoder_2": (HIDDEN, HIDDEN),
        "mean": (HIDDEN, VAE_LATENT),
        "log_variance": (HIDDEN, VAE_LATENT),
        "decoder_1": (VAE_LATENT, HIDDEN),
        "decoder_2": (HIDDEN, HIDDEN),
        "pixels": (HIDDEN, PIXELS),
    }
    weights = {}
    for name, shape in shapes.items():
        limit = shape[0] ** -0.5
        weights[f"{name}.kernel"] = rng.uniform(-limit, limit, shape).astype("float32")
        weights[f"{name}.bias"] = np.zeros(shape[1], "float32")
    return weights


def dcgan(seed):
    """Return `(generator, discriminator)`, dicts of name -> array; Radford et al. 2016, section 4."""
    rng = np.random.default_rng(seed)
    return _random(rng, _GENERATOR), _random(rng, _DISCRIMINATOR)


_GENERATOR = {
    "project.kernel": (GAN_LATENT, 7 * 7 * 2 * WIDTH),
    "norm_1.scale": (2 * WIDTH,),
    "norm_1.shift": (2 * WIDTH,),
    "up_1.kernel": (4, 4, WIDTH, 2 * WIDTH),
    "norm_2.scale": (WIDTH,),
    "norm_2.shift": (WIDTH,),
    "up_2.kernel": (4, 4, 1, WIDTH),
    "up_2.bias": (1,),
}

_DISCRIMINATOR = {
    "down_1.kernel": (4, 4, 1, WIDTH),
    "down_1.bias": (WIDTH,),
    "down_2.kernel": (4, 4, WIDTH, 2 * WIDTH),
    "norm_3.scale": (2 * WIDTH,),
    "norm_3.shift": (2 * WIDTH,),
    "down_3.kernel": (4, 4, 2 * WIDTH, 4 * WIDTH),
    "norm_4.scale": (4 * WIDTH,),
    "norm_4.shift": (4 * WIDTH,),
    "logit.kernel": (4 * 4 * 4 * WIDTH, 1),
    "logit.bias": (1,),
}

_MEAN_AND_DEVIATION = {"kernel": (0.0, 0.02), "scale": (1.0, 0.02), "shift": (0.0, 0.0), "bias": (0.0, 0.0)}


def _random(rng, shapes):
    return {
        name: rng.normal(*_MEAN_AND_DEVIATION[name.split(".")[1]], shape).astype("float32")
        for name, shape in shapes.items()
    }
