"""`EncoderDecoder`: base class of models with an encoder and a decoder."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from kerasgen.data.shapes import sample_kind
from kerasgen.errors import UsageError
from kerasgen.models.base import interpolation
from kerasgen.models.base.images import UNIT_INTERVAL, check_latents, to_public_range, to_public_tensor
from kerasgen.models.base.last_activation import refuse_bounded
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.shapes import first_input, known_shape


class EncoderDecoder(GenerativeModel):
    """A model that encodes images (N, H, W, C) as latents (N, latent_dim) and decodes latents.

    A subclass defines `compute_losses`, and `outputs_to_images`, which maps raw outputs of the decoder to images.

    Args:
        encoder: `keras.Model` from images (N, H, W, C) to latents.
        decoder: `keras.Model` from latents (N, latent_dim) to raw outputs (N, H, W, C), without a last activation.
        seed: seed of the noise drawn in training, or None.
        **kwargs: arguments of `keras.Model`, such as `name`.

    Raises:
        UsageError: networks that do not fit each other, or a decoder that ends in an activation.

    Example:
        >>> import kerasgen
        >>> isinstance(kerasgen.create("vae", hidden_dim=8), kerasgen.models.EncoderDecoder)
        True
    """

    heads: ClassVar[tuple[str, ...]] = ("latents",)  # names of the encoder's outputs

    def __init__(self, encoder: keras.Model, decoder: keras.Model, seed: int | None = None, **kwargs: Any):
        super().__init__(seed=seed, **kwargs)
        encoder_input, decoder_output = first_input(encoder), known_shape(decoder, "output_shape")
        if encoder_input != tuple(decoder_output):
            raise UsageError(f"the encoder takes {encoder_input}, the decoder makes {decoder_output}")
        refuse_bounded(decoder, "the loss takes raw outputs")
        self.encoder, self.decoder = encoder, decoder
        self.latent_dim = first_input(decoder)[-1]
        heads = encoder.output_shape if len(encoder.outputs) > 1 else [encoder.output_shape]
        if [tuple(head[1:]) for head in heads] != [(self.latent_dim,)] * len(self.heads):
            raise UsageError(
                f"the encoder makes {encoder.output_shape}, the decoder takes {first_input(decoder)}; "
                f"it must make {' and '.join(self.heads)}, each (None, {self.latent_dim})"
            )
        self.built = True

    @functools.cached_property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (H, W, C) of images, (D,) of points."""
        return tuple(self.decoder.output_shape[1:])

    def valid_bounds(self, bounds: tuple[float, float]) -> tuple[float, float]:
        """Return the valid values of float samples: [0, 1] for images, and for points the bounds of a likelihood."""
        return UNIT_INTERVAL if sample_kind(self.sample_shape) == "images" else bounds

    def outputs_to_images(self, outputs: Any) -> Any:
        """Return the images (N, H, W, C) of raw outputs of the decoder, as tensors."""
        raise NotImplementedError

    # -- latents and images

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the reconstructions of images (N, H, W, C), or of `[images, labels]`, through the mean latents."""
        images, labels = self.classes.split(inputs)
        inputs = self.classes.inputs(self.to_float_tensor(images), labels)
        latents = self.encoder(inputs, training=training)
        latents = latents if len(self.heads) == 1 else latents[0]
        outputs = self.decoder(self.classes.inputs(latents, labels), training=training)
        return to_public_tensor(self.outputs_to_images(outputs))

    def encode(self, images: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return the latents (N, latent_dim) of images (N, H, W, C); the first output of the encoder.

        Args:
            images: (N, H, W, C).
            labels: (N,), for a conditional model.

        Raises:
            DataError, UsageError: images or labels that the model cannot take.
        """
        return self.encoder_outputs(images, labels)[0]

    def encoder_outputs(self, images: np.ndarray, labels: Any = None) -> list[np.ndarray]:
        """Return all outputs of the encoder, each float32 (N, latent_dim); arguments as in `encode`."""
        images = self.check_images(images)
        inputs = self.classes.inputs(images, self.classes.check_given(labels, len(images)))
        outputs = self.predict_in_batches(self.encoder, inputs)
        return [each.astype("float32") for each in ([outputs] if len(self.heads) == 1 else outputs)]

    def decode(self, latents: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return the mean images (N, H, W, C) of latents (N, latent_dim), and of labels (N,) if it is conditional.

        Raises:
            DataError, UsageError: latents or labels that the model cannot take.
        """
        latents = check_latents(latents, self.latent_dim)
        inputs = self.classes.inputs(latents, self.classes.check_given(labels, len(latents)))
        outputs = self.predict_in_batches(self.decoder, inputs).astype("float32")
        return to_public_range(ops.convert_to_numpy(self.outputs_to_images(ops.convert_to_tensor(outputs))))

    def decoder_parts(self) -> tuple[keras.Model, list[np.ndarray], Callable[[Any], Any]]:
        """Return the decoder, the values of its weights, and a function of tensors from its outputs to images."""
        return self.decoder, self.decoder.get_weights(), self.outputs_to_images

    def reconstruct(self, images: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return images (N, H, W, C) encoded and decoded again, in [0, 1]."""
        return self.decode(self.encode(images, labels), labels)

    interpolate = interpolation.interpolate
