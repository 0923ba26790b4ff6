"""Losses and log-likelihoods of test images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasgen.experiments.measures.common import test_images

if TYPE_CHECKING:
    from kerasgen.experiments.trial import Trial


def test_loss(trial: Trial) -> dict[str, float]:
    """Return the loss on the test images, in nats, with one latent vector for each image."""
    logs = trial.model.evaluate(test_images(trial), batch_size=100, verbose=0, return_dict=True)
    return {"BCE + KL, nats, 1 sample": logs["loss"]}


def log_likelihood(trial: Trial) -> dict[str, float]:
    """Return the mean log p(x) of binarized test images, by importance sampling; for a conditional model log p(x | y).

    The pixels of the test images are drawn once, with their grey value as probability of 1.
    """
    from kerasgen import evaluation, metrics

    latents, model = trial.experiment.samples, trial.model
    images = evaluation.binarize(test_images(trial), seed=0)
    labels = trial.dataset.test.labels[: len(images)] if model.num_classes else None
    values = metrics.log_likelihood(model, images, latents, trial.seed, labels)
    return {f"log p(x), nats, k = {latents}": float(values.mean())}


def exact_log_likelihood(trial: Trial) -> dict[str, float]:
    """Return the mean of the exact log p(x) of test images, and the bits per dimension; binary pixels are drawn once.

    A picture has samples of the model.
    """
    import math

    from kerasgen import evaluation

    model, images = trial.model, test_images(trial)
    labels = trial.dataset.test.labels[: len(images)] if model.num_classes else None
    if model.draws_pixels:
        images = evaluation.binarize(images, seed=0)
    value = float(model.log_likelihood(images, labels).mean())
    trial.draw(model.preview)
    return {
        "log p(x), nats, exact": value,
        "bits per dimension, exact": -value / (math.log(2) * math.prod(model.sample_shape)),
    }
