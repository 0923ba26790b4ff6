"""CycleGAN: image-to-image translation learnt without pairs (Zhu et al. 2017, arXiv:1703.10593)."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.layers import POOL_NOISE, ImagePool
from kerasgen.losses import OBJECTIVES
from kerasgen.models.base.translation import TranslationModel

_GAME = OBJECTIVES["least_squares"]


@keras.saving.register_keras_serializable("kerasgen")
class CycleGAN(TranslationModel):
    """Two generators that undo each other, each in a game with a discriminator of its domain; eq. 3 of the paper.

    The game is that of least squares (section 4). As in the authors' code, one optimizer steers both generators and
    one both discriminators: the players are `generators` and `discriminators`. The generators step first, and the
    discriminators judge what these made before the step, or older images out of a pool.

    Logs `generator_loss` and `discriminator_loss`, each the sum over both domains, the parts of the former without
    their weights (`adversarial`; `cycle` and `identity`, mean absolute errors in [-1, 1]), and the discriminators'
    mean outputs for real and for generated images (`real_score`, `fake_score`; they should be 1 and 0).

    Args:
        generator_ab, generator_ba: `keras.Model` from images (N, H, W, C) of A to those of B, and back.
        discriminator_a, discriminator_b: `keras.Model` from images of the domain to logits (N, h, w, 1).
        cycle_weight: lambda of eq. 3, of ||F(G(a)) - a||_1 and ||G(F(b)) - b||_1 (eq. 2).
        identity_weight: of ||G(b) - b||_1 and ||F(a) - a||_1 (section 5.2), as a share of `cycle_weight`, as in the
            authors' code; 0 for none.
        pool_size: int, past images that each discriminator is shown again (section 4); 0 for none.
        jitter: see `TranslationModel`; the paper does not say so, but the authors' code does it.

    Raises:
        UsageError: an argument that cannot be, or networks that do not fit each other.
    """

    logged = (
        "generator_loss",
        "discriminator_loss",
        "adversarial",
        "cycle",
        "identity",
        "real_score",
        "fake_score",
    )

    def __init__(
        self,
        generator_ab,
        generator_ba,
        discriminator_a,
        discriminator_b,
        cycle_weight=10.0,
        identity_weight=0.5,
        pool_size=50,
        jitter=True,
        **kwargs,
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
            raise UsageError(f"the networks take and make images of the shapes {sorted(shapes)}; all must be of one")
        self.generator_ab, self.generator_ba = generator_ab, generator_ba
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.cycle_weight, self.identity_weight, self.pool_size = cycle_weight, identity_weight, pool_size
        if pool_size:
            self.pool_a = ImagePool(pool_size, self.sample_shape, name="pool_a")
            self.pool_b = ImagePool(pool_size, self.sample_shape, name="pool_b")
        self.built = True

    @property
    def players(self):
        """Return the trainable variables of both generators and of both discriminators."""
        return {
            "generators": [*self.generator_ab.trainable_variables, *self.generator_ba.trainable_variables],
            "discriminators": [*self.discriminator_a.trainable_variables, *self.discriminator_b.trainable_variables],
        }

    @property
    def noise_dim(self):
        """Return how many random numbers a training step takes for a pair: jitter of a and b, then both pools."""
        return 2 * self.jitter_dim + 2 * POOL_NOISE

    def network_of(self, direction):
        """Return the generator of that direction."""
        return self.generator_ab if direction == "AtoB" else self.generator_ba

    # -- the losses

    def generators_loss(self, a, b, training=False):
        """Return the generators' `(loss, (adversarial, cycle, identity, fake a, fake b))`.

        Args:
            a, b: images (N, H, W, C) in [-1, 1].
            training: as in a Keras call.
        """
        fake_b, same_b = self._run(self.generator_ab, a, b, training)
        fake_a, same_a = self._run(self.generator_ba, b, a, training)
        (again_a,) = _outputs(self.generator_ba, [fake_b], training)
        (again_b,) = _outputs(self.generator_ab, [fake_a], training)
        # E[(D(G(x)) - 1)^2]: twice the objective of Mao et al., who have 1/2 before it
        (on_a,), (on_b,) = self._judge([fake_a], [fake_b], training)
        adversarial = 2.0 * (_GAME.generator(on_a) + _GAME.generator(on_b))
        cycle = _distance(again_a, a) + _distance(again_b, b)
        identity = _distance(same_a, a) + _distance(same_b, b) if self.identity_weight else ops.zeros(())
        loss = adversarial + self.cycle_weight * (cycle + self.identity_weight * identity)
        return loss, (adversarial, cycle, identity, fake_a, fake_b)

    def _run(self, generator, images, own, training):
        """Return `images` translated and, for the identity loss, what the generator makes of its `own` domain."""
        if not self.identity_weight:
            return *_outputs(generator, [images], training), None
        return _outputs(generator, [images, own], training)

    def discriminators_loss(self, a, b, fake_a, fake_b, training=False):
        """Return the discriminators' `(loss, (real score, fake score))`, the loss divided by 2 as the paper has it."""
        (real_a, made_a), (real_b, made_b) = self._judge([a, fake_a], [b, fake_b], training)
        loss = _GAME.discriminator(real_a, made_a) + _GAME.discriminator(real_b, made_b)
        scores = [ops.mean(logits) for logits in (real_a, real_b, made_a, made_b)]
        return loss, ((scores[0] + scores[1]) / 2.0, (scores[2] + scores[3]) / 2.0)

    def _judge(self, of_a, of_b, training):
        return _outputs(self.discriminator_a, of_a, training), _outputs(self.discriminator_b, of_b, training)

    # -- the steps

    def train_step(self, data):
        """Take one step of the generators, put what they made into the pools, and take one of the discriminators."""
        a, b, noise = self.unpack_domains(data)
        a, b = self.jittered(a, noise), self.jittered(b, noise[:, self.jitter_dim :])
        g_loss, (*parts, fake_a, fake_b) = self.minimize(
            "generators", lambda: self.generators_loss(a, b, training=True)
        )
        if self.pool_size:
            of_pools = noise[:, 2 * self.jitter_dim :]
            fake_a = self.pool_a.exchange(fake_a, of_pools[:, :POOL_NOISE])
            fake_b = self.pool_b.exchange(fake_b, of_pools[:, POOL_NOISE:])
        d_loss, scores = self.minimize(
            "discriminators", lambda: self.discriminators_loss(a, b, fake_a, fake_b, training=True)
        )
        return self.track(a, g_loss, d_loss, *parts, *scores)

    def test_step(self, data):
        """Log the same values as `train_step`, without a step, jitter or pool."""
        a, b, _ = self.unpack_domains(data)
        g_loss, (*parts, fake_a, fake_b) = self.generators_loss(a, b)
        d_loss, scores = self.discriminators_loss(a, b, fake_a, fake_b)
        return self.track(a, g_loss, d_loss, *parts, *scores)

    # -- pictures

    def preview(self, images=None, n=8, seed=0):
        """Return rows of three images, (rows, 3, H, W, C): first A -> B -> A, then as many B -> A -> B.

        Args:
            images: `(a, b)`, each (N, H, W, C).
            n: int; at most so many rows, and at most 8.
            seed: not used; there is nothing to draw.
        """
        a, b = self._to_show(images, n)
        rows = []
        for start, there, back in ((a, "AtoB", "BtoA"), (b, "BtoA", "AtoB")):
            start = start[: max(1, min(len(a), len(b)) // 2)]
            middle = self.translate(start, there)
            rows.append(np.stack([start, middle, self.translate(middle, back)], axis=1))
        return np.concatenate(rows)


def _outputs(network, batches, training):
    """Return what the network makes of each batch, in one pass: images are normalised one by one."""
    x = batches[0] if len(batches) == 1 else ops.concatenate(batches)
    outputs = ops.cast(backend.run(network, x, training), "float32")
    return [outputs] if len(batches) == 1 else ops.split(outputs, len(batches))


def _distance(images, others):
    return ops.mean(ops.abs(images - others))
