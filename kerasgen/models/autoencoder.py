"""Autoencoders: plain (Hinton and Salakhutdinov 2006) and denoising (Vincent et al. 2010)."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.layers import CORRUPTIONS
from kerasgen.losses import LOSSES_OF_LOGITS, RECONSTRUCTION_LOSSES, squared_error
from kerasgen.models.base.encoder_decoder import EncoderDecoder

_IN_A_ROW = 10  # images beside each other in the picture of a denoising autoencoder


@keras.saving.register_keras_serializable("kerasgen")
class Autoencoder(EncoderDecoder):
    """Learns latents from which its images can be reconstructed: for compression and as features.

    Logs `loss`, the reconstruction loss (unit below), and `mean_squared_error`, the mean over the pixels, which
    compares whatever the loss is.

    Args:
        encoder: `keras.Model` from images (N, H, W, C) to latents (N, latent_dim).
        decoder: `keras.Model` from latents (N, latent_dim) to raw outputs (N, H, W, C): logits for the
            cross-entropy, values for the squared error.
        reconstruction_loss: `"binary_crossentropy"` for images in [0, 1], in nats for each image, grey pixels as
            probabilities; `"mean_squared_error"` for data of any range, the mean over the pixels.

    Raises:
        UsageError: unknown loss, or networks that do not fit each other.
    """

    logged = ("loss", "mean_squared_error")
    losses_by_name = RECONSTRUCTION_LOSSES

    def __init__(self, encoder, decoder, reconstruction_loss="binary_crossentropy", **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        if reconstruction_loss not in self.losses_by_name:
            raise unknown("reconstruction loss", reconstruction_loss, self.losses_by_name)
        self.reconstruction_loss = reconstruction_loss
        self.bounds = self.losses_by_name[reconstruction_loss].bounds

    def outputs_to_images(self, outputs):
        """Return the images that the decoder's raw outputs stand for."""
        return self.losses_by_name[self.reconstruction_loss].mean(outputs)

    def inputs_and_targets(self, data):
        """Return what the encoder sees of a batch and what the decoder should make of it, each (N, H, W, C)."""
        images, _, _ = self.unpack(data)
        return images, images

    def compute_losses(self, inputs, targets, training):
        """Return `(loss, mean squared error)` of a batch."""
        outputs = ops.cast(backend.run(self.decoder, backend.run(self.encoder, inputs, training), training), "float32")
        loss = ops.mean(self.losses_by_name[self.reconstruction_loss].reconstruction_error(targets, outputs))
        return loss, ops.mean(squared_error(targets, self.outputs_to_images(outputs)))

    def train_step(self, data):
        """Take one step down the reconstruction loss."""
        inputs, targets = self.inputs_and_targets(data)
        loss, error = self.minimize("model", lambda: self.compute_losses(inputs, targets, training=True))
        return self.track(targets, loss=loss, mean_squared_error=error)

    def test_step(self, data):
        """Log the same values as `train_step`, without a step."""
        inputs, targets = self.inputs_and_targets(data)
        loss, error = self.compute_losses(inputs, targets, training=False)
        return self.track(targets, loss=loss, mean_squared_error=error)

    def call(self, images, training=False):
        """Return the reconstructions of images (N, H, W, C)."""
        latents = self.encoder(self.images_of_batch(images), training=training)
        return self.outputs_to_images(self.decoder(latents, training=training))

    def encode(self, images, labels=None):
        """Return the latents (N, latent_dim) of images (N, H, W, C): their features. It takes no labels."""
        return self.predict_in_batches(self.encoder, self.check_images(images)).astype("float32")


@keras.saving.register_keras_serializable("kerasgen")
class DenoisingAutoencoder(Autoencoder):
    """Learns to reconstruct clean images from corrupted ones, in training and in validation.

    Logs what `Autoencoder` does, the distances from the **clean** images. Noise that is passed in with a batch is
    standard normal, of the images' shape, whatever the kind of corruption.

    Args:
        encoder, decoder, reconstruction_loss: as of an `Autoencoder`, but images lie in [0, 1] and the decoder makes
            logits whatever the loss.
        noise: `"gaussian"` adds noise of standard deviation `noise_factor`; `"masking"` puts a share of
            `noise_factor` of the values to 0, `"salt_and_pepper"` to 0 or 1 (section 3.3 of the paper). What
            leaves [0, 1] is cut off.
        noise_factor: how strong the corruption is.

    Raises:
        UsageError: unknown loss or noise, a negative factor, a share above 1, or networks that do not fit.
    """

    losses_by_name = LOSSES_OF_LOGITS

    def __init__(
        self,
        encoder,
        decoder,
        reconstruction_loss="mean_squared_error",
        noise="gaussian",
        noise_factor=0.3,
        **kwargs,
    ):
        super().__init__(encoder, decoder, reconstruction_loss, **kwargs)
        if noise not in CORRUPTIONS:
            raise unknown("noise", noise, CORRUPTIONS)
        if noise_factor < 0:
            raise UsageError(f"noise_factor is {noise_factor}; it must be 0 or more")
        if noise != "gaussian" and noise_factor > 1:
            raise UsageError(f"noise_factor is {noise_factor}; for {noise} it is a share of the values, at most 1")
        self.noise, self.noise_factor = noise, noise_factor

    def corrupted(self, images, noise):
        """Return images (N, H, W, C) in [0, 1] corrupted by standard normal noise of their shape, as tensors."""
        return ops.clip(CORRUPTIONS[self.noise](images, noise, self.noise_factor), 0.0, 1.0)

    def inputs_and_targets(self, data):
        """Return the corrupted and the clean images of a batch, each (N, H, W, C)."""
        images, _, noise = self.unpack(data)
        if noise is None:
            noise = backend.draw(keras.random.normal, ops.shape(images), self.seed_generator)
        return self.corrupted(images, ops.cast(noise, "float32")), images

    def corrupt(self, images, seed=None):
        """Return images (N, H, W, C) corrupted as in training: for the same seed the same on every backend."""
        images = self._images_to_show(images)
        noise = self.draw_latents(len(images), self.sample_shape, seed)
        return ops.convert_to_numpy(self.corrupted(ops.convert_to_tensor(images), ops.convert_to_tensor(noise)))

    def denoise(self, images):
        """Return what the model takes for the clean images of noisy ones, (N, H, W, C)."""
        return self.reconstruct(images)

    def preview(self, images=None, n=64, seed=0):
        """Return three rows (3, columns, H, W, C): images, the same corrupted, and denoised.

        Args:
            images: clean images (N, H, W, C).
            n: int; at most so many places, of all three rows together.
            seed: of the noise; the same noise for the same seed.
        """
        columns = min(_IN_A_ROW, max(1, n // 3))
        return np.stack(self._stages(self._images_to_show(images)[:columns], seed))

    def _stages(self, images, seed):
        noisy = self.corrupt(images, seed)
        return [images, noisy, self.denoise(noisy)]
