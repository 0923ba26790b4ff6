"""Metrics of generated samples: functions of NumPy arrays that return numbers. Each names its estimator.

No metric depends on the backend of Keras.
"""

from kerasgen.metrics.distances import frechet_distance, kernel_distance, squared_wasserstein_distance
from kerasgen.metrics.likelihood import active_units, kl_to_standard_normal, log_likelihood
from kerasgen.metrics.mode_coverage import ModeCoverage, class_coverage, mode_coverage
from kerasgen.metrics.neighbors import Closeness, Overlap, closeness, nearest, overlap
from kerasgen.metrics.similarity import similarity

__all__ = [
    "Closeness",
    "ModeCoverage",
    "Overlap",
    "active_units",
    "class_coverage",
    "closeness",
    "frechet_distance",
    "kernel_distance",
    "kl_to_standard_normal",
    "log_likelihood",
    "mode_coverage",
    "nearest",
    "overlap",
    "similarity",
    "squared_wasserstein_distance",
]
