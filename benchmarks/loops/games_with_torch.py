"""The games in PyTorch: the networks, and objects whose `step` takes a step of both players; images (N, C, H, W)."""

import torch
from torch import nn
from torch.nn.functional import softplus

from .autoencoders_with_torch import ConvolutionalVAE, with_class
from .layers_with_torch import FromImage, ToImage, adam, filled
from .weights import CLASSES, HIDDEN, LATENT, PIECES, PIXELS, UNITS

# -- the networks: images (N, 1, 28, 28) in [-1, 1], or logits (N, 1)


class DenseGenerator(nn.Sequential):
    """A perceptron, which can be told the class."""

    def __init__(self, latent_dim, classes=0):
        def block(inputs):
            return nn.Linear(inputs, HIDDEN, bias=False), nn.BatchNorm1d(HIDDEN), nn.ReLU(inplace=True)

        blocks = [layer for inputs in (latent_dim + classes, HIDDEN, HIDDEN, HIDDEN) for layer in block(inputs)]
        super().__init__(*blocks, nn.Linear(HIDDEN, PIXELS), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, latents, labels=None):
        """Return images."""
        return super().forward(with_class(latents, labels))


class Maxout(nn.Linear):
    """Units that are each the largest of `PIECES` linear ones (Goodfellow et al. 2013, arXiv:1302.4389)."""

    def __init__(self, inputs, units):
        super().__init__(inputs, PIECES * units)

    def forward(self, x):
        """Return (N, units)."""
        return super().forward(x).view(len(x), PIECES, -1).amax(1)


class DenseDiscriminator(nn.Module):
    """A maxout perceptron; a class is a plane beside the image."""

    def __init__(self, classes=0):
        super().__init__()
        self.plane = nn.Embedding(classes, PIXELS) if classes else None
        inputs = 2 * PIXELS if classes else PIXELS
        self.layers = nn.Sequential(Maxout(inputs, UNITS), Maxout(UNITS, UNITS), Maxout(UNITS, UNITS))
        self.judge = nn.Linear(UNITS, 1)

    def forward(self, images, labels=None):
        """Return logits."""
        x = images.flatten(1)
        return self.judge(self.layers(x if labels is None else torch.cat([x, self.plane(labels)], 1)))


class Generator(nn.Sequential):
    """Transposed convolutions."""

    def __init__(self, latent_dim, width=64):
        super().__init__(
            ToImage(latent_dim, (7, 7, 2 * width), bias=False),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
            nn.Tanh(),
        )


class Discriminator(nn.Sequential):
    """Convolutions."""

    def __init__(self, width=64, normalize=nn.BatchNorm2d):
        super().__init__(
            nn.Conv2d(1, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
            normalize(2 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.ZeroPad2d((1, 2, 1, 2)),  # 7x7 to 4x4
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, bias=False),
            normalize(4 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Flatten(),
            FromImage((4, 4, 4 * width), 1),
        )


def layer_norm(channels):
    """Return a normalisation of each image by itself."""
    return nn.GroupNorm(1, channels)


# -- the steps, which return the discriminator's loss before the generator's


class Game:
    """Two players and their Adams, filled with arrays as `weights.first` makes.

    As in PyTorch's DCGAN example the fakes are made once for both.
    """

    def __init__(self, maker, discriminator, arrays, maker_rate=2e-4, rate=2e-4):
        self.maker, self.discriminator = filled(maker, arrays[0]), filled(discriminator, arrays[1])
        self.of_maker, self.of_discriminator = adam(maker, maker_rate, 0.5), adam(discriminator, rate, 0.5)

    def step(self, images, *labels_and_latents):
        """Take one step of each player and return both losses."""
        *labels, latents = labels_and_latents
        fake = self.maker(latents, *labels)
        d_loss = self.discriminator_step(images * 2 - 1, fake.detach(), *labels)
        g_loss = softplus(-self.discriminator(fake, *labels)).mean()
        self.maker_step(g_loss)
        return d_loss, g_loss.detach()

    def discriminator_step(self, real, fake, *others):
        """Take the discriminator's step and return its loss; its gradients are not needed afterwards."""
        self.discriminator.requires_grad_(True)
        self.of_discriminator.zero_grad()
        loss = self.discriminator_loss(real, fake, *others)
        loss.backward()
        self.of_discriminator.step()
        self.discriminator.requires_grad_(False)
        return loss.detach()

    def discriminator_loss(self, real, fake, *labels):
        """Return -log D(x) - log(1 - D(G(z)))."""
        on_real, on_fake = self.discriminator(real, *labels), self.discriminator(fake, *labels)
        return softplus(-on_real).mean() + softplus(on_fake).mean()

    def maker_step(self, loss):
        """Take the step of who makes the images."""
        self.of_maker.zero_grad()
        loss.backward()
        self.of_maker.step()


class WGAN(Game):
    """The game whose critic measures a distance; the generator is averaged."""

    def __init__(self, arrays):
        maker, critic = Generator(LATENT["wgan-gp"]), Discriminator(normalize=layer_norm)
        super().__init__(maker, critic, arrays, 5e-4, 5e-4)
        self.values = [x for x in maker.state_dict().values() if x.is_floating_point()]
        self.averages, self.steps = [x.clone() for x in self.values], 0

    def step(self, images, latents, shares):
        """Take one step of each player and return both losses."""
        fake = self.maker(latents)
        d_loss = self.discriminator_step(images * 2 - 1, fake.detach(), shares)
        g_loss = -self.discriminator(fake).mean()
        self.maker_step(g_loss)
        decay = min(0.995, (1 + self.steps) / (10 + self.steps))
        for mean, value in zip(self.averages, self.values, strict=True):
            mean.lerp_(value, 1 - decay)
        self.steps += 1
        return d_loss, g_loss.detach()

    def discriminator_loss(self, real, fake, shares):
        """Return the negative distance, and what keeps the gradients near 1 (Gulrajani et al. 2017)."""
        on_real, on_fake = self.discriminator(real), self.discriminator(fake)
        between = (shares * real + (1 - shares) * fake).requires_grad_(True)
        (gradients,) = torch.autograd.grad(self.discriminator(between).sum(), between, create_graph=True)
        norms = (gradients.square().flatten(1).sum(1) + 1e-12).sqrt()
        return on_fake.mean() - on_real.mean() + 10 * (norms - 1).square().mean()


class VAEGAN(Game):
    """The VAE whose decoder plays a game."""

    def __init__(self, arrays):
        super().__init__(ConvolutionalVAE(LATENT["vae-gan"], heads=2), Discriminator(32), arrays, maker_rate=1e-3)

    def step(self, images, noise):
        """Take one step of each player; of the noise (N, 2, latents) the second is of the prior."""
        fake = torch.sigmoid(self.maker.decode(noise[:, 1])).view(images.shape) * 2 - 1
        d_loss = self.discriminator_step(images * 2 - 1, fake.detach())
        g_loss = softplus(-self.discriminator(fake)).mean()
        losses = self.maker(images, noise[:, 0])
        self.maker_step(losses[0] + 10 * g_loss)
        return *(loss.detach() for loss in losses), d_loss, g_loss.detach()


GAMES = {
    "gan": lambda arrays: Game(DenseGenerator(LATENT["gan"]), DenseDiscriminator(), arrays),
    "cgan": lambda arrays: Game(DenseGenerator(LATENT["cgan"], CLASSES), DenseDiscriminator(CLASSES), arrays),
    "dcgan": lambda arrays: Game(Generator(LATENT["dcgan"]), Discriminator(), arrays),
    "wgan-gp": WGAN,
    "vae-gan": VAEGAN,
}
