"""Discrete codes of MNIST: their use, the error of a VQ-VAE, and the images of a PixelCNN of the codes."""

from kerasgen.experiments import Experiment, Metric, measures

EXPERIMENTS = (
    Experiment(
        name="codes-vq-vae",
        summary="codes of a VQ-VAE, and images of a PixelCNN of them",
        table="codes of MNIST",
        recipe="vq-vae",
        measure=measures.codes_and_prior,
        metrics=(
            Metric(measures.CODES_USED, 1),
            Metric(measures.PIXEL_ERROR, 5),
            Metric(measures.PRIOR_FRECHET, 2),
        ),
        batch_size=128,
        epochs=10,
        baseline=measures.autoencoder_of_equal_width,
        source="autoencoder-conv of the same width, loss and training",
        label="vq-vae and pixelcnn of its codes",
        setup="64 codes, 7x7 of an image; batch 128; the PixelCNN has its defaults for codes: width 64, 16 epochs",
        minutes=25,
        quick={"epochs": 0, "steps": 10, "samples": 100, "test_images": 100},
    ),
)
