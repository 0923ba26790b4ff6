"""Generative adversarial networks (Goodfellow et al. 2014, arXiv:1406.2661)."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import UsageError
from kerasgen.layers import WeightsMean
from kerasgen.models.base import adversary
from kerasgen.models.base.adversary import Adversary, from_discriminator_range, to_discriminator_range
from kerasgen.models.base.averaging import MovingAverage
from kerasgen.models.base.images import ANY_RANGE, to_public_range, to_public_tensor
from kerasgen.models.base.last_activation import refuse_non_negative
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Noise, Normal
from kerasgen.models.base.shapes import first_input, known_shape


@keras.saving.register_keras_serializable("kerasgen")
class GAN(GenerativeModel):
    """A generator trained against a discriminator; algorithm 1 of the paper.

    With convolutional networks this is the DCGAN of Radford et al. (2016, arXiv:1511.06434), and with labels it is the
    conditional GAN of Mirza and Osindero (2014, arXiv:1411.1784).

    Logs both losses (`generator_loss`, `discriminator_loss`) and the metrics of the objective. For `minimax` and
    `non_saturating`, `value` is V(D, G) in nats, and `real_score` and `fake_score` are the means of D(x) and D(G(z)).
    `real_accuracy` and `fake_accuracy` are the fractions of real and fake samples that are classified correctly. At the
    equilibrium the value is -2 log 2 and both scores are 1/2. A value of -2 log 2 alone does not show convergence,
    because a discriminator that learns too slowly has this value too. For `least_squares` the scores are the mean
    outputs, with targets 1 and 0. For `wasserstein` the metrics are `wasserstein_distance`, the critic's estimate, and
    in training `gradient_penalty`.

    To log more, a subclass adds metrics to those that `discriminator_loss` or `generator_loss` returns.

    Args:
        generator: `keras.Model` from latents (N, latent_dim), and labels (N,) if there are classes, to images
            (N, H, W, C) in [-1, 1] (tanh); or to points (N, D) of any value.
        discriminator: `keras.Model` from such samples, and labels if there are classes, to logits (N, 1). Its input has
            `packing` samples, concatenated on the last axis. The features are the input of its last layer.
        objective: name of one of `kerasgen.losses.OBJECTIVES`.
        discriminator_steps: K of algorithm 1, the number of updates of the discriminator for each update of the
            generator. Each update draws new fake samples; all use the same real samples.
        num_classes: number of classes; 0 for a model without labels.
        packing: number of samples that the discriminator receives together (Lin et al. 2018, arXiv:1712.04086).
        feature_matching: whether the generator matches the discriminator's mean features of real samples instead of
            minimizing its objective (Salimans et al. 2016, arXiv:1606.03498, section 3.1).
        historical_averaging: weight of ||theta - mean of the past theta||^2 in both losses (section 3.3).
        r1_penalty: weight gamma of the penalty on the discriminator's gradients at real samples, or packs of them (R1
            of Mescheder et al. 2018, arXiv:1801.04406, eq. 9). The gradients are computed in inference mode: batch
            normalization in the discriminator uses its moving statistics there.
        r2_penalty: weight of the same penalty at fake samples (R2, eq. 10).
        average: decay of the moving average of the generator's weights that `generate` uses; 0 for none.
        **kwargs: arguments of `GenerativeModel` and `keras.Model`, such as `seed` and `name`.

    Raises:
        UsageError: an invalid argument, or networks that do not fit each other.

    Example:
        ```python
        model = kerasgen.models.GAN(generator, discriminator, objective="hinge")
        model.compile({"generator": "adam", "discriminator": "adam"})
        model.fit(images, batch_size=64, epochs=10)
        samples = model.generate(16, seed=0)
        ```
    """

    traceable = True
    objective, packing, feature_matching, r1_penalty, r2_penalty = adversary.options_of("adversary")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        objective: str = "non_saturating",
        discriminator_steps: int = 1,
        num_classes: int = 0,
        packing: int = 1,
        feature_matching: bool = False,
        historical_averaging: float = 0.0,
        r1_penalty: float = 0.0,
        r2_penalty: float = 0.0,
        average: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if discriminator_steps < 1:
            raise UsageError(f"discriminator_steps is {discriminator_steps}; it must be 1 or more")
        if historical_averaging < 0:
            raise UsageError(f"historical_averaging is {historical_averaging}; it must be 0 or more")
        if not 0 <= average < 1:
            raise UsageError(f"average is {average}; the decay of a moving average must be in [0, 1), such as 0.999")
        self.adversary = Adversary(
            discriminator,
            known_shape(generator, "output_shape"),
            objective,
            packing,
            feature_matching,
            r1_penalty,
            r2_penalty,
        )
        self.generator, self.discriminator = generator, discriminator
        self.discriminator_steps, self.num_classes = discriminator_steps, num_classes
        self.historical_averaging, self.average = historical_averaging, average
        self.latent_dim = first_input(generator)[-1]
        if sample_kind(self.sample_shape) == "images":
            refuse_non_negative(generator)
        else:
            self.bounds = ANY_RANGE
        if historical_averaging:
            self.generator_history = WeightsMean(generator.trainable_variables, name="generator_history")
            self.discriminator_history = WeightsMean(discriminator.trainable_variables, name="discriminator_history")
        self.moving_average = MovingAverage(generator, average, name="moving_average") if average else None
        self.built = True

    @property
    def players(self) -> dict[str, list]:
        """The two players' trainable variables."""
        return {
            "generator": self.generator.trainable_variables,
            "discriminator": self.discriminator.trainable_variables,
        }

    @functools.cached_property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (H, W, C) of images, (D,) of points."""
        return tuple(self.generator.output_shape[1:])

    @property
    def noise(self) -> dict[str, Noise]:
        """Latents of each discriminator step, and the adversary's noise."""
        steps = self.discriminator_steps
        return {"latents": Normal(steps, self.latent_dim)} | self.adversary.noise(steps)

    # -- the losses

    def discriminator_loss(
        self, real: Any, fake: Any, labels: Any = None, mix: Any = None, training: bool = False
    ) -> tuple[Any, dict[str, Any]]:
        """Return the discriminator's `(loss, metrics)`; for the arguments see `Adversary.discriminator_loss`."""
        condition = self.classes.condition(labels)
        loss, metrics = self.adversary.discriminator_loss(real, fake, condition, mix, training)
        if training and self.historical_averaging:
            loss = loss + self.historical_averaging * self.discriminator_history.distance()
        return loss, metrics

    def generator_loss(
        self, fake: Any, labels: Any = None, real: Any = None, training: bool = False
    ) -> tuple[Any, dict[str, Any]]:
        """Return the generator's `(loss, metrics)`; for the arguments see `Adversary.generator_loss`."""
        loss = self.adversary.generator_loss(fake, self.classes.condition(labels), real, training)
        if training and self.historical_averaging:
            loss = loss + self.historical_averaging * self.generator_history.distance()
        return loss, {}

    def _generator_outputs(self, latents, labels, training=False):
        return backend.run(self.generator, self.classes.inputs(latents, labels), training)

    # -- the steps

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take K steps of the discriminator, each on new fake samples, then one of the generator.

        The generator's step uses the last fake samples again, and the updated discriminator. So one pass through the
        generator serves both players.
        """
        batch = self.unpack(data)
        noise, real, labels = self.draw(batch), to_discriminator_range(batch.images), batch.labels
        latents = noise["latents"]
        for step in range(self.discriminator_steps - 1):
            fake = ops.stop_gradient(self._generator_outputs(latents[:, step], labels, training=True))
            self._update_discriminator(real, fake, labels, self._mix_of(noise, step))
        recorded = self.record("generator", lambda: self._generator_outputs(latents[:, -1], labels, training=True))
        d_loss, d_metrics = self._update_discriminator(real, recorded.output, labels, self._mix_of(noise, -1))
        g_loss, g_metrics = self.minimize(
            "generator", lambda fake: self.generator_loss(fake, labels, real, training=True), given=recorded
        )
        self._update_averages()
        return self.track(batch, generator_loss=g_loss, discriminator_loss=d_loss, **d_metrics, **g_metrics)

    def _mix_of(self, noise, step):
        mix = noise.get("mix")
        return mix if mix is None or self.discriminator_steps == 1 else mix[:, step]

    def _update_discriminator(self, real, fake, labels, mix):
        return self.minimize("discriminator", lambda: self.discriminator_loss(real, fake, labels, mix, training=True))

    def _update_averages(self):
        if self.historical_averaging:
            self.generator_history.update()
            self.discriminator_history.update()
        if self.moving_average is not None:
            self.moving_average.update()

    def test_step(self, data: Any) -> dict[str, Any]:
        """Log the same values as `train_step`, without a step and without a gradient penalty."""
        batch = self.unpack(data)
        real, labels = to_discriminator_range(batch.images), batch.labels
        fake = self._generator_outputs(self.draw(batch)["latents"][:, -1], labels)
        d_loss, d_metrics = self.discriminator_loss(real, fake, labels)
        g_loss, g_metrics = self.generator_loss(fake, labels, real)
        return self.track(batch, generator_loss=g_loss, discriminator_loss=d_loss, **d_metrics, **g_metrics)

    # -- generation

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the images (N, H, W, C) in [0, 1] of latents (N, latent_dim), or of `[latents, labels]`."""
        return to_public_tensor(
            from_discriminator_range(ops.cast(self.generator(inputs, training=training), "float32"))
        )

    def generate(self, n: int, seed: int | None = None, labels: Any = None) -> np.ndarray:
        """Return `n` samples of latents drawn from N(0, I): images (n, H, W, C) in [0, 1], or points (n, D).

        Args:
            n: number of samples.
            seed: seed of the latents; sample i of a seed does not depend on `n`.
            labels: for a conditional model, one class or classes (n,); each class in turn by default.

        Raises:
            UsageError, DataError: see `Classes.check`.
        """
        labels = self.classes.check(labels, n)
        inputs = self.classes.inputs(self.draw_latents(n, (self.latent_dim,), seed), labels)
        averaged = contextlib.nullcontext() if self.moving_average is None else self.moving_average.applied()
        with averaged:
            outputs = self.predict_in_batches(self.generator, inputs).astype("float32")
        return to_public_range(from_discriminator_range(outputs))

    def decoder_parts(self) -> tuple[keras.Model, list[np.ndarray], Callable[[Any], Any]]:
        """Return the generator, the weights that `generate` uses, and the function from outputs to images."""
        average = self.moving_average
        weights = self.generator.weights if average is None else average.averages
        return self.generator, [ops.convert_to_numpy(weight) for weight in weights], from_discriminator_range

    def discriminate(self, samples: np.ndarray) -> np.ndarray:
        """Return the discriminator's logits (N,) of single images (N, H, W, C) in [0, 1], or points (N, D).

        Raises:
            UsageError: the discriminator takes packs of samples, or samples with labels.
            DataError: samples that the model cannot take.
        """
        return adversary.discriminate(self, samples)
