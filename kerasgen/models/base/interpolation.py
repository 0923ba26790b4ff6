"""Samples on the straight line between the latents of two samples.

The function whose first argument is `self` is a method of models that encode and decode.
"""

from typing import Any

import numpy as np

from kerasgen.errors import UsageError, check_whole


def interpolate(self: Any, start: np.ndarray, end: np.ndarray, steps: int = 8, labels: Any = None) -> np.ndarray:
    """Return images (N, steps, H, W, C) on the straight line between the latents of `start` and `end`.

    Args:
        self: the model.
        start: images (N, H, W, C).
        end: images (N, H, W, C).
        steps: number of images of each row, at least 2. The first and last are reconstructions of `start` and
            `end`.
        labels: classes (N,) of both, for a conditional model: there is no class between two classes.

    Raises:
        UsageError: fewer than 2 steps, or different numbers of images.
    """
    if len(start) != len(end):
        raise UsageError(f"start has {len(start)} images, end {len(end)}; give the same number of each")
    steps = check_whole("steps", steps, 2)
    weight = np.linspace(0.0, 1.0, steps, dtype="float32")[None, :, None]
    latents = (1 - weight) * self.encode(start, labels)[:, None] + weight * self.encode(end, labels)[:, None]
    labels = None if labels is None else np.repeat(labels, steps)
    images = self.decode(latents.reshape(-1, self.latent_dim), labels)
    return images.reshape(-1, steps, *self.sample_shape)
