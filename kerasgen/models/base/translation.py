"""`TranslationModel`: base class of models that translate images between two domains."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import DataError, UsageError, unknown
from kerasgen.io.memory_maps import MappedArray
from kerasgen.layers import jittered
from kerasgen.models.base.adversary import from_discriminator_range, to_discriminator_range
from kerasgen.models.base.images import check_not_empty, check_unweighted, to_public_range, to_public_tensor
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, noise_of
from kerasgen.models.base.planned_rates import plan_rates

DIRECTIONS = ("AtoB", "BtoA")
_TRANSLATE_BATCH = 16  # images that `translate` holds as floats
_PREVIEW_ROWS = 8


@dataclass(frozen=True)
class DomainBatch(Batch):
    """The tensors of one step: images of the domains A (`images`) and B, float32 (N, H, W, C) in [-1, 1]."""

    images_b: Any = None


class TranslationModel(GenerativeModel):
    """A model that is fitted with two arrays of images, of the domains A and B: `fit(a, b)`.

    A batch is `(a, b)`, each (N, H, W, C), or a dict with `a`, `b` and optional `noise`. The inputs and outputs of the
    networks are images in [-1, 1].

    A subclass lists the directions in which it translates in `directions`, returns the generator of one by
    `network_of`, and defines `train_step` with `unpack`.

    Args:
        jitter: whether the images of a training step are randomly enlarged by 286/256, cropped and mirrored.
        seed: seed of the noise drawn in training, or None.
        **kwargs: arguments of `keras.Model`, such as `name`.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("pix2pix", image_size=16, width=2, receptive_field="16")
        >>> isinstance(model, kerasgen.models.TranslationModel)
        True
    """

    directions: tuple[str, ...] = DIRECTIONS

    def __init__(self, jitter: bool = True, seed: int | None = None, **kwargs: Any):
        super().__init__(seed=seed, **kwargs)
        self.jitter = jitter

    def network_of(self, direction: str) -> keras.Model:
        """Return the generator that translates in that direction."""
        raise NotImplementedError

    # -- training

    def unpack(self, data: Any) -> DomainBatch:
        """Return the tensors of a batch, images in [-1, 1].

        Raises:
            UsageError: images of one domain only.
            DataError: images of another shape.
        """
        a, b, weights = keras.utils.unpack_x_y_sample_weight(data)
        check_unweighted(weights)
        batch = a if isinstance(a, Mapping) else {"a": a, "b": b}
        if batch.get("a") is None or batch.get("b") is None:
            raise UsageError(f"a {type(self).__name__} is trained with images of two domains: give batches (a, b)")
        a, b = (to_discriminator_range(self.to_float_tensor(batch[domain])) for domain in ("a", "b"))
        return DomainBatch(a, None, noise_of(batch), b)

    def jittered(self, images: Any, noise: Any) -> Any:
        """Return images (N, H, W, C) jittered by noise (N, JITTER_NOISE), if the model jitters."""
        return jittered(images, noise) if self.jitter else images

    def check_arrays(self, x: Any, y: Any = None) -> tuple[Any, Any]:
        """Validate images of domain A and of domain B, or batches of both, and return `(x, y)`.

        Raises:
            DataError: images that the model cannot take, or different numbers of images.
            UsageError: images of one domain only.
        """
        a, b = (x.get("a"), x.get("b")) if isinstance(x, dict) else (x, y)
        if isinstance(a, np.ndarray | MappedArray):
            if b is None:
                raise UsageError(
                    f"a {type(self).__name__} takes images of two domains: call fit(a, b), or evaluate(a, b)"
                )
            a, b = self.check_images(a), self.check_images(b)
            check_not_empty(a)
            check_not_empty(b)
            if len(a) != len(b):
                raise DataError(f"{len(a)} images of domain A and {len(b)} of domain B; give the same number of each")
        return x, y

    prepare_fit = plan_rates

    # -- translation

    @functools.cached_property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape (H, W, C) of the images of both domains."""
        return tuple(self.network_of(self.directions[0]).output_shape[1:])

    def translate(self, images: np.ndarray, direction: str | None = None, seed: int | None = None) -> np.ndarray:
        """Return images (N, H, W, C) of one domain translated into the other: float32 (N, H, W, C) in [0, 1].

        Args:
            images: (N, H, W, C).
            direction: `"AtoB"` or `"BtoA"`; the first of the model's `directions` by default.
            seed: seed of the generator's noise, if it takes noise.

        Raises:
            DataError: images that the model cannot take.
            UsageError: a direction that the model does not translate, or a negative seed.
        """
        network = self.network_of(self.check_direction(direction))
        images = self.check_images(images)
        noise_dim, translated = noise_dim_of(network), np.empty(images.shape, "float32")
        generator = self.random_generator(seed)
        for start in range(0, len(images), _TRANSLATE_BATCH):
            some = to_discriminator_range(as_floats(images[start : start + _TRANSLATE_BATCH]))
            noise = generator.standard_normal((len(some), noise_dim)).astype("float32")
            outputs = self.predict_in_batches(network, with_noise(network, some, noise), batch_size=_TRANSLATE_BATCH)
            outputs = from_discriminator_range(outputs.astype("float32"))
            translated[start : start + _TRANSLATE_BATCH] = to_public_range(outputs)
        return translated

    def check_direction(self, direction: str | None = None) -> str:
        """Return the direction; the model's first by default.

        Raises:
            UsageError: the model does not translate in this direction.
        """
        if direction is None:
            return self.directions[0]
        if direction not in DIRECTIONS:
            raise unknown("direction", direction, DIRECTIONS)
        if direction not in self.directions:
            raise UsageError(
                f"this model was trained for the direction {self.directions[0]}, not for {direction}; "
                f"train another with direction={direction}"
            )
        return direction

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return images (N, H, W, C) in [0, 1] translated in the model's first direction, as tensors."""
        network, images = self.network_of(self.directions[0]), to_discriminator_range(self.to_float_tensor(inputs))
        noise = backend.draw(keras.random.normal, (ops.shape(images)[0], noise_dim_of(network)), self.seed_generator)
        outputs = network(with_noise(network, images, noise), training=training)
        return to_public_tensor(from_discriminator_range(ops.cast(outputs, "float32")))

    def domains_to_show(self, images: Any, n: int) -> list[np.ndarray]:
        """Return at most `n` of the images of each domain, `[a, b]`, checked, as floats, for a picture.

        Raises:
            UsageError: there are not images of both domains.
        """
        if images is None or len(images) != 2 or not len(images[0]) or not len(images[1]):
            raise UsageError(f"the picture of a {type(self).__name__} shows images of both domains: give (a, b)")
        checked = (self.check_images(domain[: max(1, min(n, _PREVIEW_ROWS))]) for domain in images)
        return [as_floats(x) for x in checked]


def with_noise(network: keras.Model, images: Any, noise: Any) -> Any:
    """Return the inputs of a generator: the images, and the noise (N, D) if it takes noise."""
    return [images, noise] if noise_dim_of(network) else images


def noise_dim_of(network: keras.Model) -> int:
    """Return the size D of the noise (N, D) that a generator takes, 0 if it takes none."""
    shapes = network.input_shape
    return shapes[1][-1] if isinstance(shapes, list) else 0
