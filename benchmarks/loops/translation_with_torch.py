"""The steps of pix2pix and of CycleGAN in PyTorch: modules, `torch.optim.Adam`, eager, in its own layout (N, C, H, W).

The networks are those of the recipes. PyTorch pads before the first pixel where Keras pads after the last one, so
that these networks do with mirrored images what those of kerasgen do with the images themselves, their kernels
mirrored too; `Trainer` and `prepare` see to that.
"""

import random

import torch
from torch import nn
from torch.nn.functional import interpolate, l1_loss, leaky_relu, mse_loss, relu, softplus

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def pix2pix(image_shape, width=64, dropout=0.5, jitter=True):
    """Return the `Trainer` of the recipe `pix2pix`; see `loops`."""
    side, _, channels = image_shape
    networks = [UNet(channels, width, side.bit_length() - 1, dropout).to(DEVICE), patch(2 * channels, width).to(DEVICE)]
    optimizers = [_adam([network]) for network in networks]

    def step(a, b):
        return pix2pix_step(*networks, optimizers, *(jittered(a, b) if jitter else (a, b)))

    return Trainer(("generator", "discriminator"), networks, step)


def cyclegan(image_shape, width=64, blocks=6, jitter=True):
    """Return the `Trainer` of the recipe `cyclegan`; see `loops`."""
    channels = image_shape[-1]
    generators = [resnet(channels, width, blocks).to(DEVICE) for _ in range(2)]
    networks = [*generators, *(patch(channels, width).to(DEVICE) for _ in range(2))]
    optimizers = [_adam(generators), _adam(networks[2:])]
    pools = [Pool(50), Pool(50)]

    def step(a, b):
        return cyclegan_step(networks, optimizers, pools, *((*jittered(a), *jittered(b)) if jitter else (a, b)))

    return Trainer(("generator_ab", "generator_ba", "discriminator_a", "discriminator_b"), networks, step)


class Trainer:
    """Networks, by name, and their `step`; see `loops`."""

    def __init__(self, names, networks, step):
        self.networks, self.step = dict(zip(names, networks, strict=True)), step

    @torch.no_grad()
    def load(self, name, arrays):
        """Fill the parameters, in their order, with arrays in Keras's layout, kernels mirrored."""
        for array, parameter in zip(arrays, self.networks[name].parameters(), strict=True):
            if array.ndim == 4:  # (h, w, a, b) -> (b, a, h, w)
                array = array[::-1, ::-1].transpose(3, 2, 0, 1)
            parameter.copy_(torch.from_numpy(array.copy()))

    @torch.no_grad()
    def run(self, name, images):
        """Return what a network makes of images (N, H, W, C), NumPy arrays both."""
        made = self.networks[name](_mirrored(images)).cpu().numpy()
        return made.transpose(0, 2, 3, 1)[:, ::-1, ::-1]


def prepare(images):
    """Return images (N, H, W, C) in [0, 1] as `step` takes them: (N, C, H, W) in [-1, 1], both sides mirrored."""
    return _mirrored(images) * 2 - 1


def _mirrored(images):
    return torch.from_numpy(images[:, ::-1, ::-1].transpose(0, 3, 1, 2).copy()).to(DEVICE)


# -- the networks


class UNet(nn.Module):
    """The generator of pix2pix; `depth` times its sides are halved."""

    def __init__(self, channels, width, depth, dropout):
        super().__init__()
        widths = [width * 2 ** min(step, 3) for step in range(depth)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for step, (before, after) in enumerate(zip([channels, *widths], widths)):
            inner = 0 < step < depth - 1
            block = [nn.Conv2d(before, after, 4, 2, 1, bias=not inner), *([_norm(after)] if inner else [])]
            self.down.append(nn.Sequential(*block))
        before = widths[-1]
        for place, after in enumerate(reversed(widths[:-1])):
            block = [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), _norm(after)]
            dropped = [nn.Dropout(dropout)] if place < min(3, depth - 2) else []
            self.up.append(nn.Sequential(*block, *dropped))
            before = 2 * after
        self.last = nn.ConvTranspose2d(before, channels, 4, 2, 1)

    def forward(self, images):
        """Return the translations, (N, C, H, W) in [-1, 1] as the images."""
        x, skips = images, []
        for step, block in enumerate(self.down):
            x = block(leaky_relu(x, 0.2) if step else x)
            skips.append(x)
        for block, skip in zip(self.up, reversed(skips[:-1])):
            x = torch.cat([block(relu(x)), skip], 1)
        return torch.tanh(self.last(relu(x)))


class Residual(nn.Module):
    """A block of the generator of CycleGAN."""

    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(*_convolved(width, width, 3), nn.ReLU(True), *_convolved(width, width, 3))

    def forward(self, x):
        """Return features of the same shape."""
        return x + self.body(x)


def resnet(channels, width, blocks):
    """Return the generator of CycleGAN."""
    layers = [*_convolved(channels, width, 7), nn.ReLU(True)]
    for before in (width, 2 * width):
        layers += [nn.Conv2d(before, 2 * before, 3, 2, 1, bias=False), _norm(2 * before), nn.ReLU(True)]
    layers += [Residual(4 * width) for _ in range(blocks)]
    for after in (2 * width, width):
        layers += [nn.ConvTranspose2d(2 * after, after, 3, 2, 1, 1, bias=False), _norm(after), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, channels, 7), nn.Tanh())


def patch(channels, width):
    """Return the discriminator of patches of 70x70."""
    layers = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for step, after in enumerate((2 * width, 4 * width, 8 * width)):
        stride = 2 if step < 2 else 1
        layers += [nn.Conv2d(after // 2, after, 4, stride, 1, bias=False), _norm(after), nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))


def _convolved(before, after, kernel):
    return [nn.ReflectionPad2d(kernel // 2), nn.Conv2d(before, after, kernel, bias=False), _norm(after)]


def _norm(channels):
    return nn.InstanceNorm2d(channels, affine=True)


def _adam(networks):
    parameters = [parameter for network in networks for parameter in network.parameters()]
    return torch.optim.Adam(parameters, 2e-4, betas=(0.5, 0.999), eps=1e-7, fused=True)


# -- the steps


def jittered(*images):
    """Return images (N, C, H, W) enlarged by 286/256, cropped and mirrored at random, all alike."""
    side = images[0].shape[-1]
    larger = round(side * 286 / 256)
    top, left, mirror = random.randint(0, larger - side), random.randint(0, larger - side), random.random() < 0.5
    for x in images:
        x = interpolate(x, (larger, larger), mode="bilinear")[..., top : top + side, left : left + side]
        yield x.flip(3) if mirror else x


def pix2pix_step(generator, discriminator, optimizers, a, b):
    """Take one step of the discriminator, then one of the generator; return `(generator loss, discriminator loss)`."""
    of_generator, of_discriminator = optimizers
    fake = generator(a)

    discriminator.requires_grad_(True)
    of_discriminator.zero_grad()
    on_real, on_fake = discriminator(torch.cat([a, b], 1)), discriminator(torch.cat([a, fake.detach()], 1))
    d_loss = (softplus(-on_real).mean() + softplus(on_fake).mean()) / 2
    d_loss.backward()
    of_discriminator.step()

    discriminator.requires_grad_(False)  # its gradients are not needed here
    of_generator.zero_grad()
    g_loss = softplus(-discriminator(torch.cat([a, fake], 1))).mean() + 100 * l1_loss(fake, b)
    g_loss.backward()
    of_generator.step()
    return g_loss.detach(), d_loss.detach()


class Pool:
    """Keeps past images, and gives one of them back for a new one with probability 1/2 once it is full."""

    def __init__(self, size):
        self.size, self.images = size, []

    def exchange(self, image):
        """Return the image, or an older one."""
        if len(self.images) < self.size:
            self.images.append(image)
            return image
        if random.random() < 0.5:
            return image
        place = random.randrange(self.size)
        self.images[place], image = image, self.images[place]
        return image


def cyclegan_step(networks, optimizers, pools, a, b):
    """Take one step of the generators, then one of the discriminators; return `(their loss, the others' loss)`."""
    g, f, of_a, of_b = networks
    of_generators, of_discriminators = optimizers
    for discriminator in (of_a, of_b):
        discriminator.requires_grad_(False)
    of_generators.zero_grad()
    fake_b, fake_a = g(a), f(b)
    on_a, on_b = of_a(fake_a), of_b(fake_b)
    adversarial = mse_loss(on_a, torch.ones_like(on_a)) + mse_loss(on_b, torch.ones_like(on_b))
    cycle = l1_loss(f(fake_b), a) + l1_loss(g(fake_a), b)
    identity = l1_loss(f(a), a) + l1_loss(g(b), b)
    g_loss = adversarial + 10 * (cycle + 0.5 * identity)
    g_loss.backward()
    of_generators.step()

    of_discriminators.zero_grad()
    d_loss = 0
    for discriminator, real, fake, pool in ((of_a, a, fake_a, pools[0]), (of_b, b, fake_b, pools[1])):
        discriminator.requires_grad_(True)
        on_real, on_fake = discriminator(real), discriminator(pool.exchange(fake.detach()))
        d_loss = (
            d_loss + (mse_loss(on_real, torch.ones_like(on_real)) + mse_loss(on_fake, torch.zeros_like(on_fake))) / 2
        )
    d_loss.backward()
    of_discriminators.step()
    return g_loss.detach(), d_loss.detach()
