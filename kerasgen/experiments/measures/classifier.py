"""Distances, confidence and labels of samples by the classifier of a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasgen.experiments.measures.common import SHOWN, test_images

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.experiments.trial import Trial

CONFIDENT = "confident samples, %"
BALANCE = "class balance"


def classifier_frechet(trial: Trial) -> dict[str, float]:
    """Return the Frechet distance of samples to equally many test images, on the features of the set's classifier."""
    return {f"{trial.experiment.samples:,} samples": frechet(trial, trial.generate(trial.experiment.samples))}


def frechet_of_training_images(trial: Trial) -> dict[str, str]:
    """Return the same distance of the same number of training images: the value of a perfect generator."""
    from kerasgen import evaluation

    count = trial.experiment.samples
    images = evaluation.draw_images([trial.dataset.train], count, seed=0)
    return {f"{count:,} samples": f"{frechet(trial, images):.2f}"}


def frechet_of_reconstructions(trial: Trial) -> dict[str, str]:
    """Return the same distance of training images, and of their reconstructions: the best of any sampler of latents."""
    from kerasgen import evaluation
    from kerasgen.experiments.trial import as_saved

    count = trial.experiment.samples
    images = evaluation.draw_images([trial.dataset.train], count, seed=0)
    distances = frechet(trial, images), frechet(trial, as_saved(trial.model.reconstruct(images)))
    return {f"{count:,} samples": "{:.2f}; {:.2f} of reconstructions".format(*distances)}


def frechet(trial: Trial, images: np.ndarray) -> float:
    """Return the Frechet distance of images (N, H, W, C) to as many test images as the experiment has samples."""
    from kerasgen import evaluation, metrics

    features = evaluation.classifier_of(trial.dataset)[0].features
    real = features(trial.dataset.test.first(trial.experiment.samples))
    return float(metrics.frechet_distance(real, features(images)))


def confident_samples(trial: Trial) -> dict[str, float]:
    """Return the fraction of samples that are classified with confidence, and the balance of the classes.

    Class-conditional samples have the same number of each class. The balance is the total variation distance between
    the classes of samples and of test images, from 0 to 1.
    """
    import numpy as np

    model, count = trial.model, trial.experiment.samples
    labels = np.arange(count) % model.num_classes if getattr(model, "num_classes", 0) else None
    return confidence(trial, trial.generate(count, labels))


def confident_test_images(trial: Trial) -> dict[str, str]:
    """Return the fraction of real test images that are classified with confidence."""
    from kerasgen import evaluation

    scores = evaluation.score_samples(test_images(trial), trial.dataset, ["classifier"])
    return {CONFIDENT: f"{100 * {score.name: score.value for score in scores}['confident samples']:.1f}"}


def confidence(trial: Trial, images: np.ndarray) -> dict[str, float]:
    """Return the share of confident images (N, H, W, C) and the balance of their classes, and draw the first ones."""
    from kerasgen import evaluation

    scores = evaluation.score_samples(images, trial.dataset, ["classifier"])
    values = {score.name: score.value for score in scores}
    trial.draw(lambda: images[: 4 * SHOWN].reshape(4, SHOWN, *images.shape[1:]))
    return {CONFIDENT: 100 * values["confident samples"], BALANCE: values["class balance"]}


def label_accuracy(trial: Trial) -> dict[str, float]:
    """Return the fraction of class-conditional samples that are classified as their label, the mean over classes."""
    import numpy as np

    from kerasgen import evaluation

    classes = trial.dataset.num_classes
    labels = np.repeat(np.arange(classes), trial.experiment.samples // classes)
    images = trial.generate(len(labels), labels)
    is_right = evaluation.classifier_of(trial.dataset)[0].labels(images) == labels
    trial.draw(lambda: images.reshape(classes, -1, *images.shape[1:])[:, :SHOWN])
    return {
        "classified correctly, %": 100 * float(np.mean([is_right[labels == label].mean() for label in range(classes)]))
    }


def label_accuracy_of_test_images(trial: Trial) -> dict[str, str]:
    """Return the classifier's accuracy on the real test images."""
    from kerasgen import evaluation

    return {"classified correctly, %": f"{100 * evaluation.classifier_of(trial.dataset)[1]:.2f}"}
