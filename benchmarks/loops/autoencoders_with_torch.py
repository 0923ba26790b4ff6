"""The autoencoders and the VAEs in PyTorch: modules that return their losses, in PyTorch's own layout (N, C, H, W)."""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

from .layers_with_torch import FromImage, ToImage, adam, filled
from .weights import CLASSES, HIDDEN, LATENT, PIXELS


class Perceptrons(nn.Module):
    """Images to the encoder's last hidden values, and latents to the logits (N, pixels); both may be told the class."""

    def __init__(self, latent_dim, heads, classes=0):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(PIXELS + classes, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN), nn.LeakyReLU(0.2)
        )
        self.heads = nn.ModuleList(nn.Linear(HIDDEN, latent_dim) for _ in range(heads))
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim + classes, HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN, HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN, PIXELS),
        )

    def encode(self, images, labels=None):
        """Return what each of the heads makes of images."""
        hidden = self.encoder(with_class(images.flatten(1), labels))
        return [head(hidden) for head in self.heads]

    def decode(self, latents, labels=None):
        """Return the logits."""
        return self.decoder(with_class(latents, labels))


def with_class(x, labels):
    """Return x with the class beside it, of labels, if there are any."""
    return x if labels is None else torch.cat([x, one_hot(labels, CLASSES)], 1)


class Convolutions(nn.Module):
    """The same of convolutions."""

    def __init__(self, latent_dim, heads):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(32, 64, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            FromImage((7, 7, 64), 256),
            nn.LeakyReLU(0.2, inplace=True),
        )
        self.heads = nn.ModuleList(nn.Linear(256, latent_dim) for _ in range(heads))
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, 256),
            nn.LeakyReLU(0.2, inplace=True),
            ToImage(256, (7, 7, 64)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Unflatten(1, (64, 7, 7)),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
            nn.Flatten(),
        )

    def encode(self, images):
        """Return what each of the heads makes of images."""
        hidden = self.encoder(images)
        return [head(hidden) for head in self.heads]

    def decode(self, latents):
        """Return the logits."""
        return self.decoder(latents)


class AutoencoderLosses:
    """What is minimised, and the mean squared error."""

    def forward(self, images):
        """Return both."""
        logits = self.decode(*self.encode(images))
        return cross_entropy(logits, images), (torch.sigmoid(logits) - images.flatten(1)).square().mean()


class VAELosses:
    """The negative bound, the reconstruction error and the KL divergence, means over the batch."""

    def forward(self, images, *labels_and_noise):
        """Return them."""
        *labels, noise = labels_and_noise
        mean, log_variance = self.encode(images, *labels)
        logits = self.decode(mean + torch.exp(0.5 * log_variance) * noise, *labels)
        error = cross_entropy(logits, images)
        divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum() / len(images)
        return error + divergence, error, divergence


class Autoencoder(AutoencoderLosses, Perceptrons):
    """The dense autoencoder."""


class ConvolutionalAutoencoder(AutoencoderLosses, Convolutions):
    """The one of convolutions."""


class VAE(VAELosses, Perceptrons):
    """The dense VAE."""


class ConvolutionalVAE(VAELosses, Convolutions):
    """The one of convolutions."""


class DenoisingAutoencoder(nn.Module):
    """Three convolutions with batch normalisation and the way back; images are as in a mirror, see `mirrored`."""

    def __init__(self, latent_dim):
        super().__init__()

        def half(inputs, outputs, padding):
            layer = nn.Conv2d(inputs, outputs, 3, stride=2, padding=padding, bias=False)
            return layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)

        def double(inputs, outputs, padding):
            layer = nn.ConvTranspose2d(
                inputs, outputs, 3, stride=2, padding=padding, output_padding=padding, bias=False
            )
            return layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)

        self.layers = nn.Sequential(
            *half(1, 8, padding=1),
            *half(8, 16, padding=1),
            *half(16, 32, padding=0),
            nn.Flatten(),
            FromImage((3, 3, 32), 128, mirror=True),
            nn.ReLU(inplace=True),
            nn.Linear(128, latent_dim),
            nn.Linear(latent_dim, 128),
            nn.ReLU(inplace=True),
            ToImage(128, (3, 3, 32), mirror=True),
            nn.ReLU(inplace=True),
            nn.Unflatten(1, (32, 3, 3)),
            *double(32, 16, padding=0),
            *double(16, 8, padding=1),
            nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1),
        )

    def forward(self, images, noise):
        """Return the mean squared error from the clean images, twice."""
        outputs = torch.sigmoid(self.layers((images + 0.3 * noise).clamp(0, 1)))
        squared = (outputs - images).square().mean()
        return squared, squared


def cross_entropy(logits, images):
    """Return the mean over the batch of the sum over the pixels, in nats."""
    return binary_cross_entropy_with_logits(logits, images.flatten(1), reduction="sum") / len(images)


class Trainer:
    """A network, filled with arrays as `weights.first` makes, and its Adam."""

    def __init__(self, network, arrays, learning_rate=1e-3):
        self.network = filled(network, arrays)
        self.optimizer = adam(self.network, learning_rate)

    def step(self, *batch):
        """Take one step down the first of the losses, and return them."""
        self.optimizer.zero_grad()
        losses = self.network(*batch)
        losses[0].backward()
        self.optimizer.step()
        return [loss.detach() for loss in losses]


AUTOENCODERS = {
    "autoencoder": lambda arrays: Trainer(Autoencoder(LATENT["autoencoder"], heads=1), *arrays),
    "autoencoder-conv": lambda arrays: Trainer(ConvolutionalAutoencoder(LATENT["autoencoder-conv"], heads=1), *arrays),
    "denoising-autoencoder": lambda arrays: Trainer(
        DenoisingAutoencoder(LATENT["denoising-autoencoder"]), *arrays, 3e-3
    ),
    "vae": lambda arrays: Trainer(VAE(LATENT["vae"], heads=2), *arrays),
    "vae-conv": lambda arrays: Trainer(ConvolutionalVAE(LATENT["vae-conv"], heads=2), *arrays),
    "cvae": lambda arrays: Trainer(VAE(LATENT["cvae"], heads=2, classes=CLASSES), *arrays),
}
