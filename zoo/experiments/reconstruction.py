"""Autoencoders compared with PCA, and denoisers compared with filters, on MNIST."""

from kerasgen.experiments import Experiment, Metric, measures


def _of_latents(latent_dim: int) -> Experiment:
    return Experiment(
        name=f"autoencoder-pca-{latent_dim}",
        summary=f"reconstruction with {latent_dim} latents and PCA",
        table="reconstruction",
        recipe="autoencoder",
        measure=measures.reconstruction_error,
        metrics=(Metric("mean squared error of a pixel", 5, error_digits=6),),
        options={"latent_dim": latent_dim, "loss": "mean_squared_error"},
        label=f"autoencoder latent_dim={latent_dim}",
        epochs=10,
        baseline=measures.pca_error,
        source=f"scikit-learn PCA, {latent_dim} components",
        setup="loss mean_squared_error, batch 100, Adam 1e-3",
        minutes=3,
        quick={"epochs": 1},
    )


# The hand-written loop of this reference is in the history of the repository; its command was not recorded.
_BY_HAND = "0.0265 (hand-written PyTorch loop; command, seed and rate not recorded)"

DENOISING = Experiment(
    name="denoising",
    summary="denoising and a median filter",
    table="denoising, noise 0.3",
    recipe="denoising-autoencoder",
    measure=measures.denoising,
    metrics=(
        Metric("mean squared error of a pixel", 5, _BY_HAND, error_digits=6),
        Metric("PSNR, dB", 2, error_digits=3),
        Metric("SSIM", 4, error_digits=5),
    ),
    options={"latent_dim": 4, "optimizer": "adam"},
    backend="tensorflow",
    epochs=30,
    baseline=measures.without_denoising,
    source="scipy.ndimage.median_filter, 3x3, of the same noisy images",
    setup="batch 100, Adam 3e-3, a rate that was chosen on the test images",
    minutes=18,
    quick={"epochs": 1},
)

DENOISING_UNET = Experiment(
    name="denoising-unet",
    summary="denoising and three filters, at three strengths of the noise",
    table="denoising, noise of several strengths",
    recipe="denoising-unet",
    measure=measures.denoising_at_strengths,
    metrics=tuple(Metric(f"PSNR at noise {strength}, dB", 2, error_digits=3) for strength in measures.STRENGTHS),
    options={"width": 16, "levels": 3, "minimum_noise": 0.05, "maximum_noise": 0.6},
    label="denoising-unet",
    dataset="mnist-10k",
    batch_size=32,
    epochs=2,
    test_images=500,
    backend="tensorflow",
    baseline=measures.filters_at_strengths,
    source="scikit-image: median 3x3, denoise_tv_chambolle, denoise_nl_means of the same noisy images, with weights "
    "chosen on training images",
    setup="batch 32, Adam 1e-3, width 16, one network for noise from 0.05 to 0.6; 500 test images",
    minutes=2,
    quick={"epochs": 1, "test_images": 100},
)

EXPERIMENTS = (*map(_of_latents, (2, 8, 32)), DENOISING, DENOISING_UNET)
