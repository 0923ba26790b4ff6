"""One evaluation: a model, a data set, and the samples that several evaluators share."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from kerasgen.data import Dataset, Images
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import check_whole, counted
from kerasgen.evaluation.images import as_saved, draw_images, reference_images
from kerasgen.io import progress


class Evaluation:
    """One evaluation of a model on a data set. Samples that several evaluators need are generated once.

    Args:
        model: the model.
        dataset: the set with the test images.
        samples: number of samples to generate, and largest number of test images.
        seed: seed of everything that is drawn.
        options: dict of the evaluators' options.
        generate_options: dict of keyword arguments for `model.generate`.
        reference: reference images (M, H, W, C); by default test or training images, see `reference_images`.
        note: remark on the reference images for the estimators.

    Example:
        >>> import kerasgen
        >>> digits = kerasgen.data.load("digits", image_size=8)
        >>> evaluation = Evaluation(kerasgen.create("gan", image_size=8), digits, samples=10)
        >>> evaluation.generated.dtype, evaluation.generated.shape
        (dtype('uint8'), (10, 8, 8, 1))
    """

    def __init__(
        self,
        model: Any,
        dataset: Dataset,
        samples: int = 10_000,
        seed: int = 0,
        options: dict[str, Any] | None = None,
        generate_options: dict[str, Any] | None = None,
        reference: np.ndarray | None = None,
        note: str = "",
    ):
        self.model, self.dataset = model, dataset
        self.samples, self.seed = check_whole("samples", samples, 1), check_whole("seed", seed)
        self.options, self.generate_options = dict(options or {}), dict(generate_options or {})
        self._reference, self._note = reference, note

    @cached_property
    def generated(self) -> np.ndarray:
        """Return the generated samples: images as saved, uint8 (N, H, W, C), or points float32 (N, D)."""
        progress.start(f"generating {counted(self.samples, 'sample')}")
        samples = self.model.generate(self.samples, seed=self.seed, **self.generate_options)
        progress.start("scores")
        return as_saved(samples) if sample_kind(samples.shape[1:]) == "images" else samples

    @property
    def image_set(self) -> Dataset:
        """Return the data set of images, which is `dataset` unless its samples are codes."""
        return self.dataset.image_set or self.dataset

    @cached_property
    def reference(self) -> np.ndarray:
        """Return the reference images as saved, uint8 (M, H, W, C)."""
        if self._reference is not None:
            return as_saved(self._reference)
        return as_saved(draw_images([self._reference_part], self.samples, self.seed))

    @property
    def reference_count(self) -> int:
        """Return the number of reference images without reading them."""
        if self._reference is not None:
            return len(self._reference)
        return min(len(self._reference_part), self.samples)

    @property
    def _reference_part(self) -> Images:
        return reference_images(self.image_set, self.samples)

    def describe_counts(self) -> str:
        """Return the numbers of images in words, and the origin of the real images."""
        note = self._note
        if self._reference is None:
            part = "training" if self._reference_part is self.image_set.train else "test"
            note = f"the real images are {part} images"
        counts = f"{self.samples:,} samples, {self.reference_count:,} real images"
        return f"{counts}; {note}" if note else counts
