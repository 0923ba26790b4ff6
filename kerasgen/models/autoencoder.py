"""Autoencoders: plain (Hinton and Salakhutdinov 2006) and denoising (Vincent et al. 2010)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.layers import CORRUPTIONS
from kerasgen.losses import LOSSES_OF_LOGITS, RECONSTRUCTION_LOSSES, squared_error
from kerasgen.models.base.encoder_decoder import EncoderDecoder
from kerasgen.models.base.noise import Batch, Noise, Normal
from kerasgen.models.base.preview import denoising_preview


@keras.saving.register_keras_serializable("kerasgen")
class Autoencoder(EncoderDecoder):
    """Autoencoder trained to reconstruct its input, for compression and feature learning.

    Logs `loss`, the reconstruction loss in the unit below, and `mean_squared_error`, the mean over the pixels. The
    latter can be compared between models with different losses.

    Args:
        encoder: `keras.Model` from images (N, H, W, C) to latents (N, latent_dim).
        decoder: `keras.Model` from latents (N, latent_dim) to raw outputs (N, H, W, C): logits for the
            cross-entropy, values for the squared error.
        reconstruction_loss: `"binary_crossentropy"`, in nats per image, for images in [0, 1] with grey values as
            probabilities; `"mean_squared_error"`, the mean over the pixels, also for points of any range.
        **kwargs: arguments of `EncoderDecoder`.

    Raises:
        UsageError: an unknown loss, or networks that do not fit each other.

    Example:
        ```python
        model = kerasgen.create("autoencoder", latent_dim=16)
        model.fit(images, batch_size=100, epochs=30)
        features = model.encode(images)
        ```
    """

    traceable = True

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        reconstruction_loss: str = "binary_crossentropy",
        **kwargs: Any,
    ):
        super().__init__(encoder, decoder, **kwargs)
        if reconstruction_loss not in RECONSTRUCTION_LOSSES:
            raise unknown("reconstruction loss", reconstruction_loss, RECONSTRUCTION_LOSSES)
        self.reconstruction_loss = reconstruction_loss
        self.bounds = self.valid_bounds(RECONSTRUCTION_LOSSES[reconstruction_loss].bounds)

    def outputs_to_images(self, outputs: Any) -> Any:
        """Return the images that correspond to the decoder's raw outputs."""
        return RECONSTRUCTION_LOSSES[self.reconstruction_loss].mean(outputs)

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)` of a batch; see `GenerativeModel.compute_losses`."""
        loss = RECONSTRUCTION_LOSSES[self.reconstruction_loss]
        return _reconstruction_losses(self, loss, batch.images, batch.images, training)


@keras.saving.register_keras_serializable("kerasgen")
class DenoisingAutoencoder(EncoderDecoder):
    """Autoencoder trained to reconstruct clean images from corrupted ones.

    Images are in [0, 1], and the decoder returns logits for every loss.

    Args:
        encoder: see `Autoencoder`.
        decoder: `keras.Model` from latents (N, latent_dim) to logits (N, H, W, C).
        reconstruction_loss: `"mean_squared_error"`, the mean over the pixels, or `"binary_crossentropy"`.
        corruption: `"gaussian"` adds noise of standard deviation `noise_factor`; `"masking"` sets a fraction
            `noise_factor` of the values to 0; `"salt_and_pepper"` sets this fraction to 0 or 1 (section 3.3 of the
            paper). The result is clipped to [0, 1].
        noise_factor: strength of the corruption.
        **kwargs: arguments of `EncoderDecoder`.

    Raises:
        UsageError: an unknown loss or corruption, a negative factor, a fraction above 1, or networks that do not fit
            each other.

    Example:
        ```python
        model = kerasgen.create("denoising-autoencoder", noise="masking")
        model.fit(images, epochs=10)
        clean = model.denoise(model.corrupt(images[:8], seed=0))
        ```
    """

    traceable = True

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        reconstruction_loss: str = "mean_squared_error",
        corruption: str = "gaussian",
        noise_factor: float = 0.3,
        **kwargs: Any,
    ):
        super().__init__(encoder, decoder, **kwargs)
        if reconstruction_loss not in LOSSES_OF_LOGITS:
            raise unknown("reconstruction loss", reconstruction_loss, LOSSES_OF_LOGITS)
        if corruption not in CORRUPTIONS:
            raise unknown("corruption", corruption, CORRUPTIONS)
        if noise_factor < 0:
            raise UsageError(f"noise_factor is {noise_factor}; it must be 0 or more")
        if corruption != "gaussian" and noise_factor > 1:
            raise UsageError(
                f"noise_factor is {noise_factor}; for {corruption} it is a fraction of the values, at most 1"
            )
        self.reconstruction_loss, self.corruption, self.noise_factor = reconstruction_loss, corruption, noise_factor

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of the corruption."""
        return {"corruption": Normal(*self.sample_shape)}

    def corrupted(self, images: Any, noise: Any, factor: float | None = None) -> Any:
        """Return images (N, H, W, C) in [0, 1] corrupted by standard normal noise of their shape, as tensors.

        Args:
            images: tensor (N, H, W, C).
            noise: tensor of the same shape.
            factor: strength of the corruption; `noise_factor` by default.
        """
        factor = self.noise_factor if factor is None else factor
        return ops.clip(CORRUPTIONS[self.corruption](images, noise, factor), 0.0, 1.0)

    def outputs_to_images(self, outputs: Any) -> Any:
        """Return the images of the decoder's logits."""
        return LOSSES_OF_LOGITS[self.reconstruction_loss].mean(outputs)

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)` of a batch; see `GenerativeModel.compute_losses`."""
        loss = LOSSES_OF_LOGITS[self.reconstruction_loss]
        inputs = self.corrupted(batch.images, noise["corruption"])
        return _reconstruction_losses(self, loss, inputs, batch.images, training)

    def corrupt(self, images: np.ndarray, seed: int | None = None, strength: float = 1.0) -> np.ndarray:
        """Return images (N, H, W, C) corrupted as in training; a seed gives the same result on every backend.

        Args:
            images: clean images (N, H, W, C).
            seed: seed of the noise.
            strength: strength of the corruption relative to `noise_factor`; a fraction of values is at most 1.
        """
        images = self.images_to_show(images)
        noise = self.draw_latents(len(images), self.sample_shape, seed)
        factor = strength * self.noise_factor
        factor = factor if self.corruption == "gaussian" else min(factor, 1.0)
        return ops.convert_to_numpy(self.corrupted(ops.convert_to_tensor(images), ops.convert_to_tensor(noise), factor))

    def denoise(self, images: np.ndarray) -> np.ndarray:
        """Return the clean images that the model predicts for noisy ones, (N, H, W, C)."""
        return self.reconstruct(images)

    preview = denoising_preview


def _reconstruction_losses(model, loss, inputs, targets, training):
    """Return `(loss, metrics)` of the reconstructions of `inputs` compared with `targets`, both (N, H, W, C)."""
    latents = backend.run(model.encoder, inputs, training)
    outputs = ops.cast(backend.run(model.decoder, latents, training), "float32")
    error = ops.mean(squared_error(targets, model.outputs_to_images(outputs)))
    return ops.mean(loss.reconstruction_error(targets, outputs)), {"mean_squared_error": error}
