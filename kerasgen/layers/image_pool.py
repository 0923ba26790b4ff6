"""Pool of past images (Shrivastava et al. 2017, arXiv:1612.07828, section 2.3)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerasgen import backend
from kerasgen.layers.jitter import normal_cdf

POOL_NOISE = 2  # random numbers for each image: its slot in the pool, and whether it is exchanged


@keras.saving.register_keras_serializable("kerasgen")
class ImagePool(keras.layers.Layer):
    """Pool of earlier generated images that a discriminator receives again, which reduces oscillation.

    The first `size` images are stored and returned unchanged. Then each new image is exchanged, with probability 1/2,
    for a stored one. The images of one batch use different slots of the pool. If a batch is larger than the pool, the
    remaining images are returned unchanged. The pool is held in variables, and is therefore saved with the model.

    Args:
        size: number of images in the pool.
        image_shape: (H, W, C).

    Example:
        >>> import numpy as np
        >>> from keras import ops
        >>> from kerasgen.layers import POOL_NOISE, ImagePool
        >>> pool = ImagePool(50, (8, 8, 3))
        >>> fake, noise = np.ones((1, 8, 8, 3), "float32"), np.zeros((1, POOL_NOISE), "float32")
        >>> pool.exchange(ops.convert_to_tensor(fake), ops.convert_to_tensor(noise)).shape == (1, 8, 8, 3)
        True
    """

    def __init__(self, size: int, image_shape: Sequence[int], **kwargs: Any):
        super().__init__(**{"trainable": False, "dtype": "float32"} | kwargs)
        self.size, self.image_shape = size, tuple(image_shape)
        options = {"trainable": False, "aggregation": "only_first_replica"}
        self.count = self.add_weight((), "zeros", dtype="int32", name="count", **options)
        self.images = self.add_weight((size, *self.image_shape), "zeros", name="images", **options)
        self.built = True

    def exchange(self, images: Any, noise: Any) -> Any:
        """Return images (N, H, W, C), each new or from the pool, and store some of the new ones.

        Call it outside of the function that is differentiated, because it assigns variables.

        Args:
            images: new images (N, H, W, C).
            noise: standard normal (N, 2), which determines slots and exchanges.
        """
        return backend.on_global_batch(self._exchange, images, noise)

    def _exchange(self, images, noise):
        uniforms = normal_cdf(noise)
        n, count, stored = ops.shape(images)[0], ops.convert_to_tensor(self.count), ops.convert_to_tensor(self.images)
        full = count >= self.size
        first = ops.where(full, ops.cast(uniforms[0, 0] * self.size, "int32"), count)  # slot of the first image
        index = ops.arange(n, dtype="int32")
        enters = ops.where(full, (index < self.size) & (uniforms[:, 1] < 0.5), index < self.size - count)
        old = ops.take(stored, (first + index) % self.size, axis=0)
        returned = ops.where(_per_image(full & enters), old, images)
        # For each slot: the index of the image that is assigned to it, and whether that image enters the pool.
        assigned = (ops.arange(self.size, dtype="int32") - first) % self.size
        source = ops.minimum(assigned, n - 1)
        replaced = (assigned < n) & ops.take(enters, source, axis=0)
        self.images.assign(ops.where(_per_image(replaced), ops.take(images, source, axis=0), stored))
        self.count.assign(ops.minimum(count + n, self.size))
        return returned

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"size": self.size, "image_shape": self.image_shape}


def _per_image(condition):
    return ops.reshape(condition, (-1, 1, 1, 1))
