"""The VQ-VAE, an autoencoder with discrete codes (van den Oord et al. 2017, arXiv:1711.00937)."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import DataError, UsageError, unknown
from kerasgen.layers.code_book import CodeBook
from kerasgen.losses import LOSSES_OF_LOGITS, squared_error
from kerasgen.models.base.images import to_public_range
from kerasgen.models.base.last_activation import refuse_bounded
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, Noise, Uniform
from kerasgen.models.base.shapes import first_input


@keras.saving.register_keras_serializable("kerasgen")
class VQVAE(GenerativeModel):
    """Autoencoder that quantizes a grid of features to the nearest vectors of a code book; equation 3 of the paper.

    The gradient of the decoder's input is passed on to the encoder (straight-through estimator). A prior of the codes
    is a second model: `kerasgen train pixelcnn --dataset RUN`.

    Logs `loss`; `reconstruction_error`, in the unit of the loss; `mean_squared_error`, the mean over the pixels; and
    `commitment`, |z - e|^2 summed over a grid. Two values count the codes of all images since the beginning of the
    epoch. `perplexity` is the exponential of their entropy, and `codes_used` the fraction of codes that occurred.

    Args:
        encoder: `keras.Model` from images (N, H, W, C) to features (N, h, w, D).
        decoder: `keras.Model` from features (N, h, w, D) to logits (N, H, W, C).
        num_codes: K, number of codes.
        update: `"average"` for a code book of moving averages, `"loss"` for a trained one.
        decay: decay of the moving averages.
        restart: fraction of the mean use below which a code is restarted; 0 for never.
        commitment: weight of the commitment loss, beta in the paper.
        reconstruction_loss: `"binary_crossentropy"`, in nats per image, or `"mean_squared_error"`.
        seed: seed of the noise drawn in training, or None.
        **kwargs: arguments of `keras.Model`.

    Raises:
        UsageError: an unknown loss or update, a number out of range, or networks that do not fit each other.

    Example:
        ```python
        model = kerasgen.create("vq-vae", num_codes=64)
        model.fit(images, batch_size=32, epochs=10)
        codes = model.encode(images)
        ```
    """

    traceable = True

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        num_codes: int = 128,
        update: str = "average",
        decay: float = 0.99,
        restart: float = 0.03,
        commitment: float = 0.25,
        reconstruction_loss: str = "binary_crossentropy",
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, **kwargs)
        if reconstruction_loss not in LOSSES_OF_LOGITS:
            raise unknown("reconstruction loss", reconstruction_loss, LOSSES_OF_LOGITS)
        if commitment < 0:
            raise UsageError(f"commitment is {commitment}; it weighs a loss and must be 0 or more")
        shapes = (first_input(encoder), encoder.output_shape, first_input(decoder), decoder.output_shape)
        if tuple(shapes[0]) != tuple(shapes[3]) or tuple(shapes[1]) != tuple(shapes[2]) or len(shapes[1]) != 4:
            raise UsageError(
                f"the encoder maps {shapes[0]} to {shapes[1]}, the decoder {shapes[2]} to {shapes[3]}; they must be "
                "mirror images, with features (N, h, w, D) between them"
            )
        refuse_bounded(decoder, "the loss takes logits")
        self.encoder, self.decoder = encoder, decoder
        self.num_codes, self.update, self.decay, self.restart = num_codes, update, decay, restart
        self.commitment, self.reconstruction_loss = commitment, reconstruction_loss
        self.code_book = CodeBook(num_codes, encoder.output_shape[-1], update, decay, restart)
        self.code_usage = CodeUsage(num_codes)
        self.built = True

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return tuple(self.decoder.output_shape[1:])

    @property
    def code_shape(self) -> tuple[int, ...]:
        """Shape (h, w) of the codes of one image."""
        return tuple(self.encoder.output_shape[1:3])

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise that chooses the features at which unused codes restart."""
        return {"restart": Uniform(math.prod(self.code_shape))} if self.restart else {}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The means of all logged values, and the use of the codes."""
        return [self.running_means, self.code_usage]

    def losses_and_codes(self, images: Any, training: bool = False) -> tuple[Any, tuple[dict[str, Any], Any, Any]]:
        """Return `(loss, (metrics, features, codes))` of images (N, H, W, C)."""
        features = ops.cast(backend.run(self.encoder, images, training), "float32")
        codes = self.code_book.codes(features)
        vectors = self.code_book.lookup(codes)
        passed = features + ops.stop_gradient(vectors - features)  # straight-through estimator
        outputs = ops.cast(backend.run(self.decoder, passed, training), "float32")
        reconstruction = LOSSES_OF_LOGITS[self.reconstruction_loss]
        error = ops.mean(reconstruction.reconstruction_error(images, outputs))
        commitment = _distance(features, ops.stop_gradient(vectors))
        loss = error + self.commitment * commitment
        if self.update == "loss":
            loss = loss + _distance(vectors, ops.stop_gradient(features))
        metrics = {
            "reconstruction_error": error,
            "mean_squared_error": ops.mean(squared_error(images, reconstruction.mean(outputs))),
            "commitment": commitment,
        }
        return loss, (metrics, ops.stop_gradient(features), codes)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step of the networks, then one of the code book."""
        batch = self.unpack(data)
        noise = self.draw(batch)
        loss, (metrics, features, codes) = self.minimize("model", lambda: self.losses_and_codes(batch.images, True))
        if self.update == "average" or self.restart:
            self.code_book.move(features, noise.get("restart", features[..., 0]))
        return self._track(batch, codes, loss, metrics)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Log the same values as `train_step`, without a step."""
        batch = self.unpack(data)
        loss, (metrics, _, codes) = self.losses_and_codes(batch.images)
        return self._track(batch, codes, loss, metrics)

    def _track(self, batch: Batch, codes, loss, metrics):
        self.code_usage.update_state(codes, backend.num_examples(batch.num_examples))
        return self.track(batch, loss=loss, **metrics) | self.code_usage.result()

    # -- images and codes

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the reconstructions of images (N, H, W, C)."""
        vectors = self.code_book.lookup(self.code_book.codes(self.encoder(self.to_float_tensor(inputs))))
        return LOSSES_OF_LOGITS[self.reconstruction_loss].mean(ops.cast(self.decoder(vectors), "float32"))

    def encode(self, images: np.ndarray, labels: None = None) -> np.ndarray:
        """Return the codes of images (N, H, W, C), int32 (N, h, w).

        Raises:
            DataError: images that the model cannot take.
        """
        features = self.predict_in_batches(self.encoder, self.check_images(images)).astype("float32")
        return ops.convert_to_numpy(self.code_book.codes(ops.convert_to_tensor(features))).astype("int32")

    def decode(self, codes: np.ndarray, labels: None = None) -> np.ndarray:
        """Return the images (N, H, W, C) in [0, 1] of codes (N, h, w).

        Raises:
            DataError: codes of another shape, or that are not whole numbers from 0 to K - 1.
        """
        codes = np.asarray(codes)
        is_whole = codes.dtype.kind in "iu" and (not codes.size or 0 <= codes.min() <= codes.max() < self.num_codes)
        if codes.shape[1:] != self.code_shape or not is_whole:
            raise DataError(
                f"codes have shape {codes.shape} and type {codes.dtype}; this model decodes "
                f"(N, {', '.join(map(str, self.code_shape))}) whole numbers from 0 to {self.num_codes - 1}"
            )
        vectors = ops.convert_to_numpy(self.code_book.lookup(ops.convert_to_tensor(codes.astype("int32"))))
        outputs = self.predict_in_batches(self.decoder, vectors).astype("float32")
        mean = LOSSES_OF_LOGITS[self.reconstruction_loss].mean(ops.convert_to_tensor(outputs))
        return to_public_range(ops.convert_to_numpy(mean))

    def reconstruct(self, images: np.ndarray, labels: None = None) -> np.ndarray:
        """Return images (N, H, W, C) encoded and decoded again, in [0, 1]."""
        return self.decode(self.encode(images))


@keras.saving.register_keras_serializable("kerasgen")
class CodeUsage(keras.metrics.Metric):
    """How often each code has occurred since the last reset; it does not depend on the batch size.

    Args:
        num_codes: number of codes.
        name: name of the metric.

    Example:
        >>> usage = CodeUsage(4)
        >>> usage.update_state(ops.array([[[0, 1]]]), 1)
        >>> float(usage.result()["codes_used"])
        0.5
    """

    def __init__(self, num_codes: int, name: str = "code_usage"):
        super().__init__(name=name)
        self.num_codes = num_codes
        self.counts = self.add_variable((num_codes,), "zeros", name="counts")

    def update_state(self, codes: Any, count: Any) -> None:
        """Add the codes (N, h, w) of a batch with `count` examples; if that is 0, its rows are padding."""
        flat = backend.reshape(codes, (-1, 1))
        occurred = ops.sum(ops.cast(ops.equal(flat, ops.arange(self.num_codes, dtype="int32")), "float32"), axis=0)
        self.counts.assign(self.counts + occurred * ops.minimum(ops.cast(count, "float32"), 1.0))

    def result(self) -> dict[str, Any]:
        """Return `perplexity` and `codes_used`."""
        counts = ops.convert_to_tensor(self.counts)
        shares = counts / ops.maximum(ops.sum(counts), 1.0)
        entropy = -ops.sum(shares * ops.log(ops.maximum(shares, 1e-30)))
        return {"perplexity": ops.exp(entropy), "codes_used": ops.mean(ops.cast(counts > 0, "float32"))}


def _distance(a, b):
    """Return |a - b|^2 of features (N, h, w, D), summed over each grid, the mean over the batch."""
    return ops.mean(ops.sum(ops.square(a - b), axis=(1, 2, 3)))
