"""The networks that models train: functions that return a built `keras.Model`."""

from kerasgen.networks.convolutional import (
    conv_decoder,
    conv_encoder,
    dcgan_discriminator,
    dcgan_generator,
)
from kerasgen.networks.dense import dense_decoder, dense_encoder

__all__ = [
    "conv_decoder",
    "conv_encoder",
    "dcgan_discriminator",
    "dcgan_generator",
    "dense_decoder",
    "dense_encoder",
]
