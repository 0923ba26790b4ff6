"""The games in TensorFlow: modules whose `step` takes a step of both players and adds the losses to `totals`."""

import tensorflow as tf

from .autoencoders_with_tensorflow import ConvolutionalVAE
from .layers_with_tensorflow import (
    Adam,
    batch_norm,
    dense,
    down,
    layer_norm,
    statistics,
    up,
    variables,
    with_class,
)
from .weights import CLASSES, HIDDEN, PIECES, UNITS


def classify(on_real, on_fake):
    """Return -log D(x) - log(1 - D(G(z)))."""
    return tf.reduce_mean(tf.nn.softplus(-on_real)) + tf.reduce_mean(tf.nn.softplus(on_fake))


def pass_for_real(on_fake):
    """Return -log D(G(z))."""
    return tf.reduce_mean(tf.nn.softplus(-on_fake))


class Discriminator(tf.Module):
    """The weights of a discriminator and their Adam, with arrays as `weights.first` makes."""

    def __init__(self, arrays, learning_rate=2e-4):
        super().__init__()
        self.weights, self.statistics = variables(arrays), statistics(arrays)
        self.adam = Adam(self.weights.values(), learning_rate, beta_1=0.5)

    def step(self, real, fake, labels=()):
        """Take one step and return the loss."""
        with tf.GradientTape() as tape:
            loss = self.loss(real, fake, labels)
        self.adam.apply(tape.gradient(loss, [*self.weights.values()]))
        return loss

    def loss(self, real, fake, labels):
        """Return what it minimises."""
        return classify(self(real, *labels), self(fake, *labels))

    def gradient_at(self, fake, labels=(), loss=pass_for_real):
        """Return the loss of who made the images that it judges, and its gradient."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            value = loss(self(fake, *labels))
        return value, tape.gradient(value, fake)


class Maxout(Discriminator):
    """Logits (N, 1) by a maxout perceptron."""

    def __call__(self, images, labels=None):
        """Return the logits."""
        w, x = self.weights, tf.reshape(images, (len(images), -1))
        if labels is not None:
            x = tf.concat([x, tf.one_hot(labels, CLASSES) @ w["plane.kernel"]], -1)
        for i in (1, 2, 3):
            x = tf.reduce_max(tf.reshape(dense(w, f"maxout_{i}", x), (-1, PIECES, UNITS)), 1)
        return dense(w, "judge", x)


class Convolutions(Discriminator):
    """Logits (N, 1) by convolutions."""

    def __call__(self, images):
        """Return the logits."""
        x = tf.nn.leaky_relu(down(self.weights, "down_1", images))
        for number in (2, 3):
            x = tf.nn.leaky_relu(self.normalize(f"norm_{number + 1}", down(self.weights, f"down_{number}", x)))
        return dense(self.weights, "logit", tf.reshape(x, (len(images), -1)))

    def normalize(self, name, x):
        """Return x normalised over the batch."""
        return batch_norm(self.weights, self.statistics, name, x)


class Critic(Convolutions):
    """The critic of a Wasserstein GAN; the `labels` of its loss are shares (N, 1, 1, 1) of the real images."""

    def normalize(self, name, x):
        """Return x normalised for each image."""
        return layer_norm(self.weights, name, x)

    def loss(self, real, fake, labels):
        """Return the negative distance, and what keeps the gradients near 1 (Gulrajani et al. 2017)."""
        (shares,) = labels
        between = shares * real + (1 - shares) * fake
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(between)
            on_between = self(between)
        squares = tf.reduce_sum(tf.square(tape.gradient(on_between, between)), (1, 2, 3))
        penalty = 10 * tf.reduce_mean(tf.square(tf.sqrt(squares + 1e-12) - 1))
        return tf.reduce_mean(self(fake)) - tf.reduce_mean(self(real)) + penalty


class GAN(tf.Module):
    """The GAN of perceptrons, which can be told the class."""

    def __init__(self, generator, discriminator, learning_rate=2e-4):
        super().__init__()
        self.weights, self.statistics = variables(generator), statistics(generator)
        self.adam = Adam(self.weights.values(), learning_rate, beta_1=0.5)
        self.discriminator = self.opponent(discriminator, learning_rate)

    def opponent(self, arrays, learning_rate):
        """Return the discriminator."""
        return Maxout(arrays, learning_rate)

    def step(self, images, *labels_and_latents):
        """Take one step of each player, with one set of fakes for both."""
        *labels, latents = labels_and_latents
        with tf.GradientTape() as tape:
            fake = self.generate(latents, *labels)
        d_loss = self.discriminator.step(images * 2 - 1, fake, labels)
        g_loss, of_fake = self.discriminator.gradient_at(fake, labels)
        self.adam.apply(tape.gradient(fake, [*self.weights.values()], of_fake))
        self.totals.assign_add(tf.stack([d_loss, g_loss]))

    def generate(self, latents, labels=None):
        """Return images (N, 28, 28, 1) in [-1, 1]."""
        w, x = self.weights, with_class(latents, labels, CLASSES)
        for i in (1, 2, 3, 4):
            x = tf.reshape(x @ w[f"dense_{i}.kernel"], (-1, 1, 1, HIDDEN))  # of four axes, as the kernel asks
            x = tf.reshape(tf.nn.relu(batch_norm(w, self.statistics, f"norm_{i}", x)), (-1, HIDDEN))
        return tf.reshape(tf.tanh(dense(w, "pixels", x)), (-1, 28, 28, 1))


class DCGAN(GAN):
    """The game of convolutions."""

    def opponent(self, arrays, learning_rate):
        """Return the discriminator."""
        return Convolutions(arrays, learning_rate)

    def generate(self, latents):
        """Return images (N, 28, 28, 1) in [-1, 1]."""
        w = self.weights
        x = tf.reshape(latents @ w["project.kernel"], (len(latents), 7, 7, 128))
        x = up(w, "up_1", tf.nn.relu(batch_norm(w, self.statistics, "norm_1", x)))
        return tf.tanh(up(w, "up_2", tf.nn.relu(batch_norm(w, self.statistics, "norm_2", x))))


class WGAN(DCGAN):
    """The game whose critic measures a distance; the generator is averaged."""

    def __init__(self, generator, critic):
        super().__init__(generator, critic, learning_rate=5e-4)
        running = [value for pair in self.statistics.values() for value in pair]
        self.averages = [(tf.Variable(value), value) for value in (*self.weights.values(), *running)]
        self.steps = tf.Variable(0.0)

    def opponent(self, arrays, learning_rate):
        """Return the critic."""
        return Critic(arrays, learning_rate)

    def step(self, images, latents, shares):
        """Take one step of each player, with one set of fakes for both."""
        with tf.GradientTape() as tape:
            fake = self.generate(latents)
        d_loss = self.discriminator.step(images * 2 - 1, fake, [shares])
        g_loss, of_fake = self.discriminator.gradient_at(fake, loss=lambda on_fake: -tf.reduce_mean(on_fake))
        self.adam.apply(tape.gradient(fake, [*self.weights.values()], of_fake))
        decay = tf.minimum(0.995, (1 + self.steps) / (10 + self.steps))
        for mean, value in self.averages:
            mean.assign(mean * decay + value * (1 - decay))
        self.steps.assign_add(1.0)
        self.totals.assign_add(tf.stack([d_loss, g_loss]))


class VAEGAN(ConvolutionalVAE):
    """The VAE whose decoder plays a game."""

    def __init__(self, arrays, discriminator):
        super().__init__(arrays)
        self.adam = Adam(self.weights.values(), self.learning_rate, beta_1=0.5)
        self.discriminator = Convolutions(discriminator)

    def step(self, images, noise):
        """Take one step of each player; of the noise (N, 2, latents) the second is of the prior."""
        with tf.GradientTape() as of_game:
            fake = tf.reshape(tf.sigmoid(self.decode(noise[:, 1])), images.shape) * 2 - 1
        d_loss = self.discriminator.step(images * 2 - 1, fake)
        g_loss, of_fake = self.discriminator.gradient_at(fake)
        with tf.GradientTape() as of_bound:
            losses = self.losses(images, noise[:, 0])
        weights = [*self.weights.values()]
        gradients = of_bound.gradient(losses[0], weights)
        others = of_game.gradient(fake, weights, 10 * of_fake)
        self.adam.apply([one if other is None else one + other for one, other in zip(gradients, others)])
        self.totals.assign_add(tf.stack([*losses, d_loss, g_loss]))


GAMES = {"gan": GAN, "cgan": GAN, "dcgan": DCGAN, "wgan-gp": WGAN, "vae-gan": VAEGAN}
