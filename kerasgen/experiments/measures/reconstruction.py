"""Errors of reconstructed and denoised test images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasgen.experiments.measures.common import SHOWN, test_images, test_part

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.experiments.trial import Trial

_SIMILARITY = {"MSE": "mean squared error of a pixel", "PSNR": "PSNR, dB", "SSIM": "SSIM"}
STRENGTHS = (0.1, 0.3, 0.5)  # standard deviations of Gaussian noise
_WEIGHTS = {
    "total variation": (0.3, 0.5, 0.8, 1.2, 1.8),
    "non-local means": (0.4, 0.6, 0.8, 1.0, 1.3),
}  # times the noise
_TUNED_ON = 50  # training images


def reconstruction_error(trial: Trial) -> dict[str, float]:
    """Return the mean squared error of reconstructed test images."""
    images = test_images(trial)
    return {"mean squared error of a pixel": float(((trial.model.reconstruct(images) - images) ** 2).mean())}


def pca_error(trial: Trial) -> dict[str, str]:
    """Return the error of a principal component analysis with one component for each latent of the model."""
    from sklearn.decomposition import PCA

    from kerasgen.data.pixels import as_floats

    train, test = (as_floats(images).reshape(len(images), -1) for images in (trial.dataset.train[:], test_part(trial)))
    pca = PCA(trial.model.latent_dim, svd_solver="covariance_eigh").fit(train)
    error = float(((pca.inverse_transform(pca.transform(test)) - test) ** 2).mean())
    return {"mean squared error of a pixel": f"{error:.5f}"}


def denoising(trial: Trial) -> dict[str, float]:
    """Return the similarity of denoised test images to the clean ones."""
    from kerasgen.metrics import similarity

    images = test_images(trial)
    values = similarity(images, trial.model.denoise(trial.model.corrupt(images, trial.seed)))
    return {name: values[key] for key, name in _SIMILARITY.items()}


def without_denoising(trial: Trial) -> dict[str, str]:
    """Return the similarity of the noisy images, and of those images after a 3x3 median filter."""
    from scipy.ndimage import median_filter

    from kerasgen.metrics import similarity

    images = test_images(trial)
    noisy = trial.model.corrupt(images, trial.seed)
    noise, median = (similarity(images, x) for x in (noisy, median_filter(noisy, size=(1, 3, 3, 1))))
    return {name: f"noisy {noise[key]:.4f}; median filter {median[key]:.4f}" for key, name in _SIMILARITY.items()}


def denoising_at_strengths(trial: Trial) -> dict[str, float]:
    """Return the PSNR of denoised test images for each strength of the noise, in dB."""
    from kerasgen.metrics import similarity

    images, model = test_images(trial), trial.model
    values = {}
    for strength in STRENGTHS:
        noisy = model.corrupt(images, trial.seed, strength)
        values[f"PSNR at noise {strength}, dB"] = similarity(images, model.denoise(noisy))["PSNR"]
    trial.draw(lambda: model.preview(images[:SHOWN]))
    return values


def filters_at_strengths(trial: Trial) -> dict[str, str]:
    """Return the PSNR of the noisy images and of filters, each with the best of five weights on training images.

    Raises:
        MissingPackageError: scikit-image is not installed.
    """
    from kerasgen.data.pixels import as_floats
    from kerasgen.metrics import similarity

    images, train = test_images(trial), as_floats(trial.dataset.train.first(_TUNED_ON))
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
