"""Measures of experiments: functions of a `Trial` with a trained model that return metric -> value.

Estimators are those of `kerasgen.metrics` and `kerasgen.evaluation`; a function here names the quantities and their
units. Nothing is imported before a function is called, because experiments are listed without a backend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.experiments.trial import Trial

_SHOWN = 10  # images in a row of a picture


def test_loss(trial: Trial) -> dict[str, float]:
    """Return the loss on the test images, in nats, with one latent vector for each image."""
    logs = trial.model.evaluate(_test_images(trial), batch_size=100, verbose=0, return_dict=True)
    return {"BCE + KL, nats, 1 sample": logs["loss"]}


def reconstruction_error(trial: Trial) -> dict[str, float]:
    """Return the mean squared error of reconstructed test images."""
    images = _test_images(trial)
    return {"mean squared error of a pixel": float(((trial.model.reconstruct(images) - images) ** 2).mean())}


def pca_error(trial: Trial) -> dict[str, str]:
    """Return the error of a principal component analysis with one component for each latent of the model."""
    from sklearn.decomposition import PCA

    from kerasgen.data.pixels import as_floats

    train, test = (as_floats(images).reshape(len(images), -1) for images in (trial.dataset.train[:], _test(trial)))
    pca = PCA(trial.model.latent_dim, svd_solver="covariance_eigh").fit(train)
    error = float(((pca.inverse_transform(pca.transform(test)) - test) ** 2).mean())
    return {"mean squared error of a pixel": f"{error:.5f}"}


_SIMILARITY = {"MSE": "mean squared error of a pixel", "PSNR": "PSNR, dB", "SSIM": "SSIM"}


def denoising(trial: Trial) -> dict[str, float]:
    """Return the similarity of denoised test images to the clean ones."""
    from kerasgen.metrics import similarity

    images = _test_images(trial)
    values = similarity(images, trial.model.denoise(trial.model.corrupt(images, trial.seed)))
    return {name: values[key] for key, name in _SIMILARITY.items()}


def without_denoising(trial: Trial) -> dict[str, str]:
    """Return the similarity of the noisy images, and of those images after a 3x3 median filter."""
    from scipy.ndimage import median_filter

    from kerasgen.metrics import similarity

    images = _test_images(trial)
    noisy = trial.model.corrupt(images, trial.seed)
    noise, median = (similarity(images, x) for x in (noisy, median_filter(noisy, size=(1, 3, 3, 1))))
    return {name: f"noisy {noise[key]:.4f}; median filter {median[key]:.4f}" for key, name in _SIMILARITY.items()}


STRENGTHS = (0.1, 0.3, 0.5)  # standard deviations of Gaussian noise
_WEIGHTS = {
    "total variation": (0.3, 0.5, 0.8, 1.2, 1.8),
    "non-local means": (0.4, 0.6, 0.8, 1.0, 1.3),
}  # times the noise
_TUNED_ON = 50  # training images


def denoising_at_strengths(trial: Trial) -> dict[str, float]:
    """Return the PSNR of denoised test images for each strength of the noise, in dB."""
    from kerasgen.metrics import similarity

    images, model = _test_images(trial), trial.model
    values = {}
    for strength in STRENGTHS:
        noisy = model.corrupt(images, trial.seed, strength)
        values[f"PSNR at noise {strength}, dB"] = similarity(images, model.denoise(noisy))["PSNR"]
    trial.draw(lambda: model.preview(images[:_SHOWN]))
    return values


def filters_at_strengths(trial: Trial) -> dict[str, str]:
    """Return the PSNR of the noisy images and of filters, each with the best of five weights on training images.

    Raises:
        MissingPackageError: scikit-image is not installed.
    """
    from kerasgen.data.pixels import as_floats
    from kerasgen.metrics import similarity

    images, train = _test_images(trial), as_floats(trial.dataset.train.first(_TUNED_ON))
    texts = {}
    for strength in STRENGTHS:
        noisy, to_tune = (trial.model.corrupt(x, trial.seed, strength) for x in (images, train))
        results = {"noisy": noisy, "median filter": _filter("median filter", noisy, 0)}
        for name, weights in _WEIGHTS.items():
            scores = {w: similarity(train, _filter(name, to_tune, w * strength))["PSNR"] for w in weights}
            results[name] = _filter(name, noisy, max(scores, key=lambda weight: scores[weight]) * strength)
        values = {name: similarity(images, result)["PSNR"] for name, result in results.items()}
        texts[f"PSNR at noise {strength}, dB"] = "; ".join(f"{name} {value:.2f}" for name, value in values.items())
    return texts


def _filter(name: str, images: np.ndarray, weight: float) -> np.ndarray:
    """Return images (N, H, W, 1) in [0, 1] after a filter of scikit-image: a 3x3 median, or one with a weight."""
    import numpy as np

    from kerasgen.errors import MissingPackageError

    try:
        from skimage.filters import median
        from skimage.restoration import denoise_nl_means, denoise_tv_chambolle
    except ImportError:
        raise MissingPackageError("the filters need scikit-image: pip install scikit-image") from None
    apply = {
        "median filter": lambda image: median(image, np.ones((3, 3))),
        "total variation": lambda image: denoise_tv_chambolle(image, weight),
        "non-local means": lambda image: denoise_nl_means(image, patch_size=5, patch_distance=6, h=weight),
    }[name]
    return np.stack([apply(image[..., 0]) for image in images])[..., None].clip(0, 1)


def log_likelihood(trial: Trial) -> dict[str, float]:
    """Return the mean log p(x) of binarized test images, by importance sampling; for a conditional model log p(x | y).

    The pixels of the test images are drawn once, with their grey value as probability of 1.
    """
    from kerasgen import evaluation, metrics

    latents, model = trial.experiment.samples, trial.model
    images = evaluation.binarize(_test_images(trial), seed=0)
    labels = trial.dataset.test.labels[: len(images)] if model.num_classes else None
    values = metrics.log_likelihood(model, images, latents, trial.seed, labels)
    return {f"log p(x), nats, k = {latents}": float(values.mean())}


def exact_log_likelihood(trial: Trial) -> dict[str, float]:
    """Return the mean of the exact log p(x) of test images, and the bits per dimension; binary pixels are drawn once.

    A picture has samples of the model.
    """
    import math

    from kerasgen import evaluation

    model, images = trial.model, _test_images(trial)
    labels = trial.dataset.test.labels[: len(images)] if model.num_classes else None
    if model.draws_pixels:
        images = evaluation.binarize(images, seed=0)
    value = float(model.log_likelihood(images, labels).mean())
    trial.draw(model.preview)
    return {
        "log p(x), nats, exact": value,
        "bits per dimension, exact": -value / (math.log(2) * math.prod(model.sample_shape)),
    }


def mode_coverage(trial: Trial) -> dict[str, float]:
    """Return the number of covered modes of the mixture, the share of good samples and the reverse KL divergence."""
    from kerasgen import metrics
    from kerasgen.data.sources.mixtures import MIXTURES

    samples = trial.generate(trial.experiment.samples)
    coverage = metrics.mode_coverage(samples, MIXTURES[trial.dataset.name])
    _draw_points(trial)
    high_quality = 100 * coverage.high_quality
    return {"modes": coverage.modes, "high quality, %": high_quality, "reverse KL, nats": coverage.reverse_kl}


def mixture_divergence(trial: Trial) -> dict[str, float]:
    """Return KL(mixture, model): the mean of log p - log q over points of the mixture that no training uses."""
    from kerasgen.data.sources.mixtures import MIXTURES

    mixture, count = MIXTURES[trial.dataset.name], trial.experiment.samples
    points, _ = mixture.sample(count, seed=2)  # 0 and 1 are the training and the test points
    _draw_points(trial)
    divergence = mixture.log_density(points) - trial.model.log_likelihood(points)
    return {f"KL(mixture, model), nats, {count:,} points": float(divergence.mean())}


DENSITY_ERROR = "log p, mean absolute error, nats"
_DENSITIES = 1000  # points whose densities are compared


def modes_and_density(trial: Trial) -> dict[str, float]:
    """Return the values of `mode_coverage`, and the mean of |log p - log q| over new points of the mixture."""
    import numpy as np

    from kerasgen.data.sources.mixtures import MIXTURES

    mixture = MIXTURES[trial.dataset.name]
    points, _ = mixture.sample(_DENSITIES, seed=2)  # 0 and 1 are the training and the test points
    error = np.abs(mixture.log_density(points) - trial.model.log_likelihood(points)).mean()
    return mode_coverage(trial) | {DENSITY_ERROR: float(error)}


def modes_of_the_mixture(trial: Trial) -> dict[str, str]:
    """Return the values of `mode_coverage` for the same number of points of the mixture itself."""
    from kerasgen import metrics
    from kerasgen.data.sources.mixtures import MIXTURES

    mixture = MIXTURES[trial.dataset.name]
    coverage = metrics.mode_coverage(mixture.sample(trial.experiment.samples, seed=2)[0], mixture)
    return {
        "modes": f"{coverage.modes}",
        "high quality, %": f"{100 * coverage.high_quality:.1f}",
        "reverse KL, nats": f"{coverage.reverse_kl:.3f}",
    }


def stacked_modes(trial: Trial) -> dict[str, float]:
    """Return the number of covered modes of Stacked MNIST, of 1,000, and the reverse KL divergence."""
    from kerasgen import evaluation

    scores = evaluation.score_samples(trial.generate(trial.experiment.samples), trial.dataset, ["modes"])
    values = {score.name: score.value for score in scores}
    return {"modes, of 1,000": values["modes"], "reverse KL, nats": values["reverse KL"]}


def classifier_frechet(trial: Trial) -> dict[str, float]:
    """Return the Frechet distance of samples to equally many test images, on the features of the set's classifier."""
    return {f"{trial.experiment.samples:,} samples": _frechet(trial, trial.generate(trial.experiment.samples))}


def frechet_of_training_images(trial: Trial) -> dict[str, str]:
    """Return the same distance of the same number of training images: the value of a perfect generator."""
    from kerasgen import evaluation

    count = trial.experiment.samples
    images = evaluation.draw_images([trial.dataset.train], count, seed=0)
    return {f"{count:,} samples": f"{_frechet(trial, images):.2f}"}


def frechet_of_reconstructions(trial: Trial) -> dict[str, str]:
    """Return the same distance of training images, and of their reconstructions: the best of any sampler of latents."""
    from kerasgen import evaluation
    from kerasgen.experiments.trial import as_saved

    count = trial.experiment.samples
    images = evaluation.draw_images([trial.dataset.train], count, seed=0)
    distances = _frechet(trial, images), _frechet(trial, as_saved(trial.model.reconstruct(images)))
    return {f"{count:,} samples": "{:.2f}; {:.2f} of reconstructions".format(*distances)}


def _frechet(trial: Trial, images: np.ndarray) -> float:
    from kerasgen import evaluation, metrics

    features = evaluation.classifier_of(trial.dataset)[0].features
    real = features(trial.dataset.test.first(trial.experiment.samples))
    return float(metrics.frechet_distance(real, features(images)))


CONFIDENT = "confident samples, %"
BALANCE = "class balance"


def confident_samples(trial: Trial) -> dict[str, float]:
    """Return the fraction of samples that are classified with confidence, and the balance of the classes.

    Class-conditional samples have the same number of each class. The balance is the total variation distance between
    the classes of samples and of test images, from 0 to 1.
    """
    import numpy as np

    model, count = trial.model, trial.experiment.samples
    labels = np.arange(count) % model.num_classes if getattr(model, "num_classes", 0) else None
    return _confidence(trial, trial.generate(count, labels))


def confident_samples_of_codes(trial: Trial) -> dict[str, float]:
    """Return the same values of images decoded from the codes of a PixelCNN that is trained on the model's codes."""
    return _confidence(trial, _images_of_a_prior(trial))


CODES_USED, PRIOR_FRECHET = "codes used for test images, %", "classifier Frechet distance, 10,000 samples of the prior"
PIXEL_ERROR = "mean squared error of a pixel"


def codes_and_prior(trial: Trial) -> dict[str, float]:
    """Return the share of the codes that test images use, their error, and the Frechet distance with a prior.

    The prior is a PixelCNN of the codes of the training images.
    """
    import numpy as np

    model, images = trial.model, _test_images(trial)
    used = np.unique(model.encode(images)).size / model.num_codes
    error = float(((model.reconstruct(images) - images) ** 2).mean())
    samples = _images_of_a_prior(trial)
    trial.draw(lambda: samples[: 4 * _SHOWN].reshape(4, _SHOWN, *samples.shape[1:]))
    return {CODES_USED: 100 * used, PIXEL_ERROR: error, PRIOR_FRECHET: _frechet(trial, samples)}


def autoencoder_of_equal_width(trial: Trial) -> dict[str, str]:
    """Return the error of a convolutional autoencoder of the same width, loss and training, without codes."""
    import keras

    from kerasgen import zoo

    options = {"width": trial.model.origin["options"]["width"], "loss": trial.model.reconstruction_loss}
    keras.utils.set_random_seed(trial.seed)
    model = zoo.get("autoencoder-conv").create(trial.dataset.sample_shape, **options)
    trial.fit(model, "autoencoder")
    images = _test_images(trial)
    return {PIXEL_ERROR: f"{float(((model.reconstruct(images) - images) ** 2).mean()):.5f}"}


def _images_of_a_prior(trial: Trial) -> np.ndarray:
    """Return images decoded from the codes of a PixelCNN that is trained on the model's codes, as they are saved."""
    import keras
    import numpy as np

    from kerasgen import zoo
    from kerasgen.data.dataset import ArraySource, Images
    from kerasgen.experiments.trial import as_saved

    model, train, count, recipe = trial.model, trial.dataset.train, trial.experiment.samples, zoo.get("pixelcnn")
    codes = Images(ArraySource(model.encode(train[:]).astype("int32")), labels=train.labels)
    keras.utils.set_random_seed(trial.seed)
    prior = recipe.create(codes[:1].shape[1:], levels=model.num_codes)
    batches = codes.batches(recipe.batch_size, shuffle=True, seed=trial.seed, labels=False)
    epochs = recipe.epochs if trial.experiment.epochs else 1  # of a quick version
    prior.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=trial.callbacks("prior"))
    return as_saved(np.asarray(model.decode(prior.generate(count, seed=trial.seed))))


def confident_test_images(trial: Trial) -> dict[str, str]:
    """Return the fraction of real test images that are classified with confidence."""
    from kerasgen import evaluation

    scores = evaluation.score_samples(_test_images(trial), trial.dataset, ["classifier"])
    return {CONFIDENT: f"{100 * {score.name: score.value for score in scores}['confident samples']:.1f}"}


def _confidence(trial: Trial, images: np.ndarray) -> dict[str, float]:
    from kerasgen import evaluation

    scores = evaluation.score_samples(images, trial.dataset, ["classifier"])
    values = {score.name: score.value for score in scores}
    trial.draw(lambda: images[: 4 * _SHOWN].reshape(4, _SHOWN, *images.shape[1:]))
    return {CONFIDENT: 100 * values["confident samples"], BALANCE: values["class balance"]}


def label_accuracy(trial: Trial) -> dict[str, float]:
    """Return the fraction of class-conditional samples that are classified as their label, the mean over classes."""
    import numpy as np

    from kerasgen import evaluation

    classes = trial.dataset.num_classes
    labels = np.repeat(np.arange(classes), trial.experiment.samples // classes)
    images = trial.generate(len(labels), labels)
    is_right = evaluation.classifier_of(trial.dataset)[0].labels(images) == labels
    trial.draw(lambda: images.reshape(classes, -1, *images.shape[1:])[:, :_SHOWN])
    return {"read right, %": 100 * float(np.mean([is_right[labels == label].mean() for label in range(classes)]))}


def label_accuracy_of_test_images(trial: Trial) -> dict[str, str]:
    """Return the classifier's accuracy on the real test images."""
    from kerasgen import evaluation

    return {"read right, %": f"{100 * evaluation.classifier_of(trial.dataset)[1]:.2f}"}


def outlines(trial: Trial) -> dict[str, float]:
    """Return the errors to the nearest correct translation, of the model and of L1 alone, and their ratio."""
    import numpy as np

    from kerasgen.data.sources import drawn_digits

    source, target = _sides(trial)
    models = (trial.model, trial.train("L1 alone", adversarial_weight=0.0))
    images = [model.translate(source, seed=0) for model in models]
    answers = drawn_digits.right_answers(trial.dataset.name, trial.experiment.image_size, trial.model.directions[0])
    error, of_l1 = (float(drawn_digits.nearest_errors(each, answers).mean()) for each in images)
    trial.draw(lambda: np.stack([each[:_SHOWN] for each in (source, images[1], images[0], target)]))
    return {
        "mean absolute error to the nearest right answer": error,
        "the same, trained with L1 alone": of_l1,
        "ratio to L1 alone": error / of_l1,
    }


def ink_and_chalk(trial: Trial) -> dict[str, float]:
    """Return the errors to the correct translations relative to the domains' distance, and the cycle errors."""
    import numpy as np

    from kerasgen.data.pixels import as_floats
    from kerasgen.data.sources import drawn_digits

    values, rows, test = {}, [], trial.dataset.test
    for direction, images in (("AtoB", test.a[:]), ("BtoA", test.b[:])):
        answers = drawn_digits.right_answers(trial.dataset.name, trial.experiment.image_size, direction)
        translated = trial.model.translate(images, direction)
        error, distance = (float(drawn_digits.nearest_errors(x, answers).mean()) for x in (translated, images))
        values[f"error {direction}, share of the distance between the domains"] = error / distance
        rows += [as_floats(images)[:_SHOWN], translated[:_SHOWN], as_floats(answers[:_SHOWN, 0])]
    trial.draw(lambda: np.stack(rows))
    return values | _cycle_errors(trial)


def translated_pairs(trial: Trial) -> dict[str, float]:
    """Return L1, PSNR and SSIM of translated test images, means over the pairs."""
    import numpy as np

    from kerasgen.metrics import similarity

    source, target = _sides(trial)
    translated = trial.model.translate(source, seed=0)
    values = similarity(target, translated)
    trial.draw(lambda: np.stack([images[:_SHOWN] for images in (source, translated, target)]))
    return {"L1": float(np.abs(target - translated).mean()), "PSNR, dB": values["PSNR"], "SSIM": values["SSIM"]}


def translated_domains(trial: Trial) -> dict[str, float]:
    """Return the errors of test images that were translated into the other domain and back."""
    trial.draw(lambda: trial.model.preview(trial.dataset.test.first(8)))
    return _cycle_errors(trial)


def throughput(trial: Trial) -> dict[str, float]:
    """Return the number of examples that a recipe trains on in a second, with its default options."""
    from kerasgen.runs.throughput import images_per_second

    return {"images/s": images_per_second(trial.experiment.recipe)}


def _cycle_errors(trial: Trial) -> dict[str, float]:
    import numpy as np

    from kerasgen.data.pixels import as_floats

    values, test = {}, trial.dataset.test
    for name, images, there, back in (("A-B-A", test.a, "AtoB", "BtoA"), ("B-A-B", test.b, "BtoA", "AtoB")):
        start = as_floats(images[:])
        end = trial.model.translate(trial.model.translate(start, there), back)
        values[f"mean absolute error of the cycle {name}"] = float(np.abs(end - start).mean())
    return values


def _sides(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images to translate and their partners, in the direction of a model of pairs."""
    from kerasgen.data.pixels import as_floats

    a, b = map(as_floats, trial.dataset.test[:])
    return (a, b) if trial.model.directions[0] == "AtoB" else (b, a)


def _test(trial: Trial) -> np.ndarray:
    return trial.dataset.test[: trial.experiment.test_images]


def _test_images(trial: Trial) -> np.ndarray:
    """Return the test images that are used, float32 in [0, 1]."""
    from kerasgen.data.pixels import as_floats

    return as_floats(_test(trial))


def _draw_points(trial: Trial) -> None:
    if trial.folder is not None:
        from kerasgen.plots import point_clouds

        experiment, path = trial.experiment, trial.folder.parent / f"{trial.folder.name}.png"
        test = trial.dataset.test.first(point_clouds.POINTS)
        title = f"{experiment.name}, {experiment.length}"
        point_clouds.save_preview(path, trial.model, test, seed=trial.seed, title=title)
