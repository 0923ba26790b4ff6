"""What models share whose images a discriminator judges (Goodfellow et al. 2014, arXiv:1406.2661)."""

from types import MappingProxyType

import keras
from keras import ops

from kerasgen import backend
from kerasgen.backend import keras_internals
from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError, unknown
from kerasgen.layers import Conv2D, Dense, GroupNormalization
from kerasgen.losses import OBJECTIVES, game_value, gradient_penalty, r1_penalty
from kerasgen.models.base.labels import ConditionalModel, first_input

# Layers of which each image of a batch has what it would have without the others, in training too
_ONE_BY_ONE = {
    *(keras.layers.InputLayer, keras.layers.Flatten, keras.layers.Reshape, keras.layers.Concatenate),
    *(keras.layers.Activation, keras.layers.LeakyReLU, keras.layers.ReLU, keras.layers.GlobalMaxPooling1D),
    *(Dense, Conv2D, GroupNormalization),
}


class Game(ConditionalModel):
    """A model with a discriminator: the losses of both sides of the game.

    A subclass has a player `discriminator`, calls `update_discriminator` in its step, and minimises `generator_loss`,
    or a sum with it, for the player that makes the images.

    Args:
        discriminator, objective, packing, feature_matching, r1_penalty, r2_penalty: see `GAN`.
        made: the shape (None, H, W, C) of the images that are made.

    Raises:
        UsageError: an argument that cannot be, or a discriminator that takes other images.
    """

    # What `discriminator_loss` returns beside the loss
    found = ("value", "real_score", "fake_score", "real_accuracy", "fake_accuracy")

    def __init__(self, discriminator, made, objective, packing, feature_matching, r1_penalty, r2_penalty, **kwargs):
        super().__init__(**kwargs)
        if objective not in OBJECTIVES:
            raise unknown("objective", objective, OBJECTIVES)
        if packing < 1:
            raise UsageError(f"packing is {packing}; it must be 1 or more")
        taken = first_input(discriminator)
        if packing > 1 and len(discriminator.inputs) > 1:
            raise UsageError(f"packing {packing} cannot be combined with labels; take packing=1 or conditional=False")
        if (*made[:-1], made[-1] * packing) != taken:
            raise UsageError(f"the generator makes {made}, the discriminator takes {taken} with packing {packing}")
        self.discriminator, self.objective, self.packing = discriminator, objective, packing
        self.feature_matching, self.r1_penalty, self.r2_penalty = feature_matching, r1_penalty, r2_penalty
        self._judges_one_by_one = _takes_one_by_one(discriminator)
        # A proxy, because the layers are the discriminator's and must not be saved twice.
        self._parts = MappingProxyType({"features": keras.Model(discriminator.inputs, discriminator.layers[-1].input)})

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
        on_real, on_fake = self._judge_both(real, fake, labels, training)
        objective = OBJECTIVES[self.objective]
        loss = objective.discriminator(on_real, on_fake)
        if mix is not None:
            gradients = self._gradients_at(mix * real + (1.0 - mix) * fake, labels)
            loss = loss + objective.gradient_penalty * gradient_penalty(gradients)
        for images, weight in ((real, self.r1_penalty), (fake, self.r2_penalty)):
            if training and weight:
                loss = loss + weight * r1_penalty(self._gradients_at(images, labels))
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
        return loss, ()

    def _judge(self, images, labels, training):
        """Return the logits (N, 1) of images, or of packs of them."""
        logits = backend.run(self.discriminator, self.with_labels(images, labels), training)
        return ops.cast(logits, "float32")

    def _judge_both(self, real, fake, labels, training):
        """Return the logits of real and of fake images, in one pass where that makes no difference but of time."""
        if not self._judges_one_by_one:
            return self._judge(real, labels, training), self._judge(fake, labels, training)
        labels = None if labels is None else ops.concatenate([labels, labels])
        logits = self._judge(ops.concatenate([real, fake]), labels, training)
        count = ops.shape(real)[0]
        return logits[:count], logits[count:]

    def _gradients_at(self, images, labels):
        # Not in training: there the others of a batch would have a part in an image's gradient, and state that is
        # assigned inside a second derivative is lost on JAX.
        return backend.input_gradient(lambda x: self._judge(x, labels, training=False), images)

    def _pack(self, images):
        """Return images (N, H, W, C) as (N / packing, H, W, packing C); what is left over is left out.

        Of fewer images than a pack, which the end of an epoch may have, one pack is filled with repetitions.
        """
        *sides, channels = self.sample_shape
        n = ops.shape(images)[0]
        if isinstance(n, int) and n >= self.packing:
            images = images[: n - n % self.packing]
        else:
            largest = max if isinstance(n, int) else ops.maximum
            repeated = ops.concatenate([images] * self.packing)
            images = repeated[: largest(n - n % self.packing, self.packing)]
        packed = backend.reshape(images, (-1, self.packing, *sides, channels))
        packed = ops.moveaxis(packed, 1, -2)
        return backend.reshape(packed, (-1, *sides, self.packing * channels))

    def update_discriminator(self, real, fake, labels=None):
        """Take a step of the discriminator on images as the networks have them; return its loss and `found`."""
        mix = None
        if OBJECTIVES[self.objective].gradient_penalty:
            mix = backend.draw(
                keras.random.uniform, (ops.shape(real)[0], *(1 for _ in self.sample_shape)), self.seed_generator
            )
        return self.minimize("discriminator", lambda: self.discriminator_loss(real, fake, labels, mix, training=True))

    def discriminate(self, images):
        """Return the discriminator's logits (N,) of images (N, H, W, C) in [0, 1].

        Raises:
            UsageError: the discriminator judges several images at once, or needs labels.
            DataError: images that the model cannot take.
        """
        if self.packing > 1 or self.num_classes:
            raise UsageError("this discriminator judges packs of images, or images with labels, not single images")
        images = self.to_discriminator_range(as_floats(self.check_images(images)))
        return self.predict_in_batches(self.discriminator, images)[:, 0]

    def to_discriminator_range(self, images):
        """Return images in [0, 1] as the discriminator has them, in [-1, 1]; points as they are."""
        return images if self.is_of_points else images * 2.0 - 1.0


def _takes_one_by_one(network):
    """Tell whether a network is known to treat each image of a batch by itself."""
    operations = getattr(network, "operations", [None])  # a Sequential does not name them
    return all(keras_internals.is_one_hot(each) or _is_one_by_one(each) for each in operations)


def _is_one_by_one(operation):
    activation = getattr(operation, "activation", None)
    own = activation is not None and not activation.__module__.startswith("keras.")
    return type(operation) in _ONE_BY_ONE and not own and getattr(operation, "axis", -1) != 0
