"""Functions that return the networks of the models, as built `keras.Model` objects."""

from kerasgen.networks.adversarial import gan_discriminator, gan_generator
from kerasgen.networks.convolutional import conv_decoder, conv_encoder
from kerasgen.networks.dcgan import dcgan_discriminator, dcgan_generator
from kerasgen.networks.denoising import denoising_decoder, denoising_encoder, denoising_unet
from kerasgen.networks.dense import dense_decoder, dense_encoder
from kerasgen.networks.diffusion import diffusion_mlp, diffusion_unet
from kerasgen.networks.flows import conv_conditioner, conv_flow, dense_conditioner, dense_flow, dequantization_flow
from kerasgen.networks.made import made_network
from kerasgen.networks.patch import patch_discriminator
from kerasgen.networks.pixelcnn import pixelcnn_networks
from kerasgen.networks.resnet import resnet_generator
from kerasgen.networks.unet import unet_generator
from kerasgen.networks.vector_quantized import grid_decoder, grid_encoder

__all__ = [
    "conv_conditioner",
    "conv_decoder",
    "conv_encoder",
    "conv_flow",
    "dcgan_discriminator",
    "dcgan_generator",
    "denoising_decoder",
    "denoising_encoder",
    "denoising_unet",
    "dense_conditioner",
    "dense_decoder",
    "dense_encoder",
    "dense_flow",
    "dequantization_flow",
    "diffusion_mlp",
    "diffusion_unet",
    "gan_discriminator",
    "gan_generator",
    "grid_decoder",
    "grid_encoder",
    "made_network",
    "patch_discriminator",
    "pixelcnn_networks",
    "resnet_generator",
    "unet_generator",
]
