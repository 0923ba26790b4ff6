"""`Adversary`: a discriminator with its objective and penalties (Goodfellow et al. 2014, arXiv:1406.2661)."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.backend import keras_internals
from kerasgen.data.pixels import as_floats
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import UsageError, unknown
from kerasgen.layers import Conv2D, Dense, GroupNormalization, InstanceNormalization, ReflectionPadding2D
from kerasgen.losses import OBJECTIVES, gradient_penalty, r1_penalty
from kerasgen.models.base.last_activation import refuse_bounded
from kerasgen.models.base.noise import Noise, Uniform
from kerasgen.models.base.shapes import first_input

# Layers whose output for one example does not depend on the rest of the batch, even in training mode
_INDEPENDENT_LAYERS = {
    *(keras.layers.InputLayer, keras.layers.Flatten, keras.layers.Reshape, keras.layers.Concatenate),
    *(keras.layers.Activation, keras.layers.LeakyReLU, keras.layers.ReLU, keras.layers.GlobalMaxPooling1D),
    *(keras.layers.Add, keras.layers.UpSampling2D, keras.layers.ZeroPadding2D, ReflectionPadding2D),
    *(Dense, Conv2D, GroupNormalization, InstanceNormalization),
}


class Adversary:
    """A discriminator with its objective: the losses of both players of a GAN.

    A model keeps the discriminator as its own attribute, and an `Adversary` as a plain part that is not saved. A step
    minimizes `discriminator_loss` for the discriminator. For the player that generates, it minimizes `generator_loss`
    or a sum that contains it.

    All samples are in the range of the networks: images (N, H, W, C) in [-1, 1], or points (N, D). A `condition` is a
    tuple of further inputs of the discriminator: `(labels,)`, `(source,)` or `()`.

    Args:
        discriminator: `keras.Model` from samples, or `[samples, *condition]`, to logits (N, 1) or (N, h, w, 1). With
            packing, several samples are stacked on the last axis. The features are the input of its last layer. None
            for a model without adversarial loss, which keeps the options only.
        fake_shape: (None, *sample_shape) of the generated samples.
        objective: name of one of `kerasgen.losses.OBJECTIVES`.
        packing: number of samples that the discriminator receives together (Lin et al. 2018, arXiv:1712.04086).
        feature_matching: whether the generator matches the mean features of real samples instead of minimizing its
            objective (Salimans et al. 2016, arXiv:1606.03498, section 3.1).
        r1_penalty: weight gamma of the penalty on the discriminator's gradients at real samples (R1 of Mescheder et
            al. 2018, arXiv:1801.04406, eq. 9).
        r2_penalty: weight of the same penalty at fake samples (R2, eq. 10).
        weight: factor of the discriminator's loss.

    Raises:
        UsageError: an invalid argument, or a discriminator that takes other samples.

    Example:
        ```python
        self.discriminator = discriminator
        self.adversary = Adversary(discriminator, generator.output_shape, objective="hinge", r1_penalty=1.0)
        ```
    """

    def __init__(
        self,
        discriminator: keras.Model | None,
        fake_shape: Sequence[int | None],
        objective: str = "non_saturating",
        packing: int = 1,
        feature_matching: bool = False,
        r1_penalty: float = 0.0,
        r2_penalty: float = 0.0,
        weight: float = 1.0,
    ):
        if objective not in OBJECTIVES:
            raise unknown("objective", objective, OBJECTIVES)
        if packing < 1:
            raise UsageError(f"packing is {packing}; it must be 1 or more")
        if min(r1_penalty, r2_penalty) < 0:
            raise UsageError(f"r1_penalty is {r1_penalty}, r2_penalty {r2_penalty}; both must be 0 or more")
        self.discriminator, self.objective, self.packing = discriminator, objective, packing
        self.feature_matching, self.r1_penalty, self.r2_penalty = feature_matching, r1_penalty, r2_penalty
        self.weight, self.sample_shape = weight, tuple(fake_shape)[1:]
        if discriminator is not None:
            self._check_discriminator(tuple(fake_shape))
            self._takes_examples_one_by_one = _takes_examples_one_by_one(discriminator)
            self._features = keras.Model(discriminator.inputs, discriminator.layers[-1].input)

    def _check_discriminator(self, fake_shape):
        refuse_bounded(self.discriminator, "the loss takes logits")
        expected, packing = first_input(self.discriminator), self.packing
        if packing > 1 and len(self.discriminator.inputs) > 1:
            raise UsageError(f"packing {packing} cannot be combined with labels; take packing=1 or conditional=False")
        if (*fake_shape[:-1], fake_shape[-1] * packing) != expected:
            raise UsageError(
                f"the generator makes {fake_shape}, the discriminator takes {expected} with packing {packing}"
            )

    @property
    def _objective(self):
        return OBJECTIVES[self.objective]

    def noise(self, steps: int = 1) -> dict[str, Noise]:
        """Return the noise that `steps` updates of the discriminator draw for each example, name -> `Noise`."""
        if not self._objective.gradient_penalty:
            return {}
        return {"mix": Uniform(*((steps,) if steps > 1 else ()), *(1 for _ in self.sample_shape))}

    def discriminator_loss(
        self, real: Any, fake: Any, condition: tuple = (), mix: Any = None, training: bool = False
    ) -> tuple[Any, dict[str, Any]]:
        """Return the discriminator's `(loss, metrics)`.

        Args:
            real: real samples.
            fake: fake samples.
            condition: further inputs of the discriminator, for both.
            mix: weights in [0, 1] of the real sample, shape (N, 1, ...), in the mixture of a real and a fake sample
                where the gradient penalty is computed. With packing the first are used, one for each pack. None leaves
                the penalty out.
            training: whether the networks run in training mode.
        """
        if self.packing > 1:  # packs may cross the borders of the devices' parts of the batch: each device takes all
            real, fake = (self._pack(samples) for samples in backend.global_batch(real, fake))
            mix = None if mix is None else backend.global_batch(mix)[0][: ops.shape(real)[0]]
        real_logits, fake_logits = self._discriminate_both(real, fake, condition, training)
        loss = self._objective.discriminator(real_logits, fake_logits)
        metrics = self._objective.metrics(real_logits, fake_logits)
        if mix is not None and self._objective.gradient_penalty:
            penalty = gradient_penalty(self._gradients_at(mix * real + (1.0 - mix) * fake, condition))
            loss = loss + self._objective.gradient_penalty * penalty
            metrics["gradient_penalty"] = penalty
        for samples, weight in ((real, self.r1_penalty), (fake, self.r2_penalty)):
            if training and weight:
                loss = loss + weight * r1_penalty(self._gradients_at(samples, condition))
        return self.weight * loss, metrics

    def generator_loss(self, fake: Any, condition: tuple = (), real: Any = None, training: bool = False) -> Any:
        """Return the generator's loss, a scalar.

        Args:
            fake: fake samples.
            condition: further inputs of the discriminator, for both.
            real: real samples, which relativistic objectives and feature matching need.
            training: whether the networks run in training mode.
        """
        needs_real = self.feature_matching or self._objective.relativistic
        if self.packing > 1:
            fake, *others = (
                self._pack(samples) for samples in backend.global_batch(*((fake, real) if needs_real else (fake,)))
            )
            real = others[0] if needs_real else None
        if self.feature_matching:
            features = [backend.run(self._features, _inputs(x, condition), training) for x in (real, fake)]
            means = [backend.batch_mean(ops.cast(x, "float32")) for x in features]
            return ops.sum(ops.square(means[0] - means[1]))
        return self._objective.generator_loss(lambda x: self._logits(x, condition, training), fake, real)

    def _logits(self, samples, condition, training):
        """Return the logits of samples, or of packs of samples."""
        return ops.cast(backend.run(self.discriminator, _inputs(samples, condition), training), "float32")

    def _discriminate_both(self, real, fake, condition, training):
        """Return the logits of real and of fake samples, in one pass if the result is the same."""
        if not self._takes_examples_one_by_one:
            return self._logits(real, condition, training), self._logits(fake, condition, training)
        condition = tuple(ops.concatenate([each, each]) for each in condition)
        logits = self._logits(ops.concatenate([real, fake]), condition, training)
        count = ops.shape(real)[0]
        return logits[:count], logits[count:]

    def _gradients_at(self, samples, condition):
        # Not in training mode: there a gradient would depend on the rest of the batch, and state that is assigned
        # inside a second derivative is lost on JAX.
        return backend.input_gradient(lambda x: self._logits(x, condition, training=False), samples)

    def _pack(self, samples):
        """Return samples (N, ..., C) as packs (N / packing, ..., packing C).

        Samples that do not fill a pack are dropped. If the batch is smaller than one pack, its samples are repeated to
        fill it.
        """
        n = ops.shape(samples)[0]
        if isinstance(n, int) and n >= self.packing:
            samples = samples[: n - n % self.packing]
        else:
            largest = max if isinstance(n, int) else ops.maximum
            repeated = ops.concatenate([samples] * self.packing)
            samples = repeated[: largest(n - n % self.packing, self.packing)]
        *sides, channels = self.sample_shape
        packed = backend.reshape(samples, (-1, self.packing, *sides, channels))
        axes = (0, *range(2, len(sides) + 2), 1, len(sides) + 2)
        return backend.reshape(ops.transpose(packed, axes), (-1, *sides, self.packing * channels))


OPTIONS = ("objective", "packing", "feature_matching", "r1_penalty", "r2_penalty")


def options_of(part: str) -> tuple[property, ...]:
    """Return a property for each of `OPTIONS` that gets and sets the option of a model's adversary.

    Args:
        part: name of the model's attribute that holds an `Adversary`, or a tuple of them with the same options.
    """

    def option(name):
        def parts(model):
            value = getattr(model, part)
            return value if isinstance(value, tuple) else (value,)

        def set_option(model, value):
            for each in parts(model):
                setattr(each, name, value)

        return property(lambda model: getattr(parts(model)[0], name), set_option, doc=f"The option `{name}`.")

    return tuple(option(name) for name in OPTIONS)


def to_discriminator_range(samples: Any) -> Any:
    """Return images in [0, 1] scaled to [-1, 1], the range of a GAN's networks; points are unchanged."""
    return samples * 2.0 - 1.0 if sample_kind(tuple(samples.shape[1:])) == "images" else samples


def from_discriminator_range(samples: Any) -> Any:
    """Return images in [-1, 1] scaled to [0, 1]; points are unchanged."""
    return (samples + 1.0) / 2.0 if sample_kind(tuple(samples.shape[1:])) == "images" else samples


def discriminate(model: Any, samples: Any) -> np.ndarray:
    """Return a model's discriminator logits (N,) of single samples in the public range.

    Raises:
        UsageError: the discriminator takes several samples together, or a condition.
    """
    discriminator = model.discriminator
    if first_input(discriminator)[1:] != tuple(model.sample_shape) or len(discriminator.inputs) > 1:
        raise UsageError("this discriminator takes packs of samples, or samples with labels, not single samples")
    samples = to_discriminator_range(as_floats(model.check_images(samples)))
    return model.predict_in_batches(discriminator, samples)[:, 0]


def _inputs(samples, condition):
    return [samples, *condition] if condition else samples


def _takes_examples_one_by_one(network):
    """Return whether a network is known to process each example of a batch independently of the others."""
    operations = getattr(network, "operations", [None])  # a Sequential does not list them
    return all(keras_internals.is_one_hot(each) or _is_independent(each) for each in operations)


def _is_independent(operation):
    activation = getattr(operation, "activation", None)
    custom = activation is not None and not activation.__module__.startswith("keras.")
    return type(operation) in _INDEPENDENT_LAYERS and not custom and getattr(operation, "axis", -1) != 0
