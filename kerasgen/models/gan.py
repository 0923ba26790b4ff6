"""Generative adversarial networks (Goodfellow et al. 2014, arXiv:1406.2661)."""

import functools

import keras
from keras import ops

from kerasgen import backend
from kerasgen.backend import keras_internals
from kerasgen.errors import UsageError
from kerasgen.layers import WeightsMean
from kerasgen.models.base.adversary import Game
from kerasgen.models.base.labels import first_input, known_shape


@keras.saving.register_keras_serializable("kerasgen")
class GAN(Game):
    """The game of a generator and a discriminator; algorithm 1 of the paper.

    With convolutional networks this is the DCGAN of Radford et al. (2016, arXiv:1511.06434), with labels the
    conditional GAN of Mirza and Osindero (2014, arXiv:1411.1784).

    Logs both losses (`generator_loss`, `discriminator_loss`), the value V(D, G) of the game in nats (`value`), the
    means of D(x) and D(G(z)) (`real_score`, `fake_score`), with D the sigmoid of the logits whatever the objective,
    and the share of real and of fake images that the discriminator tells right (`real_accuracy`, `fake_accuracy`; see
    `kerasgen.losses.Objective.accuracies`). At the equilibrium of `minimax` and `non_saturating` the value is
    -2 log 2 and both scores are 1/2; the other objectives have other logits there, or leave them open.

    A subclass that logs more appends the names to `logged`, and the values to the logs that `discriminator_loss`
    returns, or else to those of `generator_loss`.

    Args:
        generator: `keras.Model` from latents (N, latent_dim), and labels (N,) if there are classes, to images
            (N, H, W, C) in [-1, 1] (tanh); or to points (N, D) of any value.
        discriminator: `keras.Model` from such images, `packing` of them on the last axis, and labels if there are
            classes, to logits (N, 1). Its last layer judges what the one before it has found: the features.
        objective: one of `kerasgen.losses.OBJECTIVES`.
        discriminator_steps: K of algorithm 1, updates of the discriminator for each one of the generator; each
            against new fakes, but all on the same real images.
        num_classes: int; 0 for a model without labels.
        packing: images that the discriminator judges together (Lin et al. 2018, arXiv:1712.04086).
        feature_matching: whether the generator matches the discriminator's mean features of real images, instead
            of its own objective (Salimans et al. 2016, arXiv:1606.03498, section 3.1).
        historical_averaging: weight of ||theta - mean of the past theta||^2 in both losses (section 3.3).
        r1_penalty: weight gamma of the penalty on the discriminator's gradients at real images, or packs of them, which
            lets the game settle (R1 of Mescheder et al. 2018, arXiv:1801.04406).
        r2_penalty: weight of the same penalty at fake images (R2). These penalties, like that of `wasserstein`, are
            of single images or packs: batch normalisation in the discriminator has its moving statistics in them,
            not those of the batch that the game has, and minibatch discrimination adds what an image changes for the
            others. The papers' discriminators have neither.
        average: decay, for each step, of the moving average of the generator's weights that `generate` uses, and
            less in the first steps, t of them (1 + t) / (10 + t), so that the weights of the beginning are forgotten;
            0 for none, which generates with the weights themselves.

    Raises:
        UsageError: an argument that cannot be, or networks that do not fit each other.
    """

    logged = ("generator_loss", "discriminator_loss", *Game.found)

    def __init__(
        self,
        generator,
        discriminator,
        objective="non_saturating",
        discriminator_steps=1,
        num_classes=0,
        packing=1,
        feature_matching=False,
        historical_averaging=0.0,
        r1_penalty=0.0,
        r2_penalty=0.0,
        average=0.0,
        **kwargs,
    ):
        super().__init__(
            discriminator,
            known_shape(generator, "output_shape"),
            objective=objective,
            packing=packing,
            feature_matching=feature_matching,
            r1_penalty=r1_penalty,
            r2_penalty=r2_penalty,
            **kwargs,
        )
        if discriminator_steps < 1:
            raise UsageError(f"discriminator_steps is {discriminator_steps}; it must be 1 or more")
        if not 0 <= average < 1:
            raise UsageError(f"average is {average}; the decay of a moving average lies in [0, 1), such as 0.999")
        self.generator, self.discriminator_steps, self.num_classes = generator, discriminator_steps, num_classes
        self.historical_averaging, self.average = historical_averaging, average
        self.latent_dim = first_input(generator)[-1]
        if self.is_of_points:
            self.bounds = (-float("inf"), float("inf"))
        if historical_averaging:
            self.generator_history = WeightsMean(generator.trainable_variables, name="generator_history")
            self.discriminator_history = WeightsMean(discriminator.trainable_variables, name="discriminator_history")
        if average:
            self.averaged_generator = keras_internals.clone(generator)
            self.averaged_generator.set_weights(generator.get_weights())
            self.averaged_generator.trainable = False
            self.averaged_steps = self.add_weight((), "zeros", "float32", trainable=False, name="averaged_steps")
        self.built = True

    @property
    def players(self):
        """Return the two players' trainable variables."""
        return {
            "generator": self.generator.trainable_variables,
            "discriminator": self.discriminator.trainable_variables,
        }

    @functools.cached_property
    def sample_shape(self):
        """Return (H, W, C) of the images."""
        return tuple(self.generator.output_shape[1:])

    # -- the losses

    def discriminator_loss(self, real, fake, labels=None, mix=None, training=False):
        """Return the discriminator's `(loss, logs)`, as `Game` does, with historical averaging in training."""
        loss, found = super().discriminator_loss(real, fake, labels, mix, training)
        if training and self.historical_averaging:
            loss = loss + self.historical_averaging * self.discriminator_history.distance()
        return loss, found

    def generator_loss(self, fake, labels=None, real=None, training=False):
        """Return the generator's `(loss, ())`, as `Game` does, with historical averaging in training."""
        loss, found = super().generator_loss(fake, labels, real, training)
        if training and self.historical_averaging:
            loss = loss + self.historical_averaging * self.generator_history.distance()
        return loss, found

    # -- the steps

    def _unpack_with_latents(self, data):
        """Return real images, labels, and latents (K, N, latent_dim): one batch for each of the K steps."""
        images, labels, latents = self.unpack(data)
        size, steps = ops.shape(images)[0], self.discriminator_steps
        if latents is None:
            latents = backend.draw(keras.random.normal, (steps, size, self.latent_dim), self.seed_generator)
        else:  # passed in as (N, latent_dim) or (N, K, latent_dim), so that Keras can cut batches of it
            latents = ops.moveaxis(backend.reshape(latents, (size, steps, self.latent_dim)), 1, 0)
        return self.to_discriminator_range(images), self.labels_of_batch(labels), latents

    def train_step(self, data):
        """Take K steps of the discriminator on the batch, each against new fakes, then one of the generator.

        The generator's step judges the last of these fakes again, by the updated discriminator: one pass
        through the generator serves both players.
        """
        real, labels, latents = self._unpack_with_latents(data)
        for step in range(self.discriminator_steps - 1):
            fake = ops.stop_gradient(
                backend.run(self.generator, self.with_labels(latents[step], labels), training=True)
            )
            self.update_discriminator(real, fake, labels)
        inputs = self.with_labels(latents[-1], labels)
        recorded = self.record("generator", lambda: backend.run(self.generator, inputs, training=True))
        d_loss, found = self.update_discriminator(real, recorded.output, labels)
        g_loss, of_generator = self.minimize(
            "generator", lambda fake: self.generator_loss(fake, labels, real, training=True), given=recorded
        )
        self._update_means()
        return self.track(real, g_loss, d_loss, *found, *(of_generator or ()))

    def _update_means(self):
        if self.historical_averaging:
            self.generator_history.update()
            self.discriminator_history.update()
        if self.average:
            steps = ops.convert_to_tensor(self.averaged_steps)
            decay = ops.minimum(self.average, (1.0 + steps) / (10.0 + steps))
            for mean, weight in zip(self.averaged_generator.weights, self.generator.weights):
                mean.assign(mean * decay + weight * (1.0 - decay))
            self.averaged_steps.assign(steps + 1.0)

    def test_step(self, data):
        """Log the same values as `train_step`, without a step and without a gradient penalty."""
        real, labels, latents = self._unpack_with_latents(data)
        fake = backend.run(self.generator, self.with_labels(latents[-1], labels))
        d_loss, found = self.discriminator_loss(real, fake, labels)
        g_loss, of_generator = self.generator_loss(fake, labels, real)
        return self.track(real, g_loss, d_loss, *found, *(of_generator or ()))

    # -- generation

    def call(self, inputs, training=False):
        """Return the images (N, H, W, C) in [0, 1] of latents (N, latent_dim), or of `[latents, labels]`."""
        return self._as_images(ops.cast(self.generator(inputs, training=training), "float32"))

    def generate(self, n, seed=None, labels=None):
        """Return `n` images (n, H, W, C) of latents drawn from N(0, I).

        Args:
            n: int.
            seed: int; the same seed gives the same images.
            labels: for a conditional model, one class or int (n,); each class in turn by default.

        Raises:
            UsageError, DataError: see `check_labels`.
        """
        labels = self.check_labels(labels, n)
        inputs = self.with_labels(self.draw_latents(n, (self.latent_dim,), seed), labels)
        network = self.averaged_generator if self.average else self.generator
        return self._as_images(self.predict_in_batches(network, inputs).astype("float32"))

    def _as_images(self, outputs):
        return outputs if self.is_of_points else (outputs + 1.0) / 2.0
