"""CycleGAN: image-to-image translation learned without pairs (Zhu et al. 2017, arXiv:1703.10593)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.layers import JITTER_NOISE, POOL_NOISE, ImagePool
from kerasgen.models.base import adversary
from kerasgen.models.base.adversary import Adversary
from kerasgen.models.base.last_activation import refuse_non_negative
from kerasgen.models.base.noise import Noise, Normal
from kerasgen.models.base.translation import TranslationModel


@keras.saving.register_keras_serializable("kerasgen")
class CycleGAN(TranslationModel):
    """Two generators that invert each other, each trained against a discriminator of its domain; eq. 3 of the paper.

    The objective is least squares (section 4). As in the authors' code, one optimizer updates both generators (player
    `generators`), and another updates both discriminators (player `discriminators`). The generators step first. The
    discriminators then receive the translations from before that step, or older ones from a pool.

    Logs `generator_loss` and `discriminator_loss`, each the sum over both domains. The terms of the generator loss are
    logged without weights: `adversarial`, and the mean absolute errors `cycle` and `identity` in [-1, 1]. The metrics
    of the objective (see `GAN`) are means over both domains.

    Args:
        generator_ab: `keras.Model` from images (N, H, W, C) of A to those of B.
        generator_ba: `keras.Model` from images of B to those of A.
        discriminator_a: `keras.Model` from images of A to logits (N, h, w, 1).
        discriminator_b: `keras.Model` from images of B to logits (N, h, w, 1).
        cycle_weight: lambda of eq. 3, weight of ||F(G(a)) - a||_1 and ||G(F(b)) - b||_1 (eq. 2).
        identity_weight: weight of ||G(b) - b||_1 and ||F(a) - a||_1 (section 5.2), relative to `cycle_weight`, as in
            the authors' code; 0 for none.
        pool_size: number of past translations that a discriminator may receive again (section 4); 0 for none.
        jitter: see `TranslationModel`. Jitter is in the authors' code, but not in the paper.
        objective: see `Adversary`. With least squares, the generators minimize E[(D(G(x)) - 1)^2], and the
            discriminators' loss is halved, as in the authors' code.
        feature_matching: see `Adversary`.
        r1_penalty: see `Adversary`.
        r2_penalty: see `Adversary`.
        **kwargs: arguments of `TranslationModel`.

    Raises:
        UsageError: an invalid argument, or networks that do not fit each other.

    Example:
        ```python
        model = kerasgen.create("cyclegan", image_size=64, channels=3)
        model.fit(horses, zebras, batch_size=1, epochs=100)
        translated = model.translate(horses[:8], "AtoB")
        ```
    """

    traceable = True
    objective, packing, feature_matching, r1_penalty, r2_penalty = adversary.options_of("adversaries")

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        cycle_weight: float = 10.0,
        identity_weight: float = 0.5,
        pool_size: int = 50,
        jitter: bool = True,
        objective: str = "least_squares",
        feature_matching: bool = False,
        r1_penalty: float = 0.0,
        r2_penalty: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(jitter, **kwargs)
        for name, value in (
            ("cycle_weight", cycle_weight),
            ("identity_weight", identity_weight),
            ("pool_size", pool_size),
        ):
            if value < 0:
                raise UsageError(f"{name} is {value}; it must be 0 or more")
        shapes = {network.output_shape for network in (generator_ab, generator_ba)}
        shapes |= {n.input_shape for n in (generator_ab, generator_ba, discriminator_a, discriminator_b)}
        if len(shapes) > 1:
            raise UsageError(
                f"the networks take and make images of the shapes {sorted(shapes)}; all must have one shape"
            )
        for generator in (generator_ab, generator_ba):
            refuse_non_negative(generator)
        self.generator_ab, self.generator_ba = generator_ab, generator_ba
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.cycle_weight, self.identity_weight, self.pool_size = cycle_weight, identity_weight, pool_size
        self.adversaries = tuple(
            Adversary(
                discriminator,
                generator_ab.output_shape,
                objective,
                feature_matching=feature_matching,
                r1_penalty=r1_penalty,
                r2_penalty=r2_penalty,
                weight=0.5,
            )
            for discriminator in (discriminator_a, discriminator_b)
        )
        if pool_size:
            self.pool_a = ImagePool(pool_size, self.sample_shape, name="pool_a")
            self.pool_b = ImagePool(pool_size, self.sample_shape, name="pool_b")
        self.built = True

    @property
    def players(self) -> dict[str, list]:
        """Trainable variables of both generators and of both discriminators."""
        return {
            "generators": [*self.generator_ab.trainable_variables, *self.generator_ba.trainable_variables],
            "discriminators": [*self.discriminator_a.trainable_variables, *self.discriminator_b.trainable_variables],
        }

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of the jitter, the pools and the adversaries, if they use any."""
        noise: dict[str, Noise] = {}
        for domain, part in zip("ab", self.adversaries):
            if self.jitter:
                noise[f"jitter_{domain}"] = Normal(JITTER_NOISE)
            if self.pool_size:
                noise[f"pool_{domain}"] = Normal(POOL_NOISE)
            noise |= {f"{name}_{domain}": each for name, each in part.noise().items()}
        return noise

    def network_of(self, direction: str) -> keras.Model:
        """Return the generator of that direction."""
        return self.generator_ab if direction == "AtoB" else self.generator_ba

    # -- the losses

    @property
    def _scale(self):
        # The least-squares losses of `Objective` have a factor 1/2 that the authors' code does not have.
        return 2.0 if self.objective == "least_squares" else 1.0

    def generators_loss(self, a: Any, b: Any, training: bool = False) -> tuple[Any, tuple[dict[str, Any], Any, Any]]:
        """Return the generators' `(loss, (metrics, fake a, fake b))`.

        Args:
            a: images (N, H, W, C) of domain A in [-1, 1].
            b: images of domain B.
            training: whether the networks run in training mode.
        """
        fake_b, identity_b = self._translate_and_identity(self.generator_ab, a, b, training)
        fake_a, identity_a = self._translate_and_identity(self.generator_ba, b, a, training)
        (cycled_a,) = _outputs(self.generator_ba, [fake_b], training)
        (cycled_b,) = _outputs(self.generator_ab, [fake_a], training)
        losses = [
            part.generator_loss(fake, real=real, training=training)
            for part, fake, real in zip(self.adversaries, (fake_a, fake_b), (a, b))
        ]
        adversarial = self._scale * (losses[0] + losses[1])
        cycle = _distance(cycled_a, a) + _distance(cycled_b, b)
        identity = _distance(identity_a, a) + _distance(identity_b, b) if self.identity_weight else ops.zeros(())
        loss = adversarial + self.cycle_weight * (cycle + self.identity_weight * identity)
        return loss, ({"adversarial": adversarial, "cycle": cycle, "identity": identity}, fake_a, fake_b)

    def _translate_and_identity(self, generator, images, targets, training):
        """Return the translated `images` and, for the identity loss, the generator's outputs for its target domain."""
        if not self.identity_weight:
            return *_outputs(generator, [images], training), None
        return _outputs(generator, [images, targets], training)

    def discriminators_loss(
        self, a: Any, b: Any, fake_a: Any, fake_b: Any, mix: tuple = (None, None), training: bool = False
    ) -> tuple[Any, dict[str, Any]]:
        """Return the discriminators' `(loss, metrics)`.

        Args:
            a: images (N, H, W, C) of domain A in [-1, 1].
            b: images of domain B.
            fake_a: translations into domain A.
            fake_b: translations into domain B.
            mix: see `Adversary.discriminator_loss`, for both domains.
            training: whether the networks run in training mode.
        """
        (loss_a, metrics_a), (loss_b, metrics_b) = (
            part.discriminator_loss(real, fake, mix=each, training=training)
            for part, real, fake, each in zip(self.adversaries, (a, b), (fake_a, fake_b), mix)
        )
        return self._scale * (loss_a + loss_b), {name: (metrics_a[name] + metrics_b[name]) / 2.0 for name in metrics_a}

    # -- the steps

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step of the generators, exchange translations with the pools, then step the discriminators."""
        batch = self.unpack(data)
        noise = self.draw(batch)
        a = self.jittered(batch.images, noise.get("jitter_a"))
        b = self.jittered(batch.images_b, noise.get("jitter_b"))
        g_loss, (metrics, fake_a, fake_b) = self.minimize(
            "generators", lambda: self.generators_loss(a, b, training=True)
        )
        if self.pool_size:
            fake_a = self.pool_a.exchange(fake_a, noise["pool_a"])
            fake_b = self.pool_b.exchange(fake_b, noise["pool_b"])
        mix = (noise.get("mix_a"), noise.get("mix_b"))
        d_loss, d_metrics = self.minimize(
            "discriminators", lambda: self.discriminators_loss(a, b, fake_a, fake_b, mix, training=True)
        )
        return self.track(batch, generator_loss=g_loss, discriminator_loss=d_loss, **metrics, **d_metrics)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Log the same values as `train_step`, without a step, jitter or pool."""
        batch = self.unpack(data)
        a, b = batch.images, batch.images_b
        g_loss, (metrics, fake_a, fake_b) = self.generators_loss(a, b)
        d_loss, d_metrics = self.discriminators_loss(a, b, fake_a, fake_b)
        return self.track(batch, generator_loss=g_loss, discriminator_loss=d_loss, **metrics, **d_metrics)

    # -- pictures

    def preview(self, samples: Any = None, n: int = 8, seed: int = 0) -> np.ndarray:
        """Return rows of three images, (rows, 3, H, W, C): first A -> B -> A, then equally many B -> A -> B.

        Args:
            samples: `(a, b)`, each (N, H, W, C).
            n: largest number of rows; there are at most 8.
            seed: not used, because nothing is drawn.
        """
        a, b = self.domains_to_show(samples, n)
        rows = []
        for start, there, back in ((a, "AtoB", "BtoA"), (b, "BtoA", "AtoB")):
            start = start[: max(1, min(len(a), len(b)) // 2)]
            middle = self.translate(start, there)
            rows.append(np.stack([start, middle, self.translate(middle, back)], axis=1))
        return np.concatenate(rows)


def _outputs(network, batches, training):
    """Return the network's outputs for each batch, computed in one pass, as each image is normalized independently."""
    x = batches[0] if len(batches) == 1 else ops.concatenate(batches)
    outputs = ops.cast(backend.run(network, x, training), "float32")
    return [outputs] if len(batches) == 1 else ops.split(outputs, len(batches))


def _distance(images, others):
    return ops.mean(ops.abs(images - others))
