"""Figures of merit; each states its estimator."""

from kerasgen.metrics.classifier import Features, predict_labels, train_classifier
from kerasgen.metrics.distances import frechet_distance, kernel_distance
from kerasgen.metrics.likelihood import active_units, log_likelihood, posterior
from kerasgen.metrics.mode_coverage import ModeCoverage, class_coverage, mode_coverage
from kerasgen.metrics.neighbors import Closeness, Overlap, closeness, nearest, overlap
from kerasgen.metrics.similarity import similarity

__all__ = [
    "Closeness",
    "Features",
    "ModeCoverage",
    "Overlap",
    "active_units",
    "class_coverage",
    "closeness",
    "frechet_distance",
    "kernel_distance",
    "log_likelihood",
    "mode_coverage",
    "nearest",
    "overlap",
    "posterior",
    "predict_labels",
    "similarity",
    "train_classifier",
]
