"""Measurements of experiments: functions of a `Trial` with a trained model that return metric -> value.

Estimators are those of `kerasgen.metrics` and `kerasgen.evaluation`; a function here names the quantities and their
units. Backends are imported only when a function is called, because experiments are listed without one.
"""

from kerasgen.experiments.measures.classifier import (
    BALANCE,
    CONFIDENT,
    classifier_frechet,
    confident_samples,
    confident_test_images,
    frechet_of_reconstructions,
    frechet_of_training_images,
    label_accuracy,
    label_accuracy_of_test_images,
)
from kerasgen.experiments.measures.codes import (
    CODES_USED,
    PIXEL_ERROR,
    PRIOR_FRECHET,
    autoencoder_of_equal_width,
    codes_and_prior,
    confident_samples_of_codes,
)
from kerasgen.experiments.measures.likelihood import exact_log_likelihood, log_likelihood, test_loss
from kerasgen.experiments.measures.modes import (
    DENSITY_ERROR,
    mixture_divergence,
    mode_coverage,
    modes_and_density,
    modes_of_the_mixture,
    stacked_modes,
)
from kerasgen.experiments.measures.reconstruction import (
    STRENGTHS,
    denoising,
    denoising_at_strengths,
    filters_at_strengths,
    pca_error,
    reconstruction_error,
    without_denoising,
)
from kerasgen.experiments.measures.speed import throughput
from kerasgen.experiments.measures.translation import ink_and_chalk, outlines, translated_domains, translated_pairs
from kerasgen.experiments.measures.transport import ADAPTIVE, ONE_STEP, distance_of_moons, moons_from_gaussians

__all__ = [
    "ADAPTIVE",
    "BALANCE",
    "CODES_USED",
    "CONFIDENT",
    "DENSITY_ERROR",
    "ONE_STEP",
    "PIXEL_ERROR",
    "PRIOR_FRECHET",
    "STRENGTHS",
    "autoencoder_of_equal_width",
    "classifier_frechet",
    "codes_and_prior",
    "confident_samples",
    "confident_samples_of_codes",
    "confident_test_images",
    "denoising",
    "denoising_at_strengths",
    "distance_of_moons",
    "exact_log_likelihood",
    "filters_at_strengths",
    "frechet_of_reconstructions",
    "frechet_of_training_images",
    "ink_and_chalk",
    "label_accuracy",
    "label_accuracy_of_test_images",
    "log_likelihood",
    "mixture_divergence",
    "mode_coverage",
    "modes_and_density",
    "modes_of_the_mixture",
    "moons_from_gaussians",
    "outlines",
    "pca_error",
    "reconstruction_error",
    "stacked_modes",
    "test_loss",
    "throughput",
    "translated_domains",
    "translated_pairs",
    "without_denoising",
]
