"""pix2pix: image-to-image translation learned from pairs (Isola et al. 2017, arXiv:1611.07004)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.layers import JITTER_NOISE
from kerasgen.models.base import adversary
from kerasgen.models.base.adversary import Adversary
from kerasgen.models.base.last_activation import refuse_non_negative
from kerasgen.models.base.noise import Noise, Normal
from kerasgen.models.base.translation import (
    DIRECTIONS,
    DomainBatch,
    TranslationModel,
    noise_dim_of,
    with_noise,
)


@keras.saving.register_keras_serializable("kerasgen")
class Pix2Pix(TranslationModel):
    """A conditional GAN whose generator also minimizes the L1 distance to the target; eq. 4 of the paper.

    G* = arg min_G max_D L_cGAN(G, D) + lambda L_L1(G), with the noise z as dropout (`NoiseDropout`).

    Logs `generator_loss`, `discriminator_loss`, `l1` and the metrics of the objective over all patches; see `GAN`. `l1`
    is the mean absolute error in [-1, 1], twice that of images in [0, 1]. Without a discriminator, only
    `generator_loss` and `l1` are logged.

    Args:
        generator: `keras.Model` from images (N, H, W, C), and optional noise (N, D), to images (N, H, W, C) in [-1, 1].
        discriminator: `keras.Model` from `[images, source images]` to logits (N, h, w, 1); None to train the generator
            with L1 alone; `adversarial_weight` must then be 0.
        direction: `"AtoB"` or `"BtoA"`.
        l1_weight: lambda.
        adversarial_weight: weight of the generator's adversarial loss.
        objective: see `Adversary`. The discriminator's loss is divided by 2 (section 3.3).
        feature_matching: see `Adversary`.
        r1_penalty: see `Adversary`.
        r2_penalty: see `Adversary`.
        jitter: see `TranslationModel`; both images of a pair get the same jitter.
        **kwargs: arguments of `TranslationModel`.

    Raises:
        UsageError: an invalid argument, or networks that do not fit each other.

    Example:
        ```python
        model = kerasgen.create("pix2pix", image_size=64, channels=3)
        model.fit(photos, drawings, batch_size=4, epochs=100)
        translated = model.translate(photos[:8])
        ```
    """

    traceable = True
    objective, packing, feature_matching, r1_penalty, r2_penalty = adversary.options_of("adversary")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None = None,
        direction: str = "AtoB",
        l1_weight: float = 100.0,
        adversarial_weight: float = 1.0,
        objective: str = "non_saturating",
        feature_matching: bool = False,
        r1_penalty: float = 0.0,
        r2_penalty: float = 0.0,
        jitter: bool = True,
        **kwargs: Any,
    ):
        super().__init__(jitter, **kwargs)
        if direction not in DIRECTIONS:
            raise unknown("direction", direction, DIRECTIONS)
        if min(l1_weight, adversarial_weight) < 0 or not (l1_weight or adversarial_weight):
            raise UsageError(
                f"l1_weight is {l1_weight}, adversarial_weight {adversarial_weight}; both must be 0 or more, and one "
                "above 0"
            )
        if (discriminator is None) == (adversarial_weight > 0):
            raise UsageError(
                f"adversarial_weight is {adversarial_weight}, and there is {'no' if discriminator is None else 'a'} "
                "discriminator; without a discriminator the weight is 0"
            )
        _check_shapes(generator, discriminator)
        self.adversary = Adversary(
            discriminator,
            generator.output_shape,
            objective,
            feature_matching=feature_matching,
            r1_penalty=r1_penalty,
            r2_penalty=r2_penalty,
            weight=0.5,
        )
        self.generator, self.discriminator, self.direction = generator, discriminator, direction
        self.l1_weight, self.adversarial_weight = l1_weight, adversarial_weight
        self.directions = (direction,)
        refuse_non_negative(generator)
        self.built = True

    @property
    def players(self) -> dict[str, list]:
        """Trainable variables of the generator and, if there is one, of the discriminator."""
        players = {"generator": self.generator, "discriminator": self.discriminator}
        return {name: network.trainable_variables for name, network in players.items() if network is not None}

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of the jitter, the generator's dropout and the adversary, if they use any."""
        noise: dict[str, Noise] = {"jitter": Normal(JITTER_NOISE)} if self.jitter else {}
        if dim := noise_dim_of(self.generator):
            noise["dropout"] = Normal(dim)
        return noise | self.adversary.noise()

    def network_of(self, direction: str) -> keras.Model:
        """Return the generator."""
        return self.generator

    # -- the losses

    def discriminator_loss(
        self, source: Any, target: Any, fake: Any, mix: Any = None, training: bool = False
    ) -> tuple[Any, dict[str, Any]]:
        """Return the discriminator's `(loss, metrics)`.

        Args:
            source: images to translate (N, H, W, C) in [-1, 1].
            target: their target images.
            fake: their translations.
            mix: see `Adversary.discriminator_loss`.
            training: whether the networks run in training mode.
        """
        return self.adversary.discriminator_loss(target, fake, (source,), mix, training)

    def generator_loss(self, source: Any, target: Any, fake: Any, training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return the generator's `(loss, metrics)`; arguments as in `discriminator_loss`."""
        l1 = ops.mean(ops.abs(target - fake))
        loss = self.l1_weight * l1
        if self.adversarial_weight:
            adversarial = self.adversary.generator_loss(fake, (source,), target, training)
            loss = loss + self.adversarial_weight * adversarial
        return loss, {"l1": l1}

    # -- the steps

    def _source_and_target(self, batch: DomainBatch):
        a, b = batch.images, batch.images_b
        return (a, b) if self.direction == "AtoB" else (b, a)

    def _translated(self, source, noise, training=False):
        inputs = with_noise(self.generator, source, noise.get("dropout"))
        return ops.cast(backend.run(self.generator, inputs, training=training), "float32")

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step of the discriminator, then one of the generator against the updated discriminator.

        One pass through the generator serves both.
        """
        batch = self.unpack(data)
        noise = self.draw(batch)
        source, target = (self.jittered(x, noise.get("jitter")) for x in self._source_and_target(batch))
        recorded = self.record("generator", lambda: self._translated(source, noise, training=True))
        metrics = {}
        if self.discriminator is not None:
            d_loss, d_metrics = self.minimize(
                "discriminator",
                lambda: self.discriminator_loss(source, target, recorded.output, noise.get("mix"), training=True),
            )
            metrics = {"discriminator_loss": d_loss, **d_metrics}
        g_loss, g_metrics = self.minimize(
            "generator", lambda fake: self.generator_loss(source, target, fake, training=True), given=recorded
        )
        return self.track(batch, generator_loss=g_loss, **g_metrics, **metrics)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Log the same values as `train_step`, without a step, jitter or gradient penalty."""
        batch = self.unpack(data)
        source, target = self._source_and_target(batch)
        fake = self._translated(source, self.draw(batch))
        g_loss, metrics = self.generator_loss(source, target, fake)
        if self.discriminator is not None:
            d_loss, d_metrics = self.discriminator_loss(source, target, fake)
            metrics |= {"discriminator_loss": d_loss, **d_metrics}
        return self.track(batch, generator_loss=g_loss, **metrics)

    # -- pictures

    def preview(self, samples: Any = None, n: int = 8, seed: int = 0) -> np.ndarray:
        """Return rows of three images, (rows, 3, H, W, C): source, translation and target.

        Args:
            samples: pairs `(a, b)`, each (N, H, W, C).
            n: largest number of rows; there are at most 8.
            seed: seed of the noise.
        """
        a, b = self.domains_to_show(samples, n)
        source, target = (a, b) if self.direction == "AtoB" else (b, a)
        return np.stack([source, self.translate(source, seed=seed), target], axis=1)


def _check_shapes(generator, discriminator):
    shapes = generator.input_shape if isinstance(generator.input_shape, list) else [generator.input_shape]
    output, inputs = generator.output_shape, [] if discriminator is None else discriminator.input_shape
    if {shapes[0], *inputs} != {output} or len(shapes) > 2 or len(inputs) not in (0, 2):
        of = f", the discriminator takes {inputs}" if discriminator is not None else ""
        raise UsageError(
            f"the generator takes {shapes[0]} and makes {output}{of}; all must be images of one shape, and the "
            "discriminator takes two: the image and its source"
        )
