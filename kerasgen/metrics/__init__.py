"""Figures of merit; each states its estimator."""

from kerasgen.metrics.classifier import Features, predict_labels, train_classifier
from kerasgen.metrics.distances import frechet_distance, kernel_distance
from kerasgen.metrics.likelihood import active_units, log_likelihood
from kerasgen.metrics.mode_coverage import ModeCoverage, mode_coverage
from kerasgen.metrics.neighbors import Overlap, nearest, overlap
from kerasgen.metrics.similarity import similarity

__all__ = [
    "Features",
    "ModeCoverage",
    "Overlap",
    "active_units",
    "frechet_distance",
    "kernel_distance",
    "log_likelihood",
    "mode_coverage",
    "nearest",
    "overlap",
    "predict_labels",
    "similarity",
    "train_classifier",
]
