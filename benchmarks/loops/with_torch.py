"""The loops in PyTorch: modules, `torch.optim.Adam`, eager, in PyTorch's own layout (N, C, H, W)."""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from . import weights

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def autoencoder(images, batch_size, seed):
    """Return `epoch()` that trains the dense autoencoder; see `loops`."""
    network = Autoencoder(weights.autoencoder(seed))
    optimizer = adam(network)
    return _epochs(
        lambda batch: autoencoder_step(network, optimizer, batch), ("loss", "mean_squared_error"), images, batch_size
    )


def vae(images, batch_size, seed, network=None):
    """Return `epoch()` that trains the dense VAE; see `loops`. `network`: a `VAE` to train, a new one if None."""
    torch.manual_seed(seed)
    network = VAE(weights.vae(seed)) if network is None else network
    optimizer = adam(network)

    def step(batch):
        return vae_step(network, optimizer, batch, torch.randn(len(batch), weights.VAE_LATENT, device=DEVICE))

    return _epochs(step, ("loss", "reconstruction_error", "kl_divergence"), images, batch_size)


def gan(images, batch_size, seed):
    """Return `epoch()` that trains the GAN of perceptrons; see `loops`."""
    return _epochs_of_game(gan_networks(*weights.gan(seed)), weights.GAN_LATENT, images, batch_size, seed)


def dcgan(images, batch_size, seed):
    """Return `epoch()` that trains the DCGAN; see `loops`."""
    return _epochs_of_game(dcgan_networks(*weights.dcgan(seed)), weights.DCGAN_LATENT, images, batch_size, seed)


def _epochs_of_game(networks, latent_dim, images, batch_size, seed):
    torch.manual_seed(seed)
    optimizers = optimizers_of_game(*networks)

    def step(batch):
        return step_of_game(*networks, optimizers, batch, torch.randn(len(batch), latent_dim, device=DEVICE))

    return _epochs(step, ("discriminator_loss", "generator_loss"), images, batch_size)


def _epochs(step, names, images, batch_size):
    images = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    count = len(images) // batch_size

    def epoch():
        totals = torch.zeros(len(names), device=DEVICE)
        for rows in torch.randperm(len(images))[: count * batch_size].view(count, batch_size):
            totals += torch.stack(step(images[rows].to(DEVICE)))
        return dict(zip(names, (totals / count).tolist()))

    return epoch


# -- the autoencoder and the VAE


class Autoencoder(nn.Module):
    """The dense autoencoder, with arrays as `weights.autoencoder` makes."""

    def __init__(self, arrays):
        super().__init__()
        self.encoder = _encoder()
        self.latents = nn.Linear(weights.HIDDEN, weights.AUTOENCODER_LATENT)
        self.decoder = _decoder(weights.AUTOENCODER_LATENT)
        _load(self, arrays)

    def forward(self, images):
        """Return `(loss, mean squared error)`."""
        logits = self.decoder(self.latents(self.encoder(images)))
        return cross_entropy(logits, images), (torch.sigmoid(logits) - images.flatten(1)).square().mean()


class VAE(nn.Module):
    """The dense VAE, with arrays as `weights.vae` makes."""

    def __init__(self, arrays):
        super().__init__()
        self.encoder = _encoder()
        self.mean = nn.Linear(weights.HIDDEN, weights.VAE_LATENT)
        self.log_variance = nn.Linear(weights.HIDDEN, weights.VAE_LATENT)
        self.decoder = _decoder(weights.VAE_LATENT)
        _load(self, arrays)

    def forward(self, images, noise):
        """Return `(reconstruction error, KL divergence)`, means over the batch."""
        hidden = self.encoder(images)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        logits = self.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        error = cross_entropy(logits, images)
        divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum() / len(images)
        return error, divergence


def _encoder():
    pixels, hidden = weights.PIXELS, weights.HIDDEN
    return nn.Sequential(
        nn.Flatten(), nn.Linear(pixels, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2)
    )


def _decoder(latent_dim):
    pixels, hidden = weights.PIXELS, weights.HIDDEN
    return nn.Sequential(
        nn.Linear(latent_dim, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, pixels),
    )


def cross_entropy(logits, images):
    """Return the mean over the batch of the sum over the pixels, in nats."""
    return binary_cross_entropy_with_logits(logits, images.flatten(1), reduction="sum") / len(images)


def adam(network, learning_rate=1e-3, beta_1=0.9):
    """Return the optimizer of a network."""
    return torch.optim.Adam(network.parameters(), learning_rate, betas=(beta_1, 0.999), eps=1e-7, fused=True)


def autoencoder_step(network, optimizer, images):
    """Take one step and return `(loss, mean squared error)`."""
    optimizer.zero_grad()
    loss, squared = network(images)
    loss.backward()
    optimizer.step()
    return loss.detach(), squared.detach()


def vae_step(network, optimizer, images, noise):
    """Take one step and return `(loss, reconstruction error, KL divergence)`."""
    optimizer.zero_grad()
    error, divergence = network(images, noise)
    loss = error + divergence
    loss.backward()
    optimizer.step()
    return loss.detach(), error.detach(), divergence.detach()


# -- the GAN of perceptrons and the DCGAN


def gan_networks(generator_arrays, discriminator_arrays):
    """Return `(generator, discriminator)` with arrays as `weights.gan` makes."""
    hidden, units = weights.HIDDEN, weights.UNITS

    def block(inputs):
        return nn.Linear(inputs, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True)

    generator = nn.Sequential(
        *block(weights.GAN_LATENT),
        *block(hidden),
        *block(hidden),
        *block(hidden),
        nn.Linear(hidden, weights.PIXELS),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    discriminator = nn.Sequential(
        nn.Flatten(), Maxout(weights.PIXELS, units), Maxout(units, units), Maxout(units, units), nn.Linear(units, 1)
    )
    _load(generator, generator_arrays)
    _load(discriminator, discriminator_arrays)
    return generator, discriminator


class Maxout(nn.Linear):
    """Units that are each the largest of `weights.PIECES` linear ones (Goodfellow et al. 2013, arXiv:1302.4389)."""

    def __init__(self, inputs, units):
        super().__init__(inputs, weights.PIECES * units)

    def forward(self, x):
        """Return (N, units)."""
        return super().forward(x).view(len(x), weights.PIECES, -1).amax(1)


def dcgan_networks(generator_arrays, discriminator_arrays):
    """Return `(generator, discriminator)` with arrays as `weights.dcgan` makes."""
    width = weights.WIDTH
    generator = nn.Sequential(
        nn.Linear(weights.DCGAN_LATENT, 2 * width * 7 * 7, bias=False),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.LeakyReLU(0.2, inplace=True),
        nn.ZeroPad2d((1, 2, 1, 2)),  # 7x7 to 4x4
        nn.Conv2d(2 * width, 4 * width, 4, stride=2, bias=False),
        nn.BatchNorm2d(4 * width),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Flatten(),
        nn.Linear(4 * width * 4 * 4, 1),
    )
    _load(generator, generator_arrays)
    _load(discriminator, discriminator_arrays)
    return generator, discriminator


def optimizers_of_game(generator, discriminator):
    """Return the two optimizers, the generator's first."""
    return [adam(network, 2e-4, beta_1=0.5) for network in (generator, discriminator)]


def step_of_game(generator, discriminator, optimizers, images, latents):
    """Take one step of each player and return `(discriminator loss, generator loss)`.

    As in PyTorch's DCGAN example the fakes are made once for both.
    """
    of_generator, of_discriminator = optimizers
    fake = generator(latents)

    discriminator.requires_grad_(True)
    of_discriminator.zero_grad()
    on_real, on_fake = discriminator(images * 2 - 1), discriminator(fake.detach())
    d_loss = softplus(-on_real).mean() + softplus(on_fake).mean()
    d_loss.backward()
    of_discriminator.step()

    discriminator.requires_grad_(False)  # its gradients are not needed here
    of_generator.zero_grad()
    g_loss = softplus(-discriminator(fake)).mean()
    g_loss.backward()
    of_generator.step()
    return d_loss.detach(), g_loss.detach()


@torch.no_grad()
def _load(module, arrays):
    """Fill the parameters, in their order, with arrays in Keras's layout; move the module to the device."""
    for (name, array), parameter in zip(arrays.items(), module.parameters(), strict=True):
        if name == "project.kernel":  # its outputs become an image, channels last
            array = array.reshape(-1, 7, 7, 128).transpose(3, 1, 2, 0).reshape(parameter.shape)
        elif name == "logit.kernel":
            array = array.reshape(4, 4, 256, -1).transpose(3, 2, 0, 1).reshape(parameter.shape)
        elif array.ndim > 1:  # (in, out) -> (out, in); (h, w, a, b) -> (b, a, h, w)
            array = array.T if array.ndim == 2 else array.transpose(3, 2, 0, 1)
        parameter.copy_(torch.from_numpy(array.copy()))
    module.to(DEVICE)
