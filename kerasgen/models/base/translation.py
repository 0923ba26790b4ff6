"""What models of image-to-image translation have in common: two domains, and images made of images."""

import functools

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import DataError, UsageError, unknown
from kerasgen.layers import JITTER_NOISE, jittered
from kerasgen.models.base.fitting import steps_of
from kerasgen.models.base.model import GenerativeModel
from kerasgen.optimizers.schedules import LinearDecay, schedule_of, steps_seen_by

_AT_ONCE = 16  # images that `translate` holds as floats
_ROWS = 8  # of a picture


class TranslationModel(GenerativeModel):
    """A model that is fitted with two arrays of images, of the domains A and B: `fit(a, b)`.

    A batch is `(a, b)`, each (N, H, W, C), or a dict with `a`, `b` and perhaps `noise`, standard normal (N, noise_dim),
    which replaces what the step would draw. Networks take and make images in [-1, 1].

    A subclass says in `directions` what it translates and in `network_of` by which network, and writes `train_step`
    with `unpack_domains`.

    Args:
        jitter: whether the images of a training step are enlarged by 286/256, cropped and mirrored at random.
    """

    directions = ("AtoB", "BtoA")

    def __init__(self, jitter=True, **kwargs):
        super().__init__(**kwargs)
        self.jitter = jitter

    @property
    def noise_dim(self):
        """Return how many random numbers a training step takes for each pair of images."""
        raise NotImplementedError

    def network_of(self, direction):
        """Return the generator that translates in that direction."""
        raise NotImplementedError

    # -- training

    def unpack_domains(self, data):
        """Return `(a, b, noise)` of a batch: images (N, H, W, C) in [-1, 1], noise (N, noise_dim); all float32."""
        a, b = self.unweighted(data)
        batch = a if isinstance(a, dict) else {"a": a, "b": b}
        if batch.get("a") is None or batch.get("b") is None:
            raise UsageError(f"a {type(self).__name__} is trained with images of two domains: give batches (a, b)")
        a, b = (self.images_of_batch(batch[domain]) * 2.0 - 1.0 for domain in ("a", "b"))
        noise = batch.get("noise")
        if noise is None:
            noise = backend.draw(keras.random.normal, (ops.shape(a)[0], self.noise_dim), self.seed_generator)
        return a, b, ops.cast(noise, "float32")

    def jittered(self, images, noise):
        """Return images (N, H, W, C) jittered by the first columns of `noise`, if the model does so."""
        return jittered(images, noise[:, :JITTER_NOISE]) if self.jitter else images

    @property
    def jitter_dim(self):
        """Return how many random numbers the jitter of one image takes."""
        return JITTER_NOISE if self.jitter else 0

    def check_arrays(self, x, y=None):
        """Return `(x, y)`, images of domain A and of domain B or batches of both; arrays are checked.

        Raises:
            DataError: images that the model cannot take, or not as many of one domain as of the other.
            UsageError: one array alone.
        """
        a, b = (x.get("a"), x.get("b")) if isinstance(x, dict) else (x, y)
        if isinstance(a, np.ndarray):
            if b is None:
                raise UsageError(
                    f"a {type(self).__name__} takes images of two domains: call fit(a, b), or evaluate(a, b)"
                )
            a, b = self.check_some_images(a), self.check_some_images(b)
            if len(a) != len(b):
                raise DataError(f"{len(a)} images of domain A and {len(b)} of domain B; give as many of each")
        return x, y

    def prepare_fit(
        self, x, batch_size=None, epochs=1, initial_epoch=0, steps_per_epoch=None, validation_split=None, **given
    ):
        """Tell learning rates that are a `LinearDecay` how many steps this training has.

        They are those of `epochs` from epoch 0 on, of which `initial_epoch` are done already.

        Raises:
            UsageError: there is such a rate, and no telling how long an epoch is.
        """
        members = [(optimizer, schedule_of(optimizer)) for optimizer in map(self.optimizer_of, self.players)]
        for optimizer, schedule in members:
            if schedule is None:
                continue
            steps = steps_per_epoch or steps_of(x, batch_size, validation_split)
            if steps is None:
                raise UsageError(
                    "a learning rate that falls to zero needs to know how long the training is; "
                    "give fit steps_per_epoch"
                )
            first = steps_seen_by(optimizer) - initial_epoch * steps
            planned = LinearDecay(schedule.learning_rate, schedule.begin, first, epochs * steps)
            if planned.get_config() != schedule.get_config():
                getattr(optimizer, "inner_optimizer", optimizer).learning_rate = planned
                self.train_function = None  # it has the numbers of the old plan in it

    # -- translation

    @functools.cached_property
    def sample_shape(self):
        """Return (H, W, C) of the images, of both domains."""
        return tuple(self.network_of(self.directions[0]).output_shape[1:])

    def translate(self, images, direction=None, seed=None):
        """Return images (N, H, W, C) of the one domain as images of the other: float32 (N, H, W, C) in [0, 1].

        Args:
            images: (N, H, W, C).
            direction: `"AtoB"` or `"BtoA"`; the first of the model's `directions` by default.
            seed: int, of the generator's noise where it has any; the same seed gives the same images.

        Raises:
            DataError: images that the model cannot take.
            UsageError: a direction in which this model does not translate, or a negative seed.
        """
        network = self.network_of(self.check_direction(direction))
        images = self.check_images(images)
        noise_dim, made = _noise_dim(network), np.empty(images.shape, "float32")
        generator = self.generator_of(seed)
        for start in range(0, len(images), _AT_ONCE):
            some = images[start : start + _AT_ONCE]
            some = as_floats(some) * 2.0 - 1.0
            noise = generator.standard_normal((len(some), noise_dim)).astype("float32")
            outputs = self.predict_in_batches(network, with_noise(network, some, noise), batch_size=_AT_ONCE)
            made[start : start + _AT_ONCE] = (outputs.astype("float32") + 1.0) / 2.0
        return made

    def check_direction(self, direction=None):
        """Return the direction, by default the model's first.

        Raises:
            UsageError: this model does not translate so.
        """
        if direction is None:
            return self.directions[0]
        if direction not in TranslationModel.directions:
            raise unknown("direction", direction, TranslationModel.directions)
        if direction not in self.directions:
            raise UsageError(
                f"this model was trained for the direction {self.directions[0]}, not for {direction}; "
                f"train another with direction={direction}"
            )
        return direction

    def call(self, inputs, training=False):
        """Return images (N, H, W, C) in [0, 1] translated in the model's first direction."""
        network, images = self.network_of(self.directions[0]), self.images_of_batch(inputs) * 2.0 - 1.0
        noise = backend.draw(keras.random.normal, (ops.shape(images)[0], _noise_dim(network)), self.seed_generator)
        outputs = network(with_noise(network, images, noise), training=training)
        return (ops.cast(outputs, "float32") + 1.0) / 2.0

    def _to_show(self, images, n):
        """Return at most `n` of the images of each domain, `(a, b)`, checked, as floats."""
        if images is None or len(images) != 2 or not len(images[0]) or not len(images[1]):
            raise UsageError(f"the picture of a {type(self).__name__} shows images of both domains: give (a, b)")
        checked = (self.check_images(domain[: max(1, min(n, _ROWS))]) for domain in images)
        return [as_floats(x) for x in checked]


def with_noise(network, images, noise):
    """Return the inputs of a generator: images, and the noise where it takes any."""
    return [images, noise] if _noise_dim(network) else images


def _noise_dim(network):
    """Return D of the noise (N, D) that a generator takes, 0 if it takes none."""
    shapes = network.input_shape
    return shapes[1][-1] if isinstance(shapes, list) else 0
