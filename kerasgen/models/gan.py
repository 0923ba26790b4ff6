"""Generative adversarial networks (Goodfellow et al. 2014, arXiv:1406.2661)."""

import keras
from keras import ops

from kerasgen.errors import UsageError, unknown
from kerasgen.losses import OBJECTIVES
from kerasgen.models.generative_model import GenerativeModel


@keras.saving.register_keras_serializable("kerasgen")
class GAN(GenerativeModel):
    """The game of a generator and a discriminator; algorithm 1 of the paper.

    With convolutional networks this is the DCGAN of Radford et al. (2016, arXiv:1511.06434).
    Logs both losses (`generator_loss`, `discriminator_loss`, in nats) and the share of real and of fake images
    that the discriminator tells right (`real_accuracy`, `fake_accuracy`).

    Args:
        generator: `keras.Model` from latents (N, latent_dim) to images (N, H, W, C) in [-1, 1] (tanh).
        discriminator: `keras.Model` from such images to logits (N, 1).
        objective: `"non_saturating"` or `"minimax"`; see `kerasgen.losses.OBJECTIVES`.
        discriminator_steps: K of algorithm 1, updates of the discriminator for each one of the generator.

    Raises:
        UsageError: unknown objective, K below 1, or networks that do not fit each other.
    """

    logged = ("generator_loss", "discriminator_loss", "real_accuracy", "fake_accuracy")

    def __init__(self, generator, discriminator, objective="non_saturating", discriminator_steps=1, **kwargs):
        super().__init__(**kwargs)
        if objective not in OBJECTIVES:
            raise unknown("objective", objective, OBJECTIVES)
        if discriminator_steps < 1:
            raise UsageError(f"discriminator_steps is {discriminator_steps}; it must be 1 or more")
        if generator.output_shape != discriminator.input_shape:
            raise UsageError(
                f"the generator makes {generator.output_shape}, the discriminator takes {discriminator.input_shape}"
            )
        self.generator, self.discriminator = generator, discriminator
        self.objective, self.discriminator_steps = objective, discriminator_steps
        self.latent_dim = generator.input_shape[-1]
        self.built = True

    @property
    def players(self):
        """Return the two players' trainable variables."""
        return {
            "generator": self.generator.trainable_variables,
            "discriminator": self.discriminator.trainable_variables,
        }

    @property
    def image_shape(self):
        """Return (H, W, C) of the images."""
        return tuple(self.generator.output_shape[1:])

    def _unpack_with_latents(self, data):
        """Return real images in [-1, 1] and latents (K, N, latent_dim), one batch for each of the K steps."""
        images, _, latents = self.unpack(data)
        size, steps = ops.shape(images)[0], self.discriminator_steps
        if latents is None:
            latents = keras.random.normal((steps, size, self.latent_dim), seed=self.seed_generator)
        else:  # passed in as (N, latent_dim) or (N, K, latent_dim), so that Keras can cut batches of it
            latents = ops.moveaxis(ops.reshape(latents, (size, steps, self.latent_dim)), 1, 0)
        return images * 2.0 - 1.0, latents

    def discriminator_loss(self, real, fake, training):
        """Return the discriminator's `(loss, (accuracy on real, accuracy on fake))` for images in [-1, 1]."""
        on_real = ops.cast(self.discriminator(real, training=training), "float32")
        on_fake = ops.cast(self.discriminator(fake, training=training), "float32")
        loss = OBJECTIVES[self.objective].discriminator(on_real, on_fake)
        return loss, (_share(on_real > 0), _share(on_fake < 0))

    def generator_loss(self, fake, training):
        """Return the generator's `(loss, ())` for its images `fake`."""
        on_fake = ops.cast(self.discriminator(fake, training=training), "float32")
        return OBJECTIVES[self.objective].generator(on_fake), ()

    def train_step(self, data):
        """Take K steps of the discriminator on the batch, each against new fakes, then one of the generator.

        The generator's step judges the last of these fakes again, by the updated discriminator: one pass
        through the generator serves both players.
        """
        real, latents = self._unpack_with_latents(data)
        for step in range(self.discriminator_steps - 1):
            fake = ops.stop_gradient(self.generator(latents[step], training=True))
            self._update_discriminator(real, fake)
        recorded = self.record("generator", lambda: self.generator(latents[-1], training=True))
        d_loss, (on_real, on_fake) = self._update_discriminator(real, recorded.output)
        g_loss, _ = self.minimize("generator", lambda fake: self.generator_loss(fake, True), given=recorded)
        return self.track(
            real,
            generator_loss=g_loss,
            discriminator_loss=d_loss,
            real_accuracy=on_real,
            fake_accuracy=on_fake,
        )

    def _update_discriminator(self, real, fake):
        return self.minimize("discriminator", lambda: self.discriminator_loss(real, fake, training=True))

    def test_step(self, data):
        """Log the same values as `train_step`, without a step."""
        real, latents = self._unpack_with_latents(data)
        fake = self.generator(latents[-1], training=False)
        d_loss, (on_real, on_fake) = self.discriminator_loss(real, fake, training=False)
        g_loss, _ = self.generator_loss(fake, training=False)
        return self.track(
            real,
            generator_loss=g_loss,
            discriminator_loss=d_loss,
            real_accuracy=on_real,
            fake_accuracy=on_fake,
        )

    def call(self, latents, training=False):
        """Return the images (N, H, W, C) in [0, 1] of latents (N, latent_dim)."""
        return (ops.cast(self.generator(latents, training=training), "float32") + 1.0) / 2.0

    def generate(self, n, seed=None):
        """Return `n` images (n, H, W, C) of latents drawn from N(0, I)."""
        latents = self.draw_latents(n, (self.latent_dim,), seed)
        return (self.predict_in_batches(self.generator, latents).astype("float32") + 1.0) / 2.0


def _share(condition):
    return ops.mean(ops.cast(condition, "float32"))
