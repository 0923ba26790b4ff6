"""The picture of the current state of a model.

The functions whose first argument is `self` are methods of `GenerativeModel`.
"""

from typing import Any

import numpy as np

from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError
from kerasgen.models.base.abilities import Denoises, Generates, Reconstructs

DENOISING_COLUMNS = 10  # of the picture of a model that denoises


def preview(self: Any, samples: Any = None, n: int = 64, seed: int = 0) -> np.ndarray:
    """Return the picture of the current state of the model, (rows, columns, H, W, C) in [0, 1].

    It shows generated images, from the same latents each time, so that the epochs can be compared. A
    conditional model shows a row of each class. For a model that only reconstructs, each row of images is above
    a row of their reconstructions.

    Args:
        self: the model.
        samples: images (N, H, W, C), for a model that does not generate.
        n: largest number of images in the picture.
        seed: seed of the latents.

    Raises:
        UsageError: images are needed and there are none, or the model can neither generate nor reconstruct.
    """
    columns = max(1, int(n**0.5))
    can_generate = isinstance(self, Generates)
    if can_generate:
        if not self.num_classes:
            generated = self.generate(n - n % columns, seed=seed)
            return generated.reshape(-1, columns, *generated.shape[1:])
        rows = self.num_classes if self.num_classes <= 2 * columns else max(1, n // columns)
        labels = np.repeat(np.arange(min(rows, self.num_classes)), columns)
        generated = self.generate(len(labels), seed=seed, labels=labels)
        return generated.reshape(-1, columns, *generated.shape[1:])
    samples = self.images_to_show(samples)
    columns = min(len(samples), columns)
    pairs = min(len(samples) // columns, max(1, n // columns // 2))
    shown = samples[: pairs * columns]
    stages = [part.reshape(pairs, columns, *self.sample_shape) for part in (shown, self.reconstruct(shown))]
    return np.stack(stages, 1).reshape(-1, columns, *self.sample_shape)


def denoising_preview(self: Any, samples: Any = None, n: int = 64, seed: int = 0) -> np.ndarray:
    """Return three rows (3, columns, H, W, C): images, the same images corrupted, and denoised.

    Args:
        self: a model that denoises.
        samples: clean images (N, H, W, C).
        n: largest number of images in the picture.
        seed: seed of the noise.

    Raises:
        UsageError: there are no images.
    """
    columns = min(DENOISING_COLUMNS, max(1, n // 3))
    images = self.images_to_show(samples)[:columns]
    noisy = self.corrupt(images, seed)
    return np.stack([images, noisy, self.denoise(noisy)])


def images_to_show(self: Any, samples: Any) -> np.ndarray:
    """Return checked images as floats, for a picture of reconstructions.

    Raises:
        UsageError: there are none, or the model can neither reconstruct nor denoise.
    """
    can_be_shown = isinstance(self, (Reconstructs, Denoises))  # a name, so that the type of self stays Any
    if not can_be_shown:
        raise UsageError(f"a {type(self).__name__} has nothing to draw; define generate, reconstruct or preview")
    if samples is None or not len(samples):
        raise UsageError(f"the picture of a {type(self).__name__} shows reconstructions of images: give some")
    return as_floats(self.check_images(samples))
