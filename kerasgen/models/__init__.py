"""The models: one file for each algorithm, apart from the networks that it trains."""

from kerasgen.models.autoencoder import Autoencoder, DenoisingAutoencoder
from kerasgen.models.base.adversary import Game
from kerasgen.models.base.encoder_decoder import EncoderDecoder
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.translation import TranslationModel
from kerasgen.models.cyclegan import CycleGAN
from kerasgen.models.gan import GAN
from kerasgen.models.pix2pix import Pix2Pix
from kerasgen.models.vae import VAE
from kerasgen.models.vae_gan import VAEGAN

__all__ = [
    "GAN",
    "VAE",
    "VAEGAN",
    "Autoencoder",
    "CycleGAN",
    "DenoisingAutoencoder",
    "EncoderDecoder",
    "Game",
    "GenerativeModel",
    "Pix2Pix",
    "TranslationModel",
]
