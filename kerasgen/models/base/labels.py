"""What models of images and labels have in common with those of images alone."""

import numpy as np
from keras import ops

from kerasgen.errors import DataError, UsageError
from kerasgen.models.base.model import GenerativeModel


class ConditionalModel(GenerativeModel):
    """A model that takes labels where `num_classes` is above 0, and none where it is 0."""

    num_classes = 0

    def with_labels(self, x, labels):
        """Return the inputs of a network: `x` alone, or `[x, labels]`.

        Raises:
            UsageError: the model needs labels and there are none.
        """
        if not self.num_classes:
            return x
        if labels is None:
            raise UsageError(
                f"this model is conditional on {self.num_classes} classes and was given no labels: "
                "fit(images, labels), or a data set that has them"
            )
        return [x, labels if hasattr(labels, "ndim") else np.asarray(labels)]

    def labels_of_batch(self, labels):
        """Return the labels of a batch as int32 (N,), or None where the model takes none.

        Raises:
            UsageError: the model needs labels and there are none, or they are one-hot.
        """
        if not self.num_classes:
            return None
        self.with_labels(None, labels)
        labels = ops.convert_to_tensor(labels)
        if len(labels.shape) > 1 and labels.shape[-1] != 1:
            raise UsageError(f"labels have shape {tuple(labels.shape)}; they are to be classes (N,), not one-hot")
        return ops.reshape(ops.cast(labels, "int32"), (-1,))

    def check_labels(self, labels, n):
        """Return `labels` as int32 (n,) that the model can take: None means each class in turn, one int all alike.

        Raises:
            UsageError: labels for a model without classes, or not one for each image.
            DataError: labels that are no classes of the model.
        """
        if not self.num_classes:
            if labels is not None:
                raise UsageError("this model was trained without labels and cannot draw those of one class")
            return None
        labels = np.arange(n) % self.num_classes if labels is None else np.asarray(labels)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        labels = np.full(n, labels) if labels.ndim == 0 else labels
        if labels.shape != (n,):
            raise UsageError(f"labels have shape {labels.shape}; {n} images need ({n},)")
        whole = np.issubdtype(labels.dtype, np.integer)
        if not whole or labels.min() < 0 or labels.max() >= self.num_classes:
            have = f"lie in [{labels.min()}, {labels.max()}]" if whole else f"have the type {labels.dtype}"
            raise DataError(f"labels {have}; this model takes whole numbers from 0 to {self.num_classes - 1}")
        return labels.astype("int32")

    def given_labels(self, labels, n):
        """Return what `check_labels` does where the model takes labels, which must be given; None where it does not.

        Raises:
            UsageError, DataError: see `with_labels` and `check_labels`.
        """
        if not self.num_classes:
            return None
        self.with_labels(None, labels)
        return self.check_labels(labels, n)

    def check_arrays(self, x, y=None):
        """Return `(x, y)` checked, labels too where they are needed."""
        images, labels = (x.get("images"), x.get("labels", y)) if isinstance(x, dict) else (x, y)
        if self.num_classes and isinstance(images, np.ndarray):
            labels = self.given_labels(labels, len(images))
            x, y = (x | {"labels": labels}, None) if isinstance(x, dict) else (x, labels)
        return super().check_arrays(x, y)

    def preview(self, images=None, n=64, seed=0):
        """Return generated images (rows, columns, H, W, C); where there are classes, a row of each."""
        if not self.num_classes:
            return super().preview(images, n, seed)
        columns = max(1, int(n**0.5))
        rows = min(self.num_classes, max(1, n // columns) if self.num_classes > 2 * columns else self.num_classes)
        labels = np.repeat(np.arange(rows), columns)
        return self.generate(len(labels), seed=seed, labels=labels).reshape(rows, columns, *self.sample_shape)


def first_input(network):
    """Return the shape of a network's only input, or of the first, before the labels; see `known_shape`."""
    shapes = known_shape(network, "input_shape")
    return shapes[0] if isinstance(shapes, list) else shapes


def known_shape(network, which):
    """Return the `input_shape` or `output_shape` of a network, or a list of them.

    Raises:
        UsageError: the network does not know it.
    """
    shapes = getattr(network, which, None)
    if shapes is None:
        raise UsageError(
            f"the {type(network).__name__} {network.name!r} does not know its {which}: begin it with a keras.Input"
        )
    return shapes
