"""Discrete codes, and images of a prior of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasgen.experiments.measures.classifier import confidence, frechet
from kerasgen.experiments.measures.common import SHOWN, test_images

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.experiments.trial import Trial

CODES_USED, PRIOR_FRECHET = "codes used for test images, %", "classifier Frechet distance, 10,000 samples of the prior"
PIXEL_ERROR = "mean squared error of a pixel"


def confident_samples_of_codes(trial: Trial) -> dict[str, float]:
    """Return the same values of images decoded from the codes of a PixelCNN that is trained on the model's codes."""
    return confidence(trial, _images_of_a_prior(trial))


def codes_and_prior(trial: Trial) -> dict[str, float]:
    """Return the share of the codes that test images use, their error, and the Frechet distance with a prior.

    The prior is a PixelCNN of the codes of the training images.
    """
    import numpy as np

    model, images = trial.model, test_images(trial)
    used = np.unique(model.encode(images)).size / model.num_codes
    error = float(((model.reconstruct(images) - images) ** 2).mean())
    samples = _images_of_a_prior(trial)
    trial.draw(lambda: samples[: 4 * SHOWN].reshape(4, SHOWN, *samples.shape[1:]))
    return {CODES_USED: 100 * used, PIXEL_ERROR: error, PRIOR_FRECHET: frechet(trial, samples)}


def autoencoder_of_equal_width(trial: Trial) -> dict[str, str]:
    """Return the error of a convolutional autoencoder of the same width, loss and training, without codes."""
    import keras

    from kerasgen import zoo

    options = {"width": trial.model.origin["options"]["width"], "loss": trial.model.reconstruction_loss}
    keras.utils.set_random_seed(trial.seed)
    model = zoo.get("autoencoder-conv").create(trial.dataset.sample_shape, **options)
    trial.fit(model, "autoencoder")
    images = test_images(trial)
    return {PIXEL_ERROR: f"{float(((model.reconstruct(images) - images) ** 2).mean()):.5f}"}


def _images_of_a_prior(trial: Trial) -> np.ndarray:
    """Return images decoded from the codes of a PixelCNN that is trained on the model's codes, as they are saved."""
    import keras
    import numpy as np

    from kerasgen import zoo
    from kerasgen.data.array_source import ArraySource
    from kerasgen.data.dataset import Images
    from kerasgen.experiments.trial import as_saved

    model, train, count, recipe = trial.model, trial.dataset.train, trial.experiment.samples, zoo.get("pixelcnn")
    codes = Images(ArraySource(model.encode(train[:]).astype("int32")), labels=train.labels)
    keras.utils.set_random_seed(trial.seed)
    options = dict(recipe.codes)
    length, batch_size = options.pop("epochs"), options.pop("batch_size")
    prior = recipe.create(codes[:1].shape[1:], levels=model.num_codes, **options)
    batches = codes.batches(batch_size, shuffle=True, seed=trial.seed, labels=False)
    epochs = length if trial.experiment.epochs else 1  # of a quick version
    prior.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=trial.callbacks("prior"))
    return as_saved(np.asarray(model.decode(prior.generate(count, seed=trial.seed))))
