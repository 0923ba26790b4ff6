"""Denoiser: a network that is trained to remove Gaussian noise of any strength in a range (Zhang et al. 2017)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.losses import LOSSES_OF_LOGITS
from kerasgen.models.base.last_activation import refuse_bounded
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, Noise, Normal, Uniform
from kerasgen.models.base.preview import denoising_preview
from kerasgen.models.base.shapes import first_input, known_shape


@keras.saving.register_keras_serializable("kerasgen")
class Denoiser(GenerativeModel):
    """Network from noisy images to clean ones, without a bottleneck.

    Each training image has Gaussian noise of its own strength, uniform between two limits, and is clipped to [0, 1].
    The network does not receive the strength. Logs `loss`, the binary cross-entropy in nats per image, and
    `mean_squared_error` of a pixel. Both losses have the same minimum, the posterior mean of the clean image given the
    noisy one. The cross-entropy reaches it faster, because its gradient does not vanish at black and white.

    Args:
        network: `keras.Model` from images (N, H, W, C) to logits (N, H, W, C).
        minimum_noise: smallest standard deviation of the noise in training.
        maximum_noise: largest standard deviation of the noise in training.
        noise_factor: standard deviation of the noise that `corrupt` adds.
        **kwargs: arguments of `GenerativeModel`.

    Raises:
        UsageError: a network that changes the shape or ends in an activation, or limits in the wrong order.

    Source:
        Zhang et al. 2017 (DnCNN), arXiv:1608.03981, section III: one network for a range of strengths.

    Example:
        ```python
        model = kerasgen.create("denoising-unet")
        model.fit(images, epochs=10)
        clean = model.denoise(model.corrupt(images[:8], seed=0))
        ```
    """

    traceable = True

    def __init__(
        self,
        network: keras.Model,
        minimum_noise: float = 0.05,
        maximum_noise: float = 0.6,
        noise_factor: float = 0.3,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if first_input(network) != tuple(known_shape(network, "output_shape")):
            raise UsageError(f"the network takes {first_input(network)} and makes {network.output_shape}")
        refuse_bounded(network, "the loss takes raw outputs")
        if not 0 <= minimum_noise <= maximum_noise or noise_factor < 0:
            raise UsageError(
                f"noise from {minimum_noise} to {maximum_noise}, and noise_factor {noise_factor}; give three numbers "
                "of 0 or more, with the first at most the second"
            )
        self.network = network
        self.minimum_noise, self.maximum_noise, self.noise_factor = minimum_noise, maximum_noise, noise_factor
        self.built = True

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one image, (H, W, C)."""
        return tuple(self.network.output_shape[1:])

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of the pixels, and its strength as a fraction of the way from the minimum to the maximum."""
        return {"corruption": Normal(*self.sample_shape), "strength": Uniform()}

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)`: the cross-entropy and the mean squared error of the denoised images.

        Args:
            batch: clean images (N, H, W, C).
            noise: name -> values, see `noise`.
            training: whether the network runs in training mode.
        """
        strength = self.minimum_noise + noise["strength"] * (self.maximum_noise - self.minimum_noise)
        noisy = _add_noise(batch.images, noise["corruption"], ops.reshape(strength, (-1, 1, 1, 1)))
        logits = ops.cast(backend.run(self.network, noisy, training), "float32")
        entropy, error = (
            ops.mean(LOSSES_OF_LOGITS[name].reconstruction_error(batch.images, logits))
            for name in ("binary_crossentropy", "mean_squared_error")
        )
        return entropy, {"mean_squared_error": error}

    def call(self, images: Any, training: bool = False) -> Any:
        """Return the clean images that the network predicts for noisy ones, (N, H, W, C), as tensors."""
        return ops.sigmoid(self.network(self.to_float_tensor(images), training=training))

    def corrupt(self, images: np.ndarray, seed: int | None = None, noise_factor: float | None = None) -> np.ndarray:
        """Return images (N, H, W, C) with noise, clipped to [0, 1]; a seed gives the same result on every backend.

        Args:
            images: (N, H, W, C).
            seed: seed of the noise, or None.
            noise_factor: standard deviation of the noise; by default the model's.
        """
        images = self.images_to_show(images)
        noise = self.draw_latents(len(images), self.sample_shape, seed)
        strength = np.float32(self.noise_factor if noise_factor is None else noise_factor)
        return ops.convert_to_numpy(_add_noise(ops.convert_to_tensor(images), ops.convert_to_tensor(noise), strength))

    def denoise(self, images: np.ndarray) -> np.ndarray:
        """Return the clean images that the model predicts for noisy ones, (N, H, W, C) in [0, 1]."""
        logits = self.predict_in_batches(self.network, self.check_images(images)).astype("float32")
        return ops.convert_to_numpy(ops.sigmoid(ops.convert_to_tensor(logits)))

    preview = denoising_preview


def _add_noise(images, noise, strength):
    """Return images (N, H, W, C) plus standard normal noise times its strength, clipped to [0, 1], as tensors."""
    return ops.clip(images + strength * noise, 0.0, 1.0)
