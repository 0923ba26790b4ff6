"""VAE with a discriminator (Larsen et al. 2016, arXiv:1512.09300)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.models.base import adversary
from kerasgen.models.base.adversary import Adversary, to_discriminator_range
from kerasgen.models.base.noise import Noise, Normal
from kerasgen.models.base.shapes import known_shape
from kerasgen.models.vae import VAE


@keras.saving.register_keras_serializable("kerasgen")
class VAEGAN(VAE):
    """A VAE whose decoder is also trained as the generator of a GAN, on latents drawn from the prior.

    The evidence lower bound requires every image to be reconstructed, which prevents mode collapse. The
    discriminator removes the differences between generated and real images, such as blur. One player, `autoencoder`,
    has the encoder and the decoder. It minimizes the VAE's loss plus `adversarial_weight` times the generator loss. The
    generator loss does not backpropagate into the encoder, as in the paper's algorithm 1.

    The paper measures the reconstruction error in features of the discriminator. Here it is measured in pixels, so that
    the loss is the VAE's bound. The discriminator receives only images generated from the prior.

    Logs the values of `VAE` and of `GAN`.

    Args:
        encoder: see `VAE`.
        decoder: see `VAE`.
        discriminator: `keras.Model` from images (N, H, W, C) in [-1, 1], and labels if there are classes, to logits
            (N, 1). Its input has `packing` images, concatenated on the last axis.
        adversarial_weight: weight of the generator loss relative to the ELBO (nats per image).
        objective: see `Adversary`.
        packing: see `Adversary`.
        feature_matching: see `Adversary`.
        r1_penalty: see `Adversary`.
        r2_penalty: see `Adversary`.
        **kwargs: other arguments of `VAE`. `binarize` is refused, because the discriminator would recognize binary
            images.

    Raises:
        UsageError: an invalid argument, or networks that do not fit each other.

    Example:
        ```python
        model = kerasgen.create("vae-gan", adversarial_weight=0.3)
        model.fit(images, batch_size=32, epochs=50)
        ```
    """

    traceable = True
    objective, packing, feature_matching, r1_penalty, r2_penalty = adversary.options_of("adversary")

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        discriminator: keras.Model,
        adversarial_weight: float = 10.0,
        objective: str = "non_saturating",
        packing: int = 1,
        feature_matching: bool = False,
        r1_penalty: float = 0.0,
        r2_penalty: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(encoder, decoder, **kwargs)
        if adversarial_weight < 0:
            raise UsageError(f"adversarial_weight is {adversarial_weight}; it must be 0 or more")
        if self.binarize:
            raise UsageError("binarize makes images of 0 and 1, which the discriminator would recognize; leave it out")
        self.adversary = Adversary(
            discriminator,
            known_shape(decoder, "output_shape"),
            objective,
            packing,
            feature_matching,
            r1_penalty,
            r2_penalty,
        )
        self.discriminator, self.adversarial_weight = discriminator, adversarial_weight

    @property
    def players(self) -> dict[str, list]:
        """The two players' trainable variables."""
        return {
            "autoencoder": [*self.encoder.trainable_variables, *self.decoder.trainable_variables],
            "discriminator": self.discriminator.trainable_variables,
        }

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of the VAE, latents of the prior, and the adversary's noise."""
        return super().noise | {"prior": Normal(self.latent_dim)} | self.adversary.noise()

    def generate_fake(self, latents: Any, labels: Any = None, training: bool = False) -> Any:
        """Return the images (N, H, W, C) in [-1, 1] of latents (N, latent_dim), and of labels (N,), as tensors."""
        outputs = backend.run(self.decoder, self.classes.inputs(latents, labels), training)
        return to_discriminator_range(self.outputs_to_images(ops.cast(outputs, "float32")))

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take a step of the discriminator on images of the prior, then one of the autoencoder.

        The autoencoder's step uses these images again, and the updated discriminator.
        """
        batch = self.unpack(data)
        noise, real, labels = self.draw(batch), to_discriminator_range(batch.images), batch.labels
        condition = self.classes.condition(labels)
        weight = self.kl_weight("autoencoder")
        recorded = self.record("autoencoder", lambda: self.generate_fake(noise["prior"], labels, training=True))
        d_loss, d_metrics = self.minimize(
            "discriminator",
            lambda: self.adversary.discriminator_loss(
                real, recorded.output, condition, noise.get("mix"), training=True
            ),
        )

        def total(fake):
            loss, metrics = self.compute_losses(batch, noise, training=True, kl_weight=weight)
            g_loss = self.adversary.generator_loss(fake, condition, real, training=True)
            return loss + self.adversarial_weight * g_loss, {"loss": loss, **metrics, "generator_loss": g_loss}

        _, metrics = self.minimize("autoencoder", total, given=recorded)
        return self.track(batch, **metrics, discriminator_loss=d_loss, **d_metrics)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Log the same values as `train_step`, without a step and without a gradient penalty."""
        batch = self.unpack(data)
        noise, real = self.draw(batch), to_discriminator_range(batch.images)
        condition, fake = self.classes.condition(batch.labels), self.generate_fake(noise["prior"], batch.labels)
        loss, metrics = self.compute_losses(batch, noise)
        g_loss = self.adversary.generator_loss(fake, condition, real)
        d_loss, d_metrics = self.adversary.discriminator_loss(real, fake, condition)
        return self.track(batch, loss=loss, **metrics, generator_loss=g_loss, discriminator_loss=d_loss, **d_metrics)

    def discriminate(self, samples: np.ndarray) -> np.ndarray:
        """Return the discriminator's logits (N,) of single images (N, H, W, C) in [0, 1].

        Raises:
            UsageError: the discriminator takes packs of samples, or samples with labels.
            DataError: samples that the model cannot take.
        """
        return adversary.discriminate(self, samples)
