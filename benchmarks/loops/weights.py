"""The first weights of the hand-written loops: NumPy arrays in Keras's layout and order.

Dense kernels are (in, out), kernels of convolutions (height, width, in, out), of transposed ones
(height, width, out, in).
"""

import numpy as np

PIXELS, HIDDEN = 784, 400
AUTOENCODER_LATENT, VAE_LATENT, GAN_LATENT, DCGAN_LATENT = 32, 200, 64, 100
UNITS, PIECES = 200, 5  # maxout units of the GAN's discriminator, and the linear pieces of each
WIDTH = 64


def autoencoder(seed):
    """Return a dict of name -> array; kernels uniform in +-1/sqrt(inputs), biases of zero, as in kerasgen."""
    return _encoder_decoder(seed, ["latents"], AUTOENCODER_LATENT)


def vae(seed):
    """Return a dict of name -> array, as `autoencoder` does."""
    return _encoder_decoder(seed, ["mean", "log_variance"], VAE_LATENT)


def _encoder_decoder(seed, heads, latent_dim):
    rng = np.random.default_rng(seed)
    shapes = {
        "encoder_1": (PIXELS, HIDDEN),
        "encoder_2": (HIDDEN, HIDDEN),
        **dict.fromkeys(heads, (HIDDEN, latent_dim)),
        "decoder_1": (latent_dim, HIDDEN),
        "decoder_2": (HIDDEN, HIDDEN),
        "pixels": (HIDDEN, PIXELS),
    }
    return {name: array for layer, shape in shapes.items() for name, array in _dense(rng, layer, *shape).items()}


def _dense(rng, layer, inputs, outputs, biased=True):
    kernel = rng.uniform(-(inputs**-0.5), inputs**-0.5, (inputs, outputs)).astype("float32")
    return {f"{layer}.kernel": kernel} | ({f"{layer}.bias": np.zeros(outputs, "float32")} if biased else {})


def gan(seed):
    """Return `(generator, discriminator)`, dicts of name -> array; kernels uniform, scales of one."""
    rng = np.random.default_rng(seed)
    generator, inputs = {}, GAN_LATENT
    for i in (1, 2, 3, 4):
        generator |= _dense(rng, f"dense_{i}", inputs, HIDDEN, biased=False)
        generator |= {f"norm_{i}.scale": np.ones(HIDDEN, "float32"), f"norm_{i}.shift": np.zeros(HIDDEN, "float32")}
        inputs = HIDDEN
    generator |= _dense(rng, "pixels", HIDDEN, PIXELS)
    discriminator, inputs = {}, PIXELS
    for i in (1, 2, 3):
        discriminator |= _dense(rng, f"maxout_{i}", inputs, PIECES * UNITS)
        inputs = UNITS
    return generator, discriminator | _dense(rng, "judge", UNITS, 1)


def dcgan(seed):
    """Return `(generator, discriminator)`, dicts of name -> array; Radford et al. 2016, section 4."""
    rng = np.random.default_rng(seed)
    return _random(rng, _GENERATOR), _random(rng, _DISCRIMINATOR)


_GENERATOR = {
    "project.kernel": (DCGAN_LATENT, 7 * 7 * 2 * WIDTH),
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
