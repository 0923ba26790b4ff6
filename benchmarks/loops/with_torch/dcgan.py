"""The DCGAN in PyTorch: as in PyTorch's own example the fakes are made once for both players."""

from torch import nn
from torch.nn.functional import softplus

from benchmarks.loops.weights import LATENT
from benchmarks.loops.with_torch.layers import FromImage, Player, ToImage


def generator(latent_dim=LATENT["dcgan"], width=64):
    """Return the network from latents to images (N, 1, 28, 28) in [-1, 1]."""
    return nn.Sequential(
        ToImage(latent_dim, (7, 7, 2 * width)),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def discriminator(width=64):
    """Return the network from images (N, 1, 28, 28) to logits (N, 1)."""
    return nn.Sequential(
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
        FromImage((4, 4, 4 * width), 1),
    )


class DCGAN:
    """Both players, with arrays of `weights.first`."""

    def __init__(self, generator_arrays, discriminator_arrays):
        self.generator = Player(generator(), generator_arrays, 2e-4, 0.5)
        self.discriminator = Player(discriminator(), discriminator_arrays, 2e-4, 0.5)

    def step(self, images, latents):
        """Take one step of each player and return the losses, the discriminator's first."""
        fake = self.generator(latents)
        self.discriminator.network.requires_grad_(True)
        on_real, on_fake = self.discriminator(images * 2 - 1), self.discriminator(fake.detach())
        d_loss = self.discriminator.step(softplus(-on_real).mean() + softplus(on_fake).mean())
        self.discriminator.network.requires_grad_(False)  # its gradients are not needed for the generator
        return d_loss, self.generator.step(softplus(-self.discriminator(fake)).mean())

    def validate(self, images, latents):
        """Return the losses with the running statistics, without a step."""
        networks = self.generator.network.eval(), self.discriminator.network.eval()
        fake = self.generator(latents)
        on_real, on_fake = self.discriminator(images * 2 - 1), self.discriminator(fake)
        for network in networks:
            network.train()
        return softplus(-on_real).mean() + softplus(on_fake).mean(), softplus(-on_fake).mean()
