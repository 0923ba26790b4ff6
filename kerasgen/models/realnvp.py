"""Normalizing flows of couplings: RealNVP (Dinh et al. 2017, arXiv:1605.08803), with affine or spline couplings."""

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import UsageError
from kerasgen.layers import Flow, Standardization
from kerasgen.layers.jitter import normal_cdf
from kerasgen.models.base import interpolation
from kerasgen.models.base.images import ANY_RANGE, UNIT_INTERVAL, check_latents, check_not_empty, to_public_range
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, Noise, Normal, Uniform
from kerasgen.option import Option

LEVELS = 256  # values of a pixel
_EDGE = 1e-5  # distance of the logit's argument from 0 and 1
_BATCH = {"points": 1024, "images": 64}  # samples of a batch outside of training


@keras.saving.register_keras_serializable("kerasgen")
class RealNVP(GenerativeModel):
    """Normalizing flow: an invertible function from samples to standard normal latents, with an exact likelihood.

    Points are standardized by their first 10,000 examples, and then transformed. Images have 256 levels: noise in
    [0, 1) is added to each level, and the flow transforms the standardized logits of the result. For images the
    likelihood is a density of the dequantized pixels in [0, 1). It is a lower bound for the probability of the levels
    (Theis et al. 2016, arXiv:1511.01844, section 3.1).

    Logs `loss`, -log p(x) in nats for each sample, and for images `bits_per_dimension` of the 256 levels.

    Args:
        flow: flow from samples to latents, such as `kerasgen.networks.dense_flow`.
        dequantizer: flow from noise (N, H, W, C) with images as context, for variational dequantization (Ho et al.
            2019, arXiv:1902.00275); None for uniform noise.
        **kwargs: arguments of `GenerativeModel`.

    Raises:
        UsageError: samples that are neither points nor images, or a dequantizer for points.

    Example:
        ```python
        points = kerasgen.data.load("ring-8").train.first(1000)
        model = kerasgen.create("realnvp", sample_shape=(2,))
        model.fit(points, batch_size=256, epochs=20)
        model.log_likelihood(points[:10])
        ```
    """

    traceable = True
    generate_options: ClassVar[Mapping[str, Option]] = {
        "temperature": Option(1.0, "Standard deviation of the latents.", maximum=100),
    }

    def __init__(self, flow: Flow, dequantizer: Flow | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        kind = sample_kind(flow.sample_shape)
        if kind == "codes":
            raise UsageError(f"a flow takes points (D,) or images (H, W, C); received {flow.sample_shape}")
        if dequantizer is not None and (kind == "points" or dequantizer.sample_shape != flow.sample_shape):
            raise UsageError(
                f"the flow takes samples {flow.sample_shape}, the dequantizer {dequantizer.sample_shape}; they take "
                "images of the same shape"
            )
        self.flow, self.dequantizer = flow, dequantizer
        self.standardization = Standardization(flow.sample_shape)
        self.bounds = UNIT_INTERVAL if kind == "images" else ANY_RANGE
        self.built = True

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (H, W, C) of images, (D,) of points."""
        return self.flow.sample_shape

    @property
    def latent_dim(self) -> int:
        """Number of latents, which is the number of values of a sample."""
        return self.flow.latent_dim

    @property
    def dequantization(self) -> str:
        """Kind of the noise that is added to the levels of pixels: `none` for points, `uniform` or `variational`."""
        return "none" if self.is_of_points else "variational" if self.dequantizer else "uniform"

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of the dequantization: none for points, uniform or normal for images."""
        if self.is_of_points:
            return {}
        return {"dequantization": (Normal if self.dequantizer else Uniform)(*self.sample_shape)}

    # -- the likelihood

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)` of a batch.

        Args:
            batch: samples (N, *sample_shape).
            noise: name -> values, see `noise`.
            training: whether the networks run in training mode.
        """
        loss = -ops.mean(self._log_density(batch.images, noise.get("dequantization"), training))
        if self.is_of_points:
            return loss, {}
        return loss, {"bits_per_dimension": bits_per_dimension(loss, self.latent_dim)}

    def _log_density(self, samples, noise, training=False):
        """Return log p(x), or for images log p(v) - log q(v | x), (N,)."""
        values, volume = self._to_real(samples, noise, training)
        values, scaling = self.standardization.forward(values)
        latents, log_det = self.flow.forward(values, training=training)
        prior = -0.5 * ops.sum(ops.square(latents) + math.log(2 * math.pi), axis=1)
        return prior + log_det + scaling + volume  # equation 3

    def _to_real(self, samples, noise, training=False):
        """Return the values that the flow transforms, and the change of the log-density, (N,)."""
        if self.is_of_points:
            return samples, 0.0
        noise, volume = self._dequantize(samples, noise, training)
        logits, change = _to_logits(samples, noise)
        return logits, volume + ops.sum(backend.reshape(change, (-1, self.latent_dim)), axis=1)

    def _dequantize(self, images, noise, training):
        """Return noise in [0, 1], (N, H, W, C), and minus its log-density, (N,)."""
        if self.dequantizer is None:
            return noise, 0.0
        flat, log_det = self.dequantizer.forward(noise, context=2.0 * images - 1.0, training=training)
        change = -ops.softplus(flat) - ops.softplus(-flat)  # of the sigmoid
        density = -0.5 * ops.square(backend.reshape(noise, (-1, self.latent_dim))) - 0.5 * math.log(2 * math.pi)
        return backend.reshape(ops.sigmoid(flat), (-1, *self.sample_shape)), log_det + ops.sum(change - density, axis=1)

    def log_likelihood(self, images: np.ndarray, labels: None = None, samples: int = 1, seed: int = 0) -> np.ndarray:
        """Return log p(x) in nats, float64 (N,): exact for points, and for images the bound of the class's docstring.

        Args:
            images: points (N, D) or images (N, H, W, C).
            labels: None; the model has no classes.
            samples: number of dequantizations of each image; the bound is tighter with more (Burda et al. 2015,
                arXiv:1509.00519, equation 8).
            seed: seed of the dequantization.

        Raises:
            DataError: samples that the model cannot take.
            UsageError: labels, or no samples.
        """
        self.classes.check(labels, len(images))
        if samples < 1:
            raise UsageError(f"samples is {samples}; give a whole number of 1 or more")
        images, generator = as_floats(self.check_images(images)).astype("float32"), self.random_generator(seed)
        total = np.full(len(images), -np.inf)
        for _ in range(samples if self.noise else 1):
            noise = [noise.sample(generator, len(images)) for noise in self.noise.values()]
            total = np.logaddexp(total, self._in_batches(self._density_of_arrays, images, *noise).astype("float64"))
        return total - (math.log(samples) if self.noise else 0.0)

    def _density_of_arrays(self, samples, noise=None):
        return self._log_density(samples, noise)

    # -- the steps

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step that increases the likelihood."""
        batch = self.unpack(data)
        noise = self.draw(batch)
        self.update_statistics(batch, noise)
        loss, metrics = self.minimize("model", lambda: self.compute_losses(batch, noise, training=True))
        return self.track(batch, loss=loss, **metrics)

    def update_statistics(self, batch: Batch, noise: dict[str, Any]) -> None:
        """Include a batch in the statistics of the standardization."""
        values = batch.images
        if not self.is_of_points:
            uniform = noise["dequantization"]
            values, _ = _to_logits(values, normal_cdf(uniform) if self.dequantizer else uniform)
        self.standardization.update(values)

    # -- the two directions

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the latents (N, D) of samples (N, *sample_shape); pixels are in the middle of their levels."""
        return self._to_latents(self.to_float_tensor(inputs), training)

    def _to_latents(self, samples, training=False):
        values = samples if self.is_of_points else _to_logits(samples, 0.5)[0]
        return self.flow.forward(self.standardization.forward(values)[0], training=training)[0]

    def _to_samples(self, latents):
        values = self.standardization.inverse(self.flow.inverse(latents))
        if self.is_of_points:
            return values
        pixels = (ops.sigmoid(values) - _EDGE) / (1.0 - 2.0 * _EDGE)
        return (LEVELS * pixels - 0.5) / (LEVELS - 1)

    def encode(self, images: np.ndarray, labels: None = None) -> np.ndarray:
        """Return the latents (N, D) of samples (N, *sample_shape); pixels are in the middle of their levels.

        Args:
            images: points (N, D) or images (N, H, W, C).
            labels: None; the model has no classes.

        Raises:
            DataError, UsageError: samples or labels that the model cannot take.
        """
        self.classes.check(labels, len(images))
        return self._in_batches(self._to_latents, as_floats(self.check_images(images)).astype("float32"))

    def decode(self, latents: np.ndarray, labels: None = None) -> np.ndarray:
        """Return the samples (N, *sample_shape) of latents (N, D), images in [0, 1].

        Args:
            latents: (N, D).
            labels: None; the model has no classes.

        Raises:
            DataError, UsageError: latents that the model cannot take, or labels.
        """
        latents = check_latents(latents, self.latent_dim)
        self.classes.check(labels, len(latents))
        return to_public_range(self._in_batches(self._to_samples, latents))

    def reconstruct(self, images: np.ndarray, labels: None = None) -> np.ndarray:
        """Return samples encoded and decoded again; they differ from `images` by rounding errors only."""
        return self.decode(self.encode(images, labels), labels)

    interpolate = interpolation.interpolate

    def generate(self, n: int, seed: int | None = None, labels: None = None, temperature: float = 1.0) -> np.ndarray:
        """Return `n` new samples (n, *sample_shape); sample i of a seed does not depend on `n`.

        Args:
            n: number of samples.
            seed: seed of the latents, or None.
            labels: None; the model has no classes.
            temperature: standard deviation of the latents. Below 1 samples are nearer to the mode of the density.

        Raises:
            UsageError: `n`, the seed or the temperature is out of range, or labels.
        """
        scale = float(self.generate_options["temperature"].parse(temperature, "temperature", "generate"))
        self.classes.check(labels, n)
        return self.decode(scale * self.draw_latents(n, (self.latent_dim,), seed))

    def _in_batches(self, function: Callable, *arrays: np.ndarray) -> np.ndarray:
        """Return `function(*arrays)` as an array, compiled for batches of one size, to which the last is padded."""
        check_not_empty(arrays[0])
        program, size = backend.compiled(function), _BATCH[sample_kind(self.sample_shape)]
        parts = []
        for start in range(0, len(arrays[0]), size):
            batch = [array[start : start + size] for array in arrays]
            missing = size - len(batch[0])
            batch = [np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) for array in batch]
            parts.append(np.array(ops.convert_to_numpy(program(*batch)))[: size - missing])
        return np.concatenate(parts)


def _to_logits(images, noise):
    """Return the logits of dequantized images (N, H, W, C), and the logarithms of their derivatives."""
    pixels = ((LEVELS - 1) * images + noise) / LEVELS
    inner = _EDGE + (1.0 - 2.0 * _EDGE) * pixels
    low, high = ops.log(inner), ops.log(1.0 - inner)
    return low - high, math.log(1.0 - 2.0 * _EDGE) - low - high


def bits_per_dimension(nats: Any, dimensions: int) -> Any:
    """Return the bits per value of pixels with 256 levels, of -log p(v) in nats for pixels v in [0, 1).

    Args:
        nats: -log p(v), a number, an array or a tensor.
        dimensions: number of values of an image, such as 784.

    Example:
        >>> bits_per_dimension(0.0, 784)
        8.0
    """
    return (nats / dimensions + math.log(LEVELS)) / math.log(2.0)
