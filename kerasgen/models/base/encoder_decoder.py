"""What models with an encoder and a decoder have in common: latents of images, and images of latents."""

import functools

import numpy as np
from keras import ops

from kerasgen.errors import UsageError
from kerasgen.models.base.labels import ConditionalModel, first_input, known_shape


class EncoderDecoder(ConditionalModel):
    """A model that encodes images (N, H, W, C) as latents (N, latent_dim) and decodes latents.

    A subclass implements `encode`, which returns the latents of images, and `outputs_to_images`, which maps raw outputs
    of the decoder to images.

    Args:
        encoder: `keras.Model` of images (N, H, W, C).
        decoder: `keras.Model` from latents (N, latent_dim) to raw outputs (N, H, W, C).

    Raises:
        UsageError: networks that do not fit each other.
    """

    heads = ("latents",)  # what the encoder makes of an image

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        taken, made = first_input(encoder), known_shape(decoder, "output_shape")
        if taken != made:
            raise UsageError(f"the encoder takes {taken}, the decoder makes {made}")
        self.encoder, self.decoder = encoder, decoder
        self.latent_dim = first_input(decoder)[-1]
        heads = encoder.output_shape if len(encoder.outputs) > 1 else [encoder.output_shape]
        if [tuple(head[1:]) for head in heads] != [(self.latent_dim,)] * len(self.heads):
            raise UsageError(
                f"the encoder makes {encoder.output_shape}, the decoder takes {first_input(decoder)}; "
                f"it is to make {' and '.join(self.heads)}, each (None, {self.latent_dim})"
            )
        self.built = True

    @functools.cached_property
    def sample_shape(self):
        """Return (H, W, C) of the images."""
        return tuple(self.decoder.output_shape[1:])

    def outputs_to_images(self, outputs):
        """Return the images that raw outputs of the decoder stand for, tensors (N, H, W, C)."""
        raise NotImplementedError

    def encode(self, images, labels=None):
        """Return the latents (N, latent_dim) of images (N, H, W, C), and of labels (N,) if it is conditional."""
        raise NotImplementedError

    def decode(self, latents, labels=None):
        """Return the mean images (N, H, W, C) of latents (N, latent_dim), and of labels (N,) if it is conditional."""
        inputs = self.with_labels(np.asarray(latents, "float32"), self.given_labels(labels, len(latents)))
        outputs = self.predict_in_batches(self.decoder, inputs).astype("float32")
        return ops.convert_to_numpy(self.outputs_to_images(ops.convert_to_tensor(outputs)))

    def reconstruct(self, images, labels=None):
        """Return images (N, H, W, C) encoded and decoded again."""
        return self.decode(self.encode(images, labels), labels)

    def interpolate(self, start, end, steps=8, labels=None):
        """Return images (N, steps, H, W, C) on the straight line between the latents of `start` and `end`.

        Args:
            start, end: images (N, H, W, C).
            steps: int, at least 2; the first and last are the reconstructions of `start` and `end`.
            labels: of both, (N,), for a conditional model: on the way from one class to another there is none.

        Raises:
            UsageError: fewer than 2 steps, or not as many images in `end` as in `start`.
        """
        if len(start) != len(end):
            raise UsageError(f"start has {len(start)} images, end {len(end)}; give as many of each")
        if steps < 2:
            raise UsageError(f"steps is {steps}; a way from one image to another needs at least 2")
        share = np.linspace(0.0, 1.0, steps, dtype="float32")[None, :, None]
        latents = (1 - share) * self.encode(start, labels)[:, None] + share * self.encode(end, labels)[:, None]
        labels = None if labels is None else np.repeat(labels, steps)
        images = self.decode(latents.reshape(-1, self.latent_dim), labels)
        return images.reshape(-1, steps, *self.sample_shape)
