"""The networks that models train: functions that return a built `keras.Model`."""

from kerasgen.networks.adversarial import gan_discriminator, gan_generator
from kerasgen.networks.convolutional import (
    conv_decoder,
    conv_encoder,
    dcgan_discriminator,
    dcgan_generator,
    denoising_decoder,
    denoising_encoder,
)
from kerasgen.networks.dense import dense_decoder, dense_encoder

__all__ = [
    "conv_decoder",
    "conv_encoder",
    "dcgan_discriminator",
    "dcgan_generator",
    "denoising_decoder",
    "denoising_encoder",
    "dense_decoder",
    "dense_encoder",
    "gan_discriminator",
    "gan_generator",
]
