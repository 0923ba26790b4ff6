"""Pairs of samples and noise for the training of a flow."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasgen.data.pixels import as_floats
from kerasgen.models.base.adversary import to_discriminator_range


def optimal_pairs(
    arrays: tuple[np.ndarray, ...],
    generator: np.random.Generator,
    source: Callable[[np.random.Generator, int], np.ndarray] | None = None,
) -> dict[str, Any]:
    """Return a batch whose noise is assigned to its samples with the smallest sum of squared distances.

    Args:
        arrays: `(samples,)`, (N, *sample_shape).
        generator: random generator of the batch.
        source: function from a generator and N to flat noise (N, D); by default standard normal noise.
    """
    (samples,) = arrays
    points = to_discriminator_range(as_floats(samples)).reshape(len(samples), -1)
    noise = generator.standard_normal(points.shape) if source is None else source(generator, len(points))
    noise = noise.astype("float32")
    # Imported here, because the import takes a quarter of a second and few models pair
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    _, order = linear_sum_assignment(cdist(points, noise, "sqeuclidean"))
    return {"images": samples, "noise": {"noise": noise[order].reshape(samples.shape)}}
