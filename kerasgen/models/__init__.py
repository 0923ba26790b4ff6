"""The models: one file for each algorithm. Importing this package registers the classes with Keras."""

import importlib
import pkgutil

from kerasgen import layers, losses, optimizers  # noqa: F401  (registers their classes)
from kerasgen.models.autoencoder import Autoencoder, DenoisingAutoencoder
from kerasgen.models.base.adversary import Adversary
from kerasgen.models.base.autoregressive import Autoregressive
from kerasgen.models.base.averaging import MovingAverage
from kerasgen.models.base.encoder_decoder import EncoderDecoder
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, Normal, Uniform
from kerasgen.models.base.translation import TranslationModel
from kerasgen.models.cyclegan import CycleGAN
from kerasgen.models.denoiser import Denoiser
from kerasgen.models.diffusion import Diffusion
from kerasgen.models.gan import GAN
from kerasgen.models.latent_diffusion import LatentDiffusion
from kerasgen.models.made import MADE
from kerasgen.models.meanflow import MeanFlow
from kerasgen.models.pix2pix import Pix2Pix
from kerasgen.models.pixelcnn import PixelCNN
from kerasgen.models.realnvp import RealNVP
from kerasgen.models.vae import VAE
from kerasgen.models.vae_gan import VAEGAN
from kerasgen.models.vq_vae import VQVAE

__all__ = [
    "GAN",
    "MADE",
    "VAE",
    "VAEGAN",
    "VQVAE",
    "Adversary",
    "Autoencoder",
    "Autoregressive",
    "Batch",
    "CycleGAN",
    "Denoiser",
    "DenoisingAutoencoder",
    "Diffusion",
    "EncoderDecoder",
    "GenerativeModel",
    "LatentDiffusion",
    "MeanFlow",
    "MovingAverage",
    "Normal",
    "Pix2Pix",
    "PixelCNN",
    "RealNVP",
    "TranslationModel",
    "Uniform",
]

for _module in pkgutil.iter_modules(__path__):  # registers the classes of models that are not named above, too
    if not _module.ispkg:
        importlib.import_module(f"{__name__}.{_module.name}")
