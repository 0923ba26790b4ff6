"""The variational autoencoder whose decoder plays a game (Larsen et al. 2016, arXiv:1512.09300)."""

import keras
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.models.base.adversary import Game
from kerasgen.models.base.labels import known_shape
from kerasgen.models.vae import VAE


@keras.saving.register_keras_serializable("kerasgen")
class VAEGAN(Game, VAE):
    """A VAE with a discriminator: images of latents drawn from the prior are to pass for real ones as well.

    The bound holds the decoder to every image of the data, against a collapse to few modes; the game takes away what
    tells its images from real ones, such as that they are blurred. One player, `autoencoder`, has the encoder and the
    decoder and minimises the VAE's loss plus `game_weight` times the generator's; of the latter nothing reaches the
    encoder, as in the paper's algorithm 1. The paper measures the reconstruction error in the discriminator's features;
    here it is that of the pixels, so that the loss is the VAE's bound, and only images of the prior are judged.

    Logs what `VAE` and what `GAN` do.

    Args:
        encoder, decoder: see `VAE`.
        discriminator: `keras.Model` from images (N, H, W, C) in [-1, 1], `packing` of them on the last axis, and labels
            if there are classes, to logits (N, 1).
        game_weight: of the generator's loss, beside the bound in nats for each image.
        objective, packing, feature_matching, r1_penalty, r2_penalty: of the game; see `GAN`.
        **kwargs: the other arguments of `VAE`; but pixels cannot be drawn anew, which a discriminator would see.

    Raises:
        UsageError: an argument that cannot be, or networks that do not fit each other.
    """

    logged = (*VAE.logged, "generator_loss", "discriminator_loss", *Game.found)

    def __init__(
        self,
        encoder,
        decoder,
        discriminator,
        game_weight=10.0,
        objective="non_saturating",
        packing=1,
        feature_matching=False,
        r1_penalty=0.0,
        r2_penalty=0.0,
        **kwargs,
    ):
        super().__init__(
            discriminator,
            known_shape(decoder, "output_shape"),
            objective=objective,
            packing=packing,
            feature_matching=feature_matching,
            r1_penalty=r1_penalty,
            r2_penalty=r2_penalty,
            encoder=encoder,
            decoder=decoder,
            **kwargs,
        )
        if game_weight < 0:
            raise UsageError(f"game_weight is {game_weight}; it must be 0 or more")
        if self.binarize:
            raise UsageError("binarize makes images of 0 and 1, which a discriminator tells from all others; leave it")
        self.game_weight = game_weight

    @property
    def players(self):
        """Return the two players' trainable variables."""
        return {
            "autoencoder": [*self.encoder.trainable_variables, *self.decoder.trainable_variables],
            "discriminator": self.discriminator.trainable_variables,
        }

    @property
    def draws(self):
        """Return how many latents a step draws for each image; the last is of the prior."""
        return self.samples + 1

    def generate_fake(self, latents, labels=None, training=False):
        """Return the images (N, H, W, C) of latents (N, latent_dim), and labels (N,), as the discriminator has them."""
        outputs = backend.run(self.decoder, self.with_labels(latents, labels), training)
        return self.to_discriminator_range(self.outputs_to_images(ops.cast(outputs, "float32")))

    def train_step(self, data):
        """Take a step of the discriminator against images of the prior, then one of the autoencoder.

        The autoencoder's step judges these images again, by the updated discriminator.
        """
        images, noise, labels = self.unpack_with_noise(data)
        real, drawn = self.to_discriminator_range(images), self.draw_for_step(images, "autoencoder")
        recorded = self.record("autoencoder", lambda: self.generate_fake(noise[:, -1], labels, training=True))
        d_loss, found = self.update_discriminator(real, recorded.output, labels)

        def total(fake):
            loss, of_bound = self.compute_losses(images, noise[:, :-1], labels, True, *drawn)
            g_loss, _ = self.generator_loss(fake, labels, real, training=True)
            return loss + self.game_weight * g_loss, (loss, *of_bound, g_loss)

        _, of_autoencoder = self.minimize("autoencoder", total, given=recorded)
        return self.track(images, *of_autoencoder, d_loss, *found)

    def test_step(self, data):
        """Log the same values as `train_step`, without a step and without a gradient penalty."""
        images, noise, labels = self.unpack_with_noise(data)
        real, fake = self.to_discriminator_range(images), self.generate_fake(noise[:, -1], labels)
        loss, of_bound = self.compute_losses(images, noise[:, :-1], labels)
        g_loss, _ = self.generator_loss(fake, labels, real)
        d_loss, found = self.discriminator_loss(real, fake, labels)
        return self.track(images, loss, *of_bound, g_loss, d_loss, *found)
