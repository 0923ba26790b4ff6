"""The dense VAE in PyTorch."""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from benchmarks.loops.weights import HIDDEN, LATENT, PIXELS
from benchmarks.loops.with_torch.layers import Player


class Network(nn.Module):
    """Encoder, its two heads and decoder; returns the losses."""

    def __init__(self, latent_dim=LATENT["vae"]):
        super().__init__()
        self.encoder = _hidden(PIXELS)
        self.mean, self.log_variance = nn.Linear(HIDDEN, latent_dim), nn.Linear(HIDDEN, latent_dim)
        self.decoder = nn.Sequential(*_hidden(latent_dim), nn.Linear(HIDDEN, PIXELS))

    def forward(self, images, noise):
        """Return the negative bound in nats and its two parts, means over the batch."""
        pixels = images.flatten(1)
        hidden = self.encoder(pixels)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        logits = self.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        error = binary_cross_entropy_with_logits(logits, pixels, reduction="sum") / len(images)
        divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum() / len(images)
        return error + divergence, error, divergence


def _hidden(inputs):
    return nn.Sequential(nn.Linear(inputs, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN), nn.LeakyReLU(0.2))


class VAE:
    """The network and its Adam, with arrays of `weights.first`."""

    def __init__(self, arrays):
        self.player = Player(Network(), arrays, 1e-3)

    def step(self, images, noise):
        """Take one step and return the losses."""
        losses = self.player(images, noise)
        self.player.step(losses[0])
        return [loss.detach() for loss in losses]

    def validate(self, images, noise):
        """Return the losses, without a step."""
        return self.player(images, noise)
