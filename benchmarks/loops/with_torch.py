"""The loops in PyTorch: modules, `torch.optim.Adam`, eager, in PyTorch's own layout (N, C, H, W)."""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from . import weights

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def vae(images, batch_size, seed, network=None):
    """Return `epoch()` that trains the dense VAE; see `loops`. `network`: a `VAE` to train, a new one if None."""
    torch.manual_seed(seed)
    network = VAE(weights.vae(seed)) if network is None else network
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, eps=1e-7, fused=True)

    def step(batch):
        return vae_step(network, optimizer, batch, torch.randn(len(batch), weights.VAE_LATENT, device=DEVICE))

    return _epochs(step, ("loss", "reconstruction_error", "kl_divergence"), images, batch_size)


def dcgan(images, batch_size, seed):
    """Return `epoch()` that trains the DCGAN; see `loops`."""
    torch.manual_seed(seed)
    generator, discriminator = dcgan_networks(*weights.dcgan(seed))
    optimizers = dcgan_optimizers(generator, discriminator)

    def step(batch):
        latents = torch.randn(len(batch), weights.GAN_LATENT, device=DEVICE)
        return dcgan_step(generator, discriminator, optimizers, batch, latents)

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


# -- the VAE


class VAE(nn.Module):
    """The dense VAE, with arrays as `weights.vae` makes."""

    def __init__(self, arrays):
        super().__init__()
        pixels, hidden, latent = weights.PIXELS, weights.HIDDEN, weights.VAE_LATENT
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(pixels, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, hidden), nn.LeakyReLU(0.2)
        )
        self.mean = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, pixels),
        )
        _load(self, arrays)

    def forward(self, images, noise):
        """Return `(reconstruction error, KL divergence)`, means over the batch."""
        hidden = self.encoder(images)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        logits = self.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        error = binary_cross_entropy_with_logits(logits, images.flatten(1), reduction="sum") / len(images)
        divergence = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum() / len(images)
        return error, divergence


def vae_step(network, optimizer, images, noise):
    """Take one step and return `(loss, reconstruction error, KL divergence)`."""
    optimizer.zero_grad()
    error, divergence = network(images, noise)
    loss = error + divergence
    loss.backward()
    optimizer.step()
    return loss.detach(), error.detach(), divergence.detach()


# -- the DCGAN


def dcgan_networks(generator_arrays, discriminator_arrays):
    """Return `(generator, discriminator)` with arrays as `weights.dcgan` makes."""
    width = weights.WIDTH
    generator = nn.Sequential(
        nn.Linear(weights.GAN_LATENT, 2 * width * 7 * 7, bias=False),
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


def dcgan_optimizers(generator, discriminator):
    """Return the two optimizers, the generator's first."""
    return [
        torch.optim.Adam(n.parameters(), 2e-4, betas=(0.5, 0.999), eps=1e-7, fused=True)
        for n in (generator, discriminator)
    ]


def dcgan_step(generator, discriminator, optimizers, images, latents):
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
