"""The steps of pix2pix and of CycleGAN in TensorFlow without Keras: variables, `tf.nn`, one `tf.function` for each."""

import tensorflow as tf

from . import translation_weights as weights
from .layers_with_tensorflow import ON_GPU, Adam, over_pixels

DROPPED = 3  # blocks of the U-Net with dropout
POOL_SIZE = 50
ONE_AROUND = ((0, 0), (1, 1), (1, 1), (0, 0))


def pix2pix(image_shape, width=64, dropout=0.5, jitter=True, jit_compile=ON_GPU):
    """Return the `Trainer` of the recipe `pix2pix`; see `loops`."""
    return Pix2Pix(weights.pix2pix(image_shape, width), dropout, jitter, jit_compile)


def cyclegan(image_shape, width=64, blocks=6, jitter=True, jit_compile=ON_GPU):
    """Return the `Trainer` of the recipe `cyclegan`; see `loops`."""
    return CycleGAN(weights.cyclegan(image_shape, width, blocks), image_shape, jitter, jit_compile)


class Trainer:
    """Networks, their Adams and the step; see `loops`. A subclass has `networks` and `take_step`.

    Args:
        networks: dict of name -> layers of arrays.
        jitter: whether images are jittered.
        jit_compile: whether XLA compiles the step.
    """

    networks = {}  # name -> function `(layers, images)`

    def __init__(self, networks, jitter, jit_compile):
        self.layers = {name: [tuple(map(tf.Variable, layer)) for layer in layers] for name, layers in networks.items()}
        self.variables = {name: tf.nest.flatten(layers) for name, layers in self.layers.items()}
        self.jitter = jitter
        self.step = tf.function(self.take_step, jit_compile=jit_compile)

    def load(self, name, arrays):
        """Fill a network's weights with arrays in Keras's layout and order."""
        for variable, array in zip(self.variables[name], arrays, strict=True):
            variable.assign(array)

    def run(self, name, images):
        """Return what a network makes of images (N, H, W, C), NumPy arrays both."""
        return self.networks[name](self.layers[name], tf.constant(images)).numpy()


def prepare(images):
    """Return images (N, H, W, C) in [0, 1] as `step` takes them, in [-1, 1]."""
    return tf.constant(images) * 2 - 1


# -- the networks


def unet(layers, images, dropout=0.0):
    """Return the translations, (N, H, W, C) in [-1, 1] as the images."""
    depth = len(layers) // 2
    *up, last = layers[depth:]
    x, skips = images, []
    for step, layer in enumerate(layers[:depth]):
        x = convolved(layer, tf.nn.leaky_relu(x) if step else x)
        skips.append(x)
    for place, (layer, skip) in enumerate(zip(up, reversed(skips[:-1]), strict=True)):
        x = doubled(layer, tf.nn.relu(x))
        if dropout and place < min(DROPPED, depth - 2):
            x = tf.nn.dropout(x, dropout)
        x = tf.concat([x, skip], -1)
    return tf.tanh(doubled(last, tf.nn.relu(x)))


def resnet(layers, images):
    """Return the translations, (N, H, W, C) in [-1, 1] as the images."""
    first, *down = layers[:3]
    *up, last = layers[-3:]
    x = tf.nn.relu(reflected(first, images))
    for layer in down:
        x = tf.nn.relu(convolved(layer, x))
    for one, other in zip(layers[3:-3:2], layers[4:-3:2], strict=True):
        x = x + reflected(other, tf.nn.relu(reflected(one, x)))
    for layer in up:
        x = tf.nn.relu(doubled(layer, x))
    return tf.tanh(reflected(last, x))


def patch(layers, images):
    """Return logits (N, h, w, 1), one for each patch of 70x70."""
    *down, before, last = layers
    x = images
    for layer in down:
        x = tf.nn.leaky_relu(convolved(layer, x))
    x = tf.nn.leaky_relu(convolved(before, x, 1, ONE_AROUND))
    return convolved(last, x, 1, ONE_AROUND)


def convolved(layer, x, stride=2, padding="SAME"):
    """Return a layer's features of half the side; or what `stride` and `padding` say."""
    kernel, *rest = layer
    return finished(tf.nn.conv2d(x, kernel, stride, padding), *rest)


def doubled(layer, x):
    """Return a layer's features of twice the side."""
    kernel, *rest = layer
    n, height, width, _ = x.shape
    return finished(tf.nn.conv2d_transpose(x, kernel, (n, 2 * height, 2 * width, kernel.shape[2]), 2), *rest)


def reflected(layer, x):
    """Return a layer's features of the same side, of what is padded by reflection."""
    border = (layer[0].shape[0] // 2,) * 2
    return convolved(layer, tf.pad(x, ((0, 0), border, border, (0, 0)), "REFLECT"), 1, "VALID")


def finished(x, *rest):
    """Return x with its bias; or normalised for each image, with its scale and shift."""
    if len(rest) == 1:
        return x + over_pixels(rest[0])
    scale, shift = rest
    mean, variance = tf.nn.moments(x, (1, 2), keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-5)


# -- the steps


def jittered(images):
    """Return images (N, H, W, C), square, enlarged by 286/256, cropped and mirrored at random, all alike."""
    side = images.shape[1]
    larger = round(side * 286 / 256)
    top, left = tf.unstack(tf.random.uniform((2,), maxval=larger - side + 1, dtype=tf.int32))
    x = tf.image.resize(images, (larger, larger))
    x = tf.slice(x, (0, top, left, 0), images.shape)
    return tf.where(tf.random.uniform(()) < 0.5, x[:, :, ::-1], x)


def adam(variables):
    """Return the optimizer of a player."""
    return Adam(variables, 2e-4, beta_1=0.5)


class Pix2Pix(Trainer):
    """The recipe `pix2pix`."""

    networks = {"generator": unet, "discriminator": patch}

    def __init__(self, networks, dropout, jitter, jit_compile):
        super().__init__(networks, jitter, jit_compile)
        self.dropout = dropout
        self.adams = {name: adam(variables) for name, variables in self.variables.items()}

    def take_step(self, a, b):
        """Take one step of the discriminator, then one of the generator; return the losses, the generator's first.

        The images (N, H, W, C) are in [-1, 1].
        """
        if self.jitter:
            a, b = tf.split(jittered(tf.concat([a, b], -1)), 2, -1)
        with tf.GradientTape() as generator_tape:
            fake = unet(self.layers["generator"], a, self.dropout)
        with tf.GradientTape() as tape:
            on_real, on_fake = self.judge(a, b), self.judge(a, fake)
            d_loss = (tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))) / 2
        d = self.variables["discriminator"]
        self.adams["discriminator"].apply(tape.gradient(d_loss, d))

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            g_loss = tf.reduce_mean(tf.nn.softplus(-self.judge(a, fake))) + 100 * distance(fake, b)
        of_fake = tape.gradient(g_loss, fake)
        self.adams["generator"].apply(generator_tape.gradient(fake, self.variables["generator"], of_fake))
        return g_loss, d_loss

    def judge(self, a, b):
        """Return the logits of pairs."""
        return patch(self.layers["discriminator"], tf.concat([a, b], -1))


def distance(images, others):
    """Return the mean absolute difference."""
    return tf.reduce_mean(tf.abs(images - others))


def off(logits, target):
    """Return the mean squared difference of logits from what they are to be."""
    return tf.reduce_mean(tf.math.squared_difference(logits, target))


class CycleGAN(Trainer):
    """The recipe `cyclegan`."""

    networks = dict.fromkeys(("generator_ab", "generator_ba"), resnet) | dict.fromkeys(
        ("discriminator_a", "discriminator_b"), patch
    )

    def __init__(self, networks, image_shape, jitter, jit_compile):
        super().__init__(networks, jitter, jit_compile)
        g, f, of_a, of_b = self.variables.values()
        self.players = [*g, *f], [*of_a, *of_b]
        self.adams = [adam(player) for player in self.players]
        self.pools = Pool(image_shape), Pool(image_shape)

    def take_step(self, a, b):
        """Take one step of the generators, then one of the discriminators; return the losses, the generators' first.

        The images (1, H, W, C) are in [-1, 1].
        """
        if self.jitter:
            a, b = jittered(a), jittered(b)
        generators, discriminators = self.players
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(generators)
            g_loss, fake_a, fake_b = self.generators_loss(a, b)
        self.adams[0].apply(tape.gradient(g_loss, generators))

        fake_a, fake_b = self.pools[0].exchange(fake_a), self.pools[1].exchange(fake_b)
        with tf.GradientTape() as tape:
            d_loss = self.discriminator_loss("discriminator_a", a, fake_a)
            d_loss += self.discriminator_loss("discriminator_b", b, fake_b)
        self.adams[1].apply(tape.gradient(d_loss, discriminators))
        return g_loss, d_loss

    def generators_loss(self, a, b):
        """Return `(loss, fake a, fake b)`."""
        g, f, of_a, of_b = self.layers.values()
        fake_b, fake_a = resnet(g, a), resnet(f, b)
        adversarial = off(patch(of_a, fake_a), 1.0) + off(patch(of_b, fake_b), 1.0)
        cycle = distance(resnet(f, fake_b), a) + distance(resnet(g, fake_a), b)
        identity = distance(resnet(f, a), a) + distance(resnet(g, b), b)
        return adversarial + 10 * (cycle + 0.5 * identity), fake_a, fake_b

    def discriminator_loss(self, name, real, fake):
        """Return the loss of the discriminator of that name."""
        layers = self.layers[name]
        return (off(patch(layers, real), 1.0) + off(patch(layers, fake), 0.0)) / 2


class Pool:
    """Keeps past images, and gives one of them back for a new one with probability 1/2 once it is full."""

    def __init__(self, image_shape, size=POOL_SIZE):
        self.size = size
        self.images, self.count = tf.Variable(tf.zeros((size, *image_shape))), tf.Variable(0)

    def exchange(self, image):
        """Return the image (1, H, W, C), or an older one."""
        is_full = self.count == self.size
        place = tf.where(is_full, tf.random.uniform((), maxval=self.size, dtype=tf.int32), self.count)
        exchanged = is_full & (tf.random.uniform(()) < 0.5)
        old = self.images[place][None]
        self.images.scatter_update(tf.IndexedSlices(tf.where(is_full & ~exchanged, old, image), [place]))
        self.count.assign(tf.minimum(self.count + 1, self.size))
        return tf.where(exchanged, old, image)
