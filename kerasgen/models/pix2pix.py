"""pix2pix: image-to-image translation learnt from pairs (Isola et al. 2017, arXiv:1611.07004)."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.losses import OBJECTIVES, gradient_penalty
from kerasgen.models.base.translation import TranslationModel, with_noise


@keras.saving.register_keras_serializable("kerasgen")
class Pix2Pix(TranslationModel):
    """A conditional GAN whose generator is also held to the one right image by an L1 distance; eq. 4 of the paper.

    G* = arg min_G max_D L_cGAN(G, D) + lambda L_L1(G), with the noise z as dropout (`NoiseDropout`).

    Logs `generator_loss` and `discriminator_loss`, `l1`, the mean absolute error in [-1, 1], twice that of images in
    [0, 1], the means of sigmoid(logit) of real and of generated pairs (`real_score`, `fake_score`) and the share of
    patches that the discriminator tells right (`real_accuracy`, `fake_accuracy`). Without a discriminator, only the
    generator's loss and `l1`.

    Args:
        generator: `keras.Model` from images (N, H, W, C), and perhaps noise (N, D), to images (N, H, W, C).
        discriminator: `keras.Model` from pairs of images to logits (N, h, w, 1); None, with an `adversarial_weight`
            of 0, for a generator that L1 alone trains.
        direction: what it learns: `"AtoB"`, or `"BtoA"`.
        l1_weight: lambda.
        adversarial_weight: weight of the generator's part in the game.
        objective: one of `kerasgen.losses.OBJECTIVES`. The discriminator's is divided by 2 (section 3.3).
        jitter: see `TranslationModel`; both images of a pair alike.

    Raises:
        UsageError: an argument that cannot be, or networks that do not fit each other.
    """

    def __init__(
        self,
        generator,
        discriminator=None,
        direction="AtoB",
        l1_weight=100.0,
        adversarial_weight=1.0,
        objective="non_saturating",
        jitter=True,
        **kwargs,
    ):
        self.logged = ("generator_loss", "l1")
        if discriminator is not None:
            self.logged += ("discriminator_loss", "real_score", "fake_score", "real_accuracy", "fake_accuracy")
        super().__init__(jitter, **kwargs)
        if direction not in TranslationModel.directions:
            raise unknown("direction", direction, TranslationModel.directions)
        if objective not in OBJECTIVES:
            raise unknown("objective", objective, OBJECTIVES)
        if min(l1_weight, adversarial_weight) < 0 or not (l1_weight or adversarial_weight):
            raise UsageError(
                f"l1_weight is {l1_weight}, adversarial_weight {adversarial_weight}; they weigh the two parts of a "
                "loss and must be 0 or more, not both 0"
            )
        if (discriminator is None) == (adversarial_weight > 0):
            raise UsageError(
                f"adversarial_weight is {adversarial_weight}, and there is {'no' if discriminator is None else 'a'} "
                "discriminator; without one the weight is 0"
            )
        self.generator, self.discriminator = generator, discriminator
        self.direction, self.objective = direction, objective
        self.l1_weight, self.adversarial_weight = l1_weight, adversarial_weight
        self.directions = (direction,)
        _check_fit(generator, discriminator)
        self.built = True

    @property
    def players(self):
        """Return the trainable variables of the generator and, if there is one, of the discriminator."""
        players = {"generator": self.generator, "discriminator": self.discriminator}
        return {name: network.trainable_variables for name, network in players.items() if network is not None}

    @property
    def noise_dim(self):
        """Return how many random numbers a training step takes for each pair: jitter, then the generator's noise."""
        shapes = self.generator.input_shape
        return self.jitter_dim + (shapes[1][-1] if isinstance(shapes, list) else 0)

    def network_of(self, direction):
        """Return the generator."""
        return self.generator

    # -- the losses

    def discriminator_loss(self, source, target, fake, mix=None, training=False):
        """Return the discriminator's `(loss, logs)`.

        Args:
            source, target, fake: images (N, H, W, C) in [-1, 1]: what is translated, the right and the made image.
            mix: shares in [0, 1], (N, 1, 1, 1), of the right image in each image at which the gradient penalty is
                taken; None leaves it out.
            training: whether the networks' statistics are those of the batch, and are updated.
        """
        on_real, on_fake = self._judge(source, target, training), self._judge(source, fake, training)
        objective = OBJECTIVES[self.objective]
        loss = objective.discriminator(on_real, on_fake)
        if mix is not None:
            # Without updates, because state that is assigned inside a second derivative is lost on JAX.
            gradients = backend.input_gradient(
                lambda x: self._judge(source, x, training=False), mix * target + (1.0 - mix) * fake
            )
            loss = loss + objective.gradient_penalty * gradient_penalty(gradients)
        scores = [ops.mean(ops.sigmoid(logits)) for logits in (on_real, on_fake)]
        return loss / 2.0, (*scores, *objective.accuracies(on_real, on_fake))

    def generator_loss(self, source, target, fake, training=False):
        """Return the generator's `(loss, L1)` for its images `fake`; arguments as of `discriminator_loss`."""
        l1 = ops.mean(ops.abs(target - fake))
        loss = self.l1_weight * l1
        if self.adversarial_weight:
            objective = OBJECTIVES[self.objective]
            judged = objective.generator_loss(lambda images: self._judge(source, images, training), fake, target)
            loss = loss + self.adversarial_weight * judged
        return loss, l1

    def _judge(self, source, images, training):
        return ops.cast(backend.run(self.discriminator, [images, source], training), "float32")

    # -- the steps

    def _source_and_target(self, data):
        a, b, noise = self.unpack_domains(data)
        return (a, b, noise) if self.direction == "AtoB" else (b, a, noise)

    def train_step(self, data):
        """Take one step of the discriminator, then one of the generator, which the updated discriminator judges.

        One pass through the generator serves both.
        """
        source, target, noise = self._source_and_target(data)
        source, target = self.jittered(source, noise), self.jittered(target, noise)
        inputs = with_noise(self.generator, source, noise[:, self.jitter_dim :])
        recorded = self.record(
            "generator", lambda: ops.cast(backend.run(self.generator, inputs, training=True), "float32")
        )
        game = ()
        if self.discriminator is not None:
            mix = None
            if OBJECTIVES[self.objective].gradient_penalty:
                mix = backend.draw(keras.random.uniform, (ops.shape(source)[0], 1, 1, 1), self.seed_generator)
            d_loss, found = self.minimize(
                "discriminator", lambda: self.discriminator_loss(source, target, recorded.output, mix, training=True)
            )
            game = (d_loss, *found)
        g_loss, l1 = self.minimize(
            "generator", lambda fake: self.generator_loss(source, target, fake, training=True), given=recorded
        )
        return self.track(source, g_loss, l1, *game)

    def test_step(self, data):
        """Log the same values as `train_step`, without a step, jitter or gradient penalty."""
        source, target, noise = self._source_and_target(data)
        inputs = with_noise(self.generator, source, noise[:, self.jitter_dim :])
        fake = ops.cast(backend.run(self.generator, inputs), "float32")
        g_loss, l1 = self.generator_loss(source, target, fake)
        game = ()
        if self.discriminator is not None:
            d_loss, found = self.discriminator_loss(source, target, fake)
            game = (d_loss, *found)
        return self.track(source, g_loss, l1, *game)

    # -- pictures

    def preview(self, images=None, n=8, seed=0):
        """Return rows of three images, (rows, 3, H, W, C): what is translated, what comes of it, and the right image.

        Args:
            images: pairs `(a, b)`, each (N, H, W, C).
            n: int; at most so many rows, and at most 8.
            seed: of the noise; the same noise for the same seed.
        """
        a, b = self._to_show(images, n)
        source, target = (a, b) if self.direction == "AtoB" else (b, a)
        return np.stack([source, self.translate(source, seed=seed), target], axis=1)


def _check_fit(generator, discriminator):
    shapes = generator.input_shape if isinstance(generator.input_shape, list) else [generator.input_shape]
    made, judged = generator.output_shape, [] if discriminator is None else discriminator.input_shape
    if {shapes[0], *judged} != {made} or len(shapes) > 2 or len(judged) not in (0, 2):
        of = f", the discriminator takes {judged}" if discriminator is not None else ""
        raise UsageError(
            f"the generator takes {shapes[0]} and makes {made}{of}; all are images of one shape, and the "
            "discriminator takes two"
        )
