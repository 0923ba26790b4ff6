"""Pairs of samples and noise for the training of a flow."""

from typing import Any

import numpy as np

from kerasgen.data.pixels import as_floats
from kerasgen.models.base.adversary import to_discriminator_range


def optimal_pairs(arrays: tuple[np.ndarray, ...], generator: np.random.Generator) -> dict[str, Any]:
    """Return a batch whose noise is assigned to its samples with the smallest sum of squared distances.

    Args:
        arrays: `(samples,)`, (N, *sample_shape).
        generator: random generator of the batch.
    """
    (samples,) = arrays
    points = to_discriminator_range(as_floats(samples)).reshape(len(samples), -1)
    noise = generator.standard_normal(points.shape).astype("float32")
    # Imported here, because the import takes a quarter of a second and few models pair
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    _, order = linear_sum_assignment(cdist(points, noise, "sqeuclidean"))
    return {"images": samples, "noise": {"noise": noise[order].reshape(samples.shape)}}
