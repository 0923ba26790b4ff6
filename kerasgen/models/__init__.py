"""The models: one file for each algorithm, apart from the networks that it trains."""

from kerasgen.models.autoencoder import Autoencoder, DenoisingAutoencoder
from kerasgen.models.cyclegan import CycleGAN
from kerasgen.models.encoder_decoder import EncoderDecoder
from kerasgen.models.game import Game
from kerasgen.models.gan import GAN
from kerasgen.models.generative_model import GenerativeModel
from kerasgen.models.pix2pix import Pix2Pix
from kerasgen.models.translation import TranslationModel
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
