"""pix2pix in PyTorch: a U-Net and a discriminator of patches, instance normalization, L1."""

import random

import torch
from torch import nn
from torch.nn.functional import interpolate, l1_loss, leaky_relu, relu, softplus

from benchmarks.loops.with_torch.layers import Player

DROPPED = 3  # blocks of the U-Net with dropout


class UNet(nn.Module):
    """The generator, of the sizes of its arrays."""

    def __init__(self, arrays, dropout):
        super().__init__()
        down, up = (
            [name for name in arrays if name.startswith(way) and name.endswith("kernel")] for way in ("down", "up")
        )
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for name in down:
            before, after = arrays[name].shape[2:]
            self.down.append(_block(nn.Conv2d, before, after, name, arrays))
        for number, name in enumerate(up):
            after, before = arrays[name].shape[2:]
            dropped = [nn.Dropout(dropout)] if number < min(DROPPED, len(down) - 2) else []
            self.up.append(nn.Sequential(*_block(nn.ConvTranspose2d, before, after, name, arrays), *dropped))

    def forward(self, images):
        """Return the translations, (N, C, H, W) in [-1, 1] like the images."""
        x, skips = images, []
        for step, block in enumerate(self.down):
            x = block(leaky_relu(x, 0.2) if step else x)
            skips.append(x)
        for block, skip in zip(self.up, reversed(skips[:-1])):
            x = torch.cat([block(relu(x)), skip], 1)
        return torch.tanh(self.up[-1](relu(x)))


def _block(kind, before, after, name, arrays):
    norm = f"{name.removesuffix('.kernel')}.scale" in arrays
    layer = kind(before, after, 4, 2, 1, bias=not norm)
    return nn.Sequential(layer, nn.InstanceNorm2d(after, affine=True)) if norm else nn.Sequential(layer)


def patch(channels, width):
    """Return the discriminator of patches of 70x70."""
    layers = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for step, after in enumerate((2 * width, 4 * width, 8 * width)):
        layers += [
            nn.Conv2d(after // 2, after, 4, 2 if step < 2 else 1, 1, bias=False),
            nn.InstanceNorm2d(after, affine=True),
            nn.LeakyReLU(0.2, True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))


class Pix2Pix:
    """Both players, with arrays of `weights.first`."""

    def __init__(self, generator, discriminator, dropout=0.5, jitter=True):
        channels, width = discriminator["down_1.kernel"].shape[2:]
        self.generator = Player(UNet(generator, dropout), generator, 2e-4, 0.5)
        self.discriminator = Player(patch(channels, width), discriminator, 2e-4, 0.5)
        self.jitter = jitter

    def step(self, a, b):
        """Take a step of the discriminator, then one of the generator; return the losses in that order."""
        a, b = a * 2 - 1, b * 2 - 1
        if self.jitter:
            a, b = jittered(a, b)
        fake = self.generator(a)
        self.discriminator.network.requires_grad_(True)
        on_real, on_fake = (self.discriminator(torch.cat([a, x], 1)) for x in (b, fake.detach()))
        d_loss = self.discriminator.step((softplus(-on_real).mean() + softplus(on_fake).mean()) / 2)
        self.discriminator.network.requires_grad_(False)  # its gradients are not needed for the generator
        on_fake = self.discriminator(torch.cat([a, fake], 1))
        return d_loss, self.generator.step(softplus(-on_fake).mean() + 100 * l1_loss(fake, b))

    def validate(self, a, b):
        """Return the losses, without a step and without jitter."""
        a, b = a * 2 - 1, b * 2 - 1
        fake = self.generator(a)
        on_real, on_fake = (self.discriminator(torch.cat([a, x], 1)) for x in (b, fake))
        d_loss = (softplus(-on_real).mean() + softplus(on_fake).mean()) / 2
        return d_loss, softplus(-on_fake).mean() + 100 * l1_loss(fake, b)


def jittered(*images):
    """Return images (N, C, H, W) enlarged by 286/256, cropped and mirrored at random, all in the same way."""
    side = images[0].shape[-1]
    larger = round(side * 286 / 256)
    top, left, mirror = random.randint(0, larger - side), random.randint(0, larger - side), random.random() < 0.5
    cropped = [
        interpolate(x, (larger, larger), mode="bilinear")[..., top : top + side, left : left + side] for x in images
    ]
    return [x.flip(3) if mirror else x for x in cropped]
