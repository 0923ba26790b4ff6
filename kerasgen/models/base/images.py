"""The images that a model takes: those of a batch, and arrays, of which is said what is wrong with them."""

import weakref

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import DataError, UsageError


class ImageModel(backend.BackendModel):
    """A model that is trained with images (N, H, W, C), float in [0, 1] or uint8.

    Raises:
        UsageError: Keras is set to images with channels first.
    """

    bounds = (0.0, 1.0)  # the values that the images may take

    def __init__(self, **kwargs):
        if keras.config.image_data_format() != "channels_last":
            raise UsageError(
                "Keras is set to images with channels first, (N, C, H, W); kerasgen has them last: "
                'call keras.config.set_image_data_format("channels_last") before'
            )
        super().__init__(**kwargs)
        self._checked = []

    @property
    def sample_shape(self):
        """Return (H, W, C) of the images; every subclass says it."""
        raise NotImplementedError(f"{type(self).__name__} has no property image_shape, (H, W, C); write one")

    @property
    def is_of_points(self):
        """Whether the samples are points (D,), which have no pictures."""
        return sample_kind(self.sample_shape) == "points"

    # -- those of a batch

    def unpack(self, data):
        """Return `(images, labels, noise)` of a batch; float32 images, `None` for what was not passed.

        A batch is images, `(images, labels)`, or a dict with `images` and perhaps `labels` and `noise`:
        noise passed in replaces what the step would draw, so that a step can be repeated elsewhere.

        Raises:
            UsageError: no images, or weights of samples, which no model here takes.
            DataError: images of another shape.
        """
        x, labels = self.unweighted(data)
        batch = x if isinstance(x, dict) else {"images": x}
        if "images" not in batch:
            raise UsageError(
                f"a batch has {', '.join(map(repr, batch))}; it needs 'images', and takes labels and noise"
            )
        others = (batch.get("labels", labels), batch.get("noise"))
        others = (None if each is None else ops.convert_to_tensor(each) for each in others)
        return self.images_of_batch(batch["images"]), *others

    @staticmethod
    def unweighted(data):
        """Return `(x, y)` of a batch.

        Raises:
            UsageError: it has weights of samples too.
        """
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        check_unweighted(weights)
        return x, y

    def images_of_batch(self, images):
        """Return the images of a batch, (N, H, W, C), as float32, bytes as their 255th parts.

        Raises:
            DataError: another shape than that of the model's images.
        """
        images = ops.convert_to_tensor(images)
        found = tuple(images.shape[1:])
        if len(found) != len(self.sample_shape) or any(
            n not in (None, wanted) for n, wanted in zip(found, self.sample_shape)
        ):
            raise DataError(_other_shape(images.shape, self.sample_shape))
        is_bytes = keras.backend.standardize_dtype(images.dtype) == "uint8"
        images = ops.cast(images, "float32")
        return images / 255.0 if is_bytes else images

    # -- arrays

    def check_images(self, images):
        """Return `images` as an array that the model can take; raise what the user should know otherwise.

        Raises:
            DataError: another shape than (N, *image_shape), no numbers, NaN or infinity, or values out of range.
        """
        images = np.asarray(images)
        if images.shape[1:] != self.sample_shape:
            raise DataError(_other_shape(images.shape, self.sample_shape))
        if images.dtype.kind not in "biuf":
            raise DataError(f"images have the type {images.dtype}; this model takes floats or uint8")
        if images.dtype != np.uint8 and images.size and not any(each() is images for each in self._checked):
            low, high = float(images.min()), float(images.max())
            if not np.isfinite(low + high):
                raise DataError("the images contain NaN or infinity; remove or repair them first")
            if low < self.bounds[0] or high > self.bounds[1]:
                advice = "take a loss for points of any range" if self.is_of_points else "divide by 255, or pass uint8"
                raise DataError(
                    f"image values lie in [{low:g}, {high:g}]; this model takes floats in "
                    f"[{self.bounds[0]:g}, {self.bounds[1]:g}] or uint8: {advice}"
                )
            self._checked = [*self._checked[-1:], weakref.ref(images)]  # those to train and to validate with
        return images

    def check_some_images(self, images):
        """Return `images` as `check_images` does, one at least.

        Raises:
            DataError: there are none; and see `check_images`.
        """
        images = self.check_images(images)
        check_some(images)
        return images

    def check_arrays(self, x, y=None):
        """Return `(x, y)`, what `fit` and `evaluate` are given; what of it are arrays the model can take.

        Raises:
            DataError, UsageError: what the user should know otherwise.
        """
        images = x.get("images") if isinstance(x, dict) else x
        if isinstance(images, np.ndarray):
            self.check_some_images(images)
        return x, y


def check_unweighted(*weights):
    """Raise a UsageError if there are weights of samples or classes, which no model here takes."""
    if any(each is not None for each in weights):
        raise UsageError("sample_weight and class_weight weigh nothing here: every image counts alike; leave them out")


def check_some(rows):
    """Raise a DataError if there are no rows."""
    if not len(rows):
        raise DataError("there are no images; give one or more")


def _other_shape(found, wanted):
    return f"images have shape {tuple(found)}; this model takes (N, {', '.join(map(str, wanted))})"
