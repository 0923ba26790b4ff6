"""A pool of past images (Shrivastava et al. 2017, arXiv:1612.07828, section 2.3)."""

import keras
from keras import ops

from kerasgen import backend
from kerasgen.layers.jitter import uniform

POOL_NOISE = 2  # numbers for each image: its place, and whether it is exchanged


@keras.saving.register_keras_serializable("kerasgen")
class ImagePool(keras.layers.Layer):
    """Keeps generated images and gives old ones back, so that a discriminator does not forget them.

    It keeps the first `size` images and returns them as they are; then it exchanges each new image, with
    probability 1/2, for one of those that it keeps. The images of one batch are kept at different places; of a batch
    larger than the pool the rest is returned as it is. All is held in variables, and so saved with the model.

    Args:
        size: int, how many images are kept.
        image_shape: (H, W, C).
    """

    def __init__(self, size, image_shape, **kwargs):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.size, self.sample_shape = size, tuple(image_shape)
        options = {"trainable": False, "aggregation": "only_first_replica"}
        self.count = self.add_weight((), "zeros", dtype="int32", name="count", **options)
        self.images = self.add_weight((size, *self.sample_shape), "zeros", name="images", **options)
        self.built = True

    def exchange(self, images, noise):
        """Return images (N, H, W, C), each new or old, and keep some of the new ones.

        To be called outside of what is differentiated: it assigns variables.

        Args:
            images: the new images (N, H, W, C).
            noise: (N, 2) standard normal, which decides on places and exchanges.
        """
        return backend.on_global_batch(self._exchange, images, noise)

    def _exchange(self, images, noise):
        draws = uniform(noise)
        n, count, kept = ops.shape(images)[0], ops.convert_to_tensor(self.count), ops.convert_to_tensor(self.images)
        full = count >= self.size
        first = ops.where(full, ops.cast(draws[0, 0] * self.size, "int32"), count)
        order = ops.arange(n, dtype="int32")
        enters = ops.where(full, (order < self.size) & (draws[:, 1] < 0.5), order < self.size - count)
        old = ops.take(kept, (first + order) % self.size, axis=0)
        returned = ops.where(_of_images(full & enters), old, images)
        # Seen from each place: which of the images comes here, if it is one that enters.
        comes = (ops.arange(self.size, dtype="int32") - first) % self.size
        newer = ops.minimum(comes, n - 1)
        taken = (comes < n) & ops.take(enters, newer, axis=0)
        self.images.assign(ops.where(_of_images(taken), ops.take(images, newer, axis=0), kept))
        self.count.assign(ops.minimum(count + n, self.size))
        return returned

    def get_config(self):
        """Return the arguments."""
        return super().get_config() | {"size": self.size, "image_shape": self.sample_shape}


def _of_images(condition):
    return ops.reshape(condition, (-1, 1, 1, 1))
