"""Generative adversarial networks (Goodfellow et al. 2014, arXiv:1406.2661)."""

import functools
from types import MappingProxyType

import keras
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError, unknown
from kerasgen.layers import WeightsMean
from kerasgen.losses import OBJECTIVES, game_value, gradient_penalty, r1_penalty
from kerasgen.models.conditional import ConditionalModel, first_input, known_shape


@keras.saving.register_keras_serializable("kerasgen")
class GAN(ConditionalModel):
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
            (N, H, W, C) in [-1, 1] (tanh); or to points (N, 1, 1, D) of any value.
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

    logged = (
        "generator_loss",
        "discriminator_loss",
        "value",
        "real_score",
        "fake_score",
        "real_accuracy",
        "fake_accuracy",
    )

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
        super().__init__(**kwargs)
        if objective not in OBJECTIVES:
            raise unknown("objective", objective, OBJECTIVES)
        for name, value in (("discriminator_steps", discriminator_steps), ("packing", packing)):
            if value < 1:
                raise UsageError(f"{name} is {value}; it must be 1 or more")
        if packing > 1 and num_classes:
            raise UsageError(f"packing {packing} cannot be combined with labels; take packing=1 or conditional=False")
        if not 0 <= average < 1:
            raise UsageError(f"average is {average}; the decay of a moving average lies in [0, 1), such as 0.999")
        _check_fit(generator, discriminator, packing)
        self.generator, self.discriminator = generator, discriminator
        self.objective, self.discriminator_steps = objective, discriminator_steps
        self.num_classes, self.packing, self.feature_matching = num_classes, packing, feature_matching
        self.historical_averaging, self.average = historical_averaging, average
        self.r1_penalty, self.r2_penalty = r1_penalty, r2_penalty
        self.latent_dim = first_input(generator)[-1]
        if self.is_of_points:
            self.bounds = (-float("inf"), float("inf"))
        # A proxy, because the layers are the discriminator's and must not be saved twice.
        self._parts = MappingProxyType({"features": keras.Model(discriminator.inputs, discriminator.layers[-1].input)})
        if historical_averaging:
            self.generator_history = WeightsMean(generator.trainable_variables, name="generator_history")
            self.discriminator_history = WeightsMean(discriminator.trainable_variables, name="discriminator_history")
        if average:
            self.averaged_generator = keras.models.clone_model(generator)
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
    def image_shape(self):
        """Return (H, W, C) of the images."""
        return tuple(self.generator.output_shape[1:])

    # -- the losses

    def discriminator_loss(self, real, fake, labels=None, mix=None, training=False):
        """Return the discriminator's `(loss, logs)` for images as the networks have them.

        Args:
            real, fake: images (N, H, W, C) in [-1, 1].
            labels: of both, int (N,), or None.
            mix: shares in [0, 1], (N, 1, 1, 1), of the real image, or pack, in each at which the gradient penalty is
                taken; of packs the first are used. None leaves it out.
            training: whether the networks' statistics are those of the batch, and are updated.
        """
        if self.packing > 1:  # packs do not end where the devices' parts of the batch do: each judges all
            real, fake = (self._pack(images) for images in backend.global_batch(real, fake))
            mix = None if mix is None else backend.global_batch(mix)[0][: ops.shape(real)[0]]
        on_real, on_fake = self._judge(real, labels, training), self._judge(fake, labels, training)
        objective = OBJECTIVES[self.objective]
        loss = objective.discriminator(on_real, on_fake)
        if mix is not None:
            gradients = self._gradients_at(mix * real + (1.0 - mix) * fake, labels)
            loss = loss + objective.gradient_penalty * gradient_penalty(gradients)
        for images, weight in ((real, self.r1_penalty), (fake, self.r2_penalty)):
            if training and weight:
                loss = loss + weight * r1_penalty(self._gradients_at(images, labels))
        if training and self.historical_averaging:
            loss = loss + self.historical_averaging * self.discriminator_history.distance()
        scores = [ops.mean(ops.sigmoid(logits)) for logits in (on_real, on_fake)]
        return loss, (game_value(on_real, on_fake), *scores, *objective.accuracies(on_real, on_fake))

    def generator_loss(self, fake, labels=None, real=None, training=False):
        """Return the generator's `(loss, ())` for its images `fake`; some losses take `real` images too."""
        objective = OBJECTIVES[self.objective]
        takes_real = self.feature_matching or objective.relativistic
        if self.packing > 1:
            judged = (fake, real) if takes_real else (fake,)
            fake, *others = (self._pack(images) for images in backend.global_batch(*judged))
            real = others[0] if takes_real else None
        if self.feature_matching:
            features = self._parts["features"]
            found = [backend.run(features, self.with_labels(x, labels), training) for x in (real, fake)]
            found = [backend.batch_mean(ops.cast(x, "float32")) for x in found]
            loss = ops.sum(ops.square(found[0] - found[1]))
        else:
            loss = objective.generator_loss(lambda images: self._judge(images, labels, training), fake, real)
        if training and self.historical_averaging:
            loss = loss + self.historical_averaging * self.generator_history.distance()
        return loss, ()

    def _judge(self, images, labels, training):
        """Return the logits (N, 1) of images, or of packs of them."""
        logits = backend.run(self.discriminator, self.with_labels(images, labels), training)
        return ops.cast(logits, "float32")

    def _gradients_at(self, images, labels):
        # Not in training: there the others of a batch would have a part in an image's gradient, and state that is
        # assigned inside a second derivative is lost on JAX.
        return backend.input_gradient(lambda x: self._judge(x, labels, training=False), images)

    def _pack(self, images):
        """Return images (N, H, W, C) as (N / packing, H, W, packing C); what is left over is left out.

        Of fewer images than a pack, which the end of an epoch may have, one pack is filled with repetitions.
        """
        height, width, channels = self.image_shape
        n = ops.shape(images)[0]
        if isinstance(n, int) and n >= self.packing:
            images = images[: n - n % self.packing]
        else:
            largest = max if isinstance(n, int) else ops.maximum
            repeated = ops.concatenate([images] * self.packing)
            images = repeated[: largest(n - n % self.packing, self.packing)]
        packed = backend.reshape(images, (-1, self.packing, height, width, channels))
        return backend.reshape(ops.transpose(packed, (0, 2, 3, 1, 4)), (-1, height, width, self.packing * channels))

    # -- the steps

    def _unpack_with_latents(self, data):
        """Return real images, labels, and latents (K, N, latent_dim): one batch for each of the K steps."""
        images, labels, latents = self.unpack(data)
        size, steps = ops.shape(images)[0], self.discriminator_steps
        if latents is None:
            latents = backend.draw(keras.random.normal, (steps, size, self.latent_dim), self.seed_generator)
        else:  # passed in as (N, latent_dim) or (N, K, latent_dim), so that Keras can cut batches of it
            latents = ops.moveaxis(backend.reshape(latents, (size, steps, self.latent_dim)), 1, 0)
        return images if self.is_of_points else images * 2.0 - 1.0, self.labels_of_batch(labels), latents

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
            self._update_discriminator(real, fake, labels)
        inputs = self.with_labels(latents[-1], labels)
        recorded = self.record("generator", lambda: backend.run(self.generator, inputs, training=True))
        d_loss, found = self._update_discriminator(real, recorded.output, labels)
        g_loss, of_generator = self.minimize(
            "generator", lambda fake: self.generator_loss(fake, labels, real, training=True), given=recorded
        )
        self._update_means()
        return self.track(real, g_loss, d_loss, *found, *(of_generator or ()))

    def _update_discriminator(self, real, fake, labels):
        mix = None
        if OBJECTIVES[self.objective].gradient_penalty:
            mix = backend.draw(keras.random.uniform, (ops.shape(real)[0], 1, 1, 1), self.seed_generator)
        return self.minimize("discriminator", lambda: self.discriminator_loss(real, fake, labels, mix, training=True))

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

    def discriminate(self, images):
        """Return the discriminator's logits (N,) of images (N, H, W, C) in [0, 1].

        Raises:
            UsageError: the discriminator judges several images at once, or needs labels.
            DataError: images that the model cannot take.
        """
        if self.packing > 1 or self.num_classes:
            raise UsageError("this discriminator judges packs of images, or images with labels, not single images")
        images = as_floats(self.check_images(images))
        images = images if self.is_of_points else images * 2.0 - 1.0
        return self.predict_in_batches(self.discriminator, images)[:, 0]

    def _as_images(self, outputs):
        return outputs if self.is_of_points else (outputs + 1.0) / 2.0


def _check_fit(generator, discriminator, packing):
    made, taken = known_shape(generator, "output_shape"), first_input(discriminator)
    if (*made[:-1], made[-1] * packing) != taken:
        raise UsageError(f"the generator makes {made}, the discriminator takes {taken} with packing {packing}")
