"""Class labels of conditional models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from kerasgen.errors import DataError, UsageError, check_whole, unknown

MAXIMUM_SAMPLES = 2**31 - 1  # maximum number of samples to generate


@dataclass(frozen=True)
class Classes:
    """The classes that a model is conditioned on; a model without labels has none.

    Attributes:
        count: number of classes; 0 for a model without labels.
        names: name of each class, or None.
    """

    count: int = 0
    names: Sequence[str] | None = None

    def inputs(self, x: Any, labels: Any) -> Any:
        """Return the inputs of a network: `x` alone, or `[x, labels]`.

        Raises:
            UsageError: the model needs labels and there are none.
        """
        if not self.count:
            return x
        self._require(labels)
        return [x, labels if hasattr(labels, "ndim") else np.asarray(labels)]

    def split(self, inputs: Any) -> tuple[Any, Any]:
        """Return `(x, labels)` of the inputs of a model: `x` alone, or `[x, labels]`.

        Raises:
            UsageError: the model needs labels and there are none.
        """
        if not self.count:
            return inputs, None
        x, labels = inputs if isinstance(inputs, list | tuple) and len(inputs) == 2 else (inputs, None)
        if labels is None:
            raise UsageError(f"this model is conditional on {self.count} classes: give it [images, labels]")
        return x, labels

    def condition(self, labels: Any) -> tuple:
        """Return the additional inputs of a discriminator: `(labels,)`, or `()` without classes."""
        return (labels,) if self.count else ()

    def of_batch(self, labels: Any) -> Any:
        """Return the labels of a batch as int32 (N,), or None for a model without classes.

        Raises:
            UsageError: the model needs labels and there are none, or they are one-hot.
        """
        if not self.count:
            return None
        self._require(labels)
        labels = ops.convert_to_tensor(labels)
        if len(labels.shape) > 1 and labels.shape[-1] != 1:
            raise UsageError(
                f"labels have shape {tuple(labels.shape)}; this model takes class indices (N,): "
                "convert one-hot labels with argmax(axis=-1)"
            )
        return ops.reshape(ops.cast(labels, "int32"), (-1,))

    def check(self, labels: Any, n: int) -> np.ndarray | None:
        """Return the labels of `n` samples to generate, int32 (n,).

        Args:
            labels: None for each class in turn; one class for all samples; or (n,) classes. A class is an index or,
                if the names are known, a name.
            n: number of samples.

        Raises:
            UsageError: labels for a model without classes, not one label for each sample, or an unknown name.
            DataError: labels that are not indices of classes.
        """
        n = check_whole("n", n, 0, MAXIMUM_SAMPLES)
        if not self.count:
            if labels is not None:
                raise UsageError("this model was trained without labels and cannot generate samples of one class")
            return None
        labels = np.arange(n) % self.count if labels is None else np.asarray(labels)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        labels = np.full(n, labels) if labels.ndim == 0 else labels
        if labels.shape != (n,):
            hint = ": convert one-hot labels with argmax(axis=-1)" if labels.ndim > 1 else ""
            raise UsageError(f"labels have shape {labels.shape}; {n} samples need ({n},){hint}")
        if labels.dtype.kind in "US" and self.names is not None:
            labels = np.array([self._index(str(label)) for label in labels])
        whole = labels.dtype.kind in "iu"
        if not whole or (n and (labels.min() < 0 or labels.max() >= self.count)):
            received = f"lie in [{labels.min()}, {labels.max()}]" if whole else f"have the type {labels.dtype}"
            raise DataError(f"labels {received}; this model takes whole numbers from 0 to {self.count - 1}")
        return labels.astype("int32")

    def check_given(self, labels: Any, n: int) -> np.ndarray | None:
        """Return `check(labels, n)` for labels that must be given; None for a model without classes.

        Raises:
            UsageError, DataError: see `inputs` and `check`.
        """
        if not self.count:
            return None
        self._require(labels)
        return self.check(labels, n)

    def _index(self, name):
        if name not in self.names:
            raise unknown("class", name, self.names)
        return list(self.names).index(name)

    def _require(self, labels):
        if labels is None:
            raise UsageError(
                f"this model is conditional on {self.count} classes and was given no labels: "
                "call fit(images, labels), or use a data set with labels"
            )
