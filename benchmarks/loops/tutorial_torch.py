"""The DCGAN of PyTorch's tutorial as a loop: images (N, 3, 64, 64), eager, its networks, losses and steps.

Source:
    https://pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html
"""

import itertools

import torch
from torch import nn

LATENT, WIDTH = 100, 64


def generator():
    """Return the network from latents (N, 100, 1, 1) to images in [-1, 1]."""
    layers, widths = [], (LATENT, 8 * WIDTH, 4 * WIDTH, 2 * WIDTH, WIDTH)
    for step, (before, after) in enumerate(itertools.pairwise(widths)):
        layers += [
            nn.ConvTranspose2d(before, after, 4, 2 if step else 1, 1 if step else 0, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(True),
        ]
    return nn.Sequential(*layers, nn.ConvTranspose2d(WIDTH, 3, 4, 2, 1, bias=False), nn.Tanh())


def discriminator():
    """Return the network from images to probabilities (N, 1, 1, 1)."""
    layers = [nn.Conv2d(3, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    for before in (WIDTH, 2 * WIDTH, 4 * WIDTH):
        layers += [
            nn.Conv2d(before, 2 * before, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * before),
            nn.LeakyReLU(0.2, inplace=True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(8 * WIDTH, 1, 4, 1, 0, bias=False), nn.Sigmoid())


def epochs(data, batch_size, compiled=False):
    """Return a function that trains one epoch on images (N, 64, 64, 3) in [0, 1], and one that generates images.

    With `compiled`, the networks are compiled by `torch.compile`, which the tutorial does not do.
    """
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images = torch.from_numpy(data).permute(0, 3, 1, 2).contiguous() * 2 - 1
    net_g, net_d = (network.to(device) for network in (generator(), discriminator()))
    if compiled:
        net_g, net_d = torch.compile(net_g), torch.compile(net_d)
    adam_g, adam_d = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (net_g, net_d))
    criterion = nn.BCELoss()

    def draw(count):
        return torch.randn(count, LATENT, 1, 1, device=device)

    def epoch():
        for rows in torch.randperm(len(images)).split(batch_size):
            net_d.zero_grad()
            real = images[rows].to(device)
            ones, zeros = torch.ones(len(rows), device=device), torch.zeros(len(rows), device=device)
            on_real = criterion(net_d(real).view(-1), ones)
            on_real.backward()
            fake = net_g(draw(len(rows)))
            on_fake = criterion(net_d(fake.detach()).view(-1), zeros)
            on_fake.backward()
            adam_d.step()
            net_g.zero_grad()
            loss_g = criterion(net_d(fake).view(-1), ones)
            loss_g.backward()
            adam_g.step()
            (on_real + on_fake).item(), loss_g.item()

    @torch.no_grad()
    def generate(count):
        return torch.cat([net_g(draw(len(part))).cpu() for part in torch.arange(count).split(batch_size)])

    return epoch, generate
