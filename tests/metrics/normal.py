"""Normal samples for the tests of metrics."""

import numpy as np


def normal(n, width, seed=0, scale=1.0, shift=0.0):
    """Return normal samples (n, width)."""
    return scale * np.random.default_rng(seed).standard_normal((n, width)) + shift
