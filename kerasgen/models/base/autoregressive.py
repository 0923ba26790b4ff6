"""`Autoregressive`: base class of models that factorize p(x) into conditional distributions of single values."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.data.shapes import sample_kind
from kerasgen.errors import DataError, UsageError
from kerasgen.models.base.images import PREDICT_BATCH, check_not_empty
from kerasgen.models.base.model import GenerativeModel
from kerasgen.models.base.noise import Batch, Noise, Uniform


class Autoregressive(GenerativeModel):
    """A model with p(x) = prod_i p(x_i | x_1, ..., x_(i-1)), where each value x_i is one of `levels` numbers.

    The likelihood is exact. Samples are images (H, W, C), points (D,) in [0, 1] or codes (H, W). The level of
    an image value x is x * (levels - 1), rounded; a code is its own level.

    A subclass defines `sample_shape`, `logits` and `sample_levels`. Before it calls this `__init__`, it sets the
    attributes that `sample_shape` needs.

    Logs `loss`, -log p(x) in nats per sample, and `bits_per_dimension`, the same in bits per value.

    Args:
        levels: K, number of values of a pixel, or number of codes; 2 gives the Bernoulli likelihood.
        binarize: whether, with two levels, each step draws binary pixels with the grey value as the probability of 1
            (Salakhutdinov and Murray 2008). Without it the pixels must be 0 or 1. Codes are not binarized.
        num_classes: number of classes; above 0 the model is conditional, p(x | label).
        codec: frozen model with `decode`, which makes images of codes, or None; see `attach_codec`.
        seed: seed of the noise drawn in training, or None.
        **kwargs: arguments of `keras.Model`.

    Raises:
        UsageError: fewer than two levels.

    Example:
        >>> import kerasgen
        >>> isinstance(kerasgen.create("made", hidden_dim=8), kerasgen.models.Autoregressive)
        True
    """

    def __init__(
        self,
        levels: int = 2,
        binarize: bool = True,
        num_classes: int = 0,
        codec: keras.Model | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, **kwargs)
        if levels < 2:
            raise UsageError(f"levels is {levels}; a pixel has 2 values or more")
        self.levels, self.binarize, self.num_classes, self.codec = levels, binarize, num_classes, None
        self.bounds = (0.0, levels - 1.0) if self.kind == "codes" else (0.0, 1.0)
        if codec is not None:
            self.attach_codec(codec)

    # -- definitions of a subclass

    def logits(self, levels: Any, labels: Any, mask: Any = None, training: bool = False) -> Any:
        """Return the logits of each value given the values before it, float32 (N, *sample_shape, K).

        With two levels they are the log-odds of 1, (N, *sample_shape).

        Args:
            levels: whole numbers (N, *sample_shape), float32.
            labels: int (N,), or None.
            mask: index of the order in which the model factorizes p(x), an int tensor (N,), or None.
            training: whether the networks run in training mode.
        """
        raise NotImplementedError

    def sample_levels(self, levels: Any, uniforms: Any, labels: Any, mask: Any, start: Any) -> Any:
        """Return levels (N, *sample_shape) with all values but the first `start` ones drawn; a compiled program.

        Args:
            levels: known levels (N, *sample_shape), float32.
            uniforms: random numbers (N, *sample_shape) in [0, 1), one for each value.
            labels: int (N,), or None.
            mask: see `logits`.
            start: int scalar, the number of values, in the order of the model, that are known; see the subclass.
        """
        raise NotImplementedError

    num_masks: int = 1  # number of orders; p(x) is the mean over them

    # -- levels

    @property
    def kind(self) -> str:
        """Kind of the values that are modelled: `images`, `points` or `codes`."""
        return sample_kind(self.sample_shape)

    @property
    def draws_pixels(self) -> bool:
        """Whether each step draws binary pixels."""
        return self.binarize and self.levels == 2 and self.kind != "codes"

    @property
    def noise(self) -> dict[str, Noise]:
        """Noise of binary pixels, and of the choice of a mask if there are several."""
        noise: dict[str, Noise] = {"pixels": Uniform(*self.sample_shape)} if self.draws_pixels else {}
        return noise | ({"mask": Uniform()} if self.num_masks > 1 else {})

    def to_levels(self, images: Any, pixels: Any = None) -> Any:
        """Return the levels (N, *sample_shape), float32 whole numbers, of samples.

        Args:
            images: float32 (N, *sample_shape).
            pixels: uniform noise of their shape that draws binary pixels, or None.
        """
        if self.kind == "codes":
            return images
        if pixels is not None:
            return ops.cast(pixels < images, "float32")
        return ops.round(images * (self.levels - 1.0))

    def to_features(self, levels: Any) -> Any:
        """Return the inputs of the network: levels as numbers from -1 to 1, or one-hot codes (N, *sample_shape, K)."""
        if self.kind == "codes":
            return ops.cast(ops.equal(ops.expand_dims(levels, -1), ops.arange(self.levels, dtype="float32")), "float32")
        return levels * (2.0 / (self.levels - 1.0)) - 1.0

    def check_images(self, samples: Any) -> np.ndarray:
        """Return samples as an array that the model accepts.

        Raises:
            DataError: see `GenerativeModel.check_images`; pixels other than 0 and 1 for a model that does not
                binarize; or codes that are not whole numbers from 0 to K - 1.
        """
        samples = super().check_images(samples)
        if self.kind == "codes" and samples.dtype == np.uint8:
            samples = samples.astype("int32")  # bytes would be divided by 255
        if self.kind == "codes" and samples.size and (samples.max() >= self.levels or (samples % 1).any()):
            raise DataError(
                f"codes of the type {samples.dtype} lie in [{samples.min():g}, {samples.max():g}]; this model takes "
                f"whole numbers from 0 to {self.levels - 1}: give codes of the model that made its training data"
            )
        if self.levels == 2 and not self.draws_pixels and self.kind != "codes":
            self._check_binary(samples)
        return samples

    def _check_binary(self, samples):
        values = as_floats(samples)
        if (grey := values[(values != 0) & (values != 1)]).size:
            raise DataError(
                f"a pixel is {grey[0]:.3g}; this model has a probability only for pixels of 0 and 1: take "
                "binarize=True for training, kerasgen.evaluation.binarize for the likelihood, or levels=256"
            )

    def to_float_tensor(self, samples: Any) -> Any:
        """Return the samples of a batch as a float32 tensor; bytes are divided by 255, unless they are codes."""
        if self.kind == "codes":
            samples = ops.cast(samples, "int32")
        return super().to_float_tensor(samples)

    # -- the steps

    def nll(self, levels: Any, labels: Any, mask: Any = None, training: bool = False) -> Any:
        """Return -log p(x) in nats, (N,), in the order of one mask; arguments as in `logits`."""
        logits = self.logits(levels, labels, mask, training)
        flat = (-1, math.prod(self.sample_shape))
        if self.levels == 2:
            errors = backend.cross_entropy(backend.reshape(levels, flat), backend.reshape(logits, flat))
        else:
            logits = backend.reshape(logits, (*flat, self.levels))
            index = ops.expand_dims(ops.cast(backend.reshape(levels, flat), "int32"), -1)
            errors = ops.logsumexp(logits, axis=-1) - ops.squeeze(ops.take_along_axis(logits, index, axis=-1), -1)
        return ops.sum(errors, axis=-1)

    def mixture_nll(self, levels: Any, labels: Any = None) -> Any:
        """Return -log of the mean of p(x) over all masks, in nats, (N,)."""
        count = ops.shape(levels)[0]
        each = [self.nll(levels, labels, ops.full((count,), m, "int32")) for m in range(self.num_masks)]
        if self.num_masks == 1:
            return each[0]
        return math.log(self.num_masks) - ops.logsumexp(-ops.stack(each), axis=0)

    def compute_losses(self, batch: Batch, noise: dict[str, Any], training: bool = False) -> tuple[Any, dict[str, Any]]:
        """Return `(loss, metrics)` of a batch; a training step uses one mask, a test the mean over all.

        Args:
            batch: samples (N, *sample_shape), and labels (N,) if there are classes.
            noise: name -> values, see `noise`.
            training: whether the networks run in training mode.
        """
        levels = self.to_levels(batch.images, noise.get("pixels"))
        if training:
            mask = ops.cast(noise["mask"] * self.num_masks, "int32") if self.num_masks > 1 else None
            loss = ops.mean(self.nll(levels, batch.labels, mask, True))
        else:
            loss = ops.mean(self.mixture_nll(levels, batch.labels))
        return loss, {"bits_per_dimension": loss / (math.log(2) * math.prod(self.sample_shape))}

    # -- likelihood and samples

    def log_likelihood(self, images: np.ndarray, labels: Any = None) -> np.ndarray:
        """Return log p(x) in nats, exact, float64 (N,); for a conditional model log p(x | label).

        Args:
            images: (N, *sample_shape); of 0 and 1 if the model has two levels.
            labels: (N,), for a conditional model.

        Raises:
            DataError, UsageError: samples or labels that the model cannot take.
        """
        images = self.check_images(images)
        check_not_empty(images)
        if self.levels == 2 and self.kind != "codes":
            self._check_binary(images)
        labels = self.classes.check_given(labels, len(images))
        levels = np.asarray(images, "float32") if self.kind == "codes" else as_floats(images)
        program = backend.compiled(self._nll_of_arrays)
        parts = []
        for rows, valid in _padded_rows(len(images), 256 if self.levels == 2 else PREDICT_BATCH):
            values = program(levels[rows], None if labels is None else labels[rows])
            parts.append(ops.convert_to_numpy(values)[:valid].astype("float64"))
        return -np.concatenate(parts)

    def _nll_of_arrays(self, images, labels):
        return self.mixture_nll(self.to_levels(images), labels)

    def generate(self, n: int, seed: int | None = None, labels: Any = None) -> np.ndarray:
        """Return `n` samples: images (n, H, W, C) in [0, 1], or codes (n, H, W) if there is no codec.

        Args:
            n: number of samples.
            seed: seed of the random numbers; sample i of a seed does not depend on `n`.
            labels: for a conditional model, one class or classes (n,); each class in turn by default.

        Raises:
            UsageError, DataError: see `Classes.check`.
        """
        labels = self.classes.check(labels, n)
        uniforms = self._uniforms(n, seed)
        return self._from_levels(self._draw_all(np.zeros((n, *self.sample_shape), "float32"), uniforms, labels, 0))

    def _uniforms(self, n, seed):
        """Return random numbers (n, D + 1): one for each value, and last one for the mask."""
        self.draw_latents(n, (), 0)  # checks n
        return self.random_generator(seed).random((n, math.prod(self.sample_shape) + 1), dtype="float32")

    def _draw_all(self, levels, uniforms, labels, start):
        """Return levels with all values from position `start` drawn; rows with the same mask are drawn together."""
        masks = (uniforms[:, -1] * self.num_masks).astype("int32").clip(0, self.num_masks - 1)
        uniforms = uniforms[:, :-1].reshape(-1, *self.sample_shape)
        program, drawn = backend.compiled(self.sample_levels), np.empty_like(levels)
        for mask in range(self.num_masks):
            chosen = np.flatnonzero(masks == mask)
            for rows, valid in _padded_rows(len(chosen)):
                rows = chosen[rows]
                given = None if labels is None else labels[rows]
                index = np.full(len(rows), mask, "int32")
                values = program(levels[rows], uniforms[rows], given, index, np.int32(start))
                drawn[rows[:valid]] = ops.convert_to_numpy(values)[:valid]
        return drawn

    def _from_levels(self, levels):
        """Return the samples of levels, decoded by the codec if there is one."""
        if self.kind == "codes":
            codes = levels.astype("int32")
            return codes if self.codec is None else self.codec.decode(codes)
        return (levels / (self.levels - 1.0)).astype("float32")

    # -- codes of another model

    def attach_codec(self, codec: Any) -> None:
        """Attach the frozen model that makes images of codes; `generate` then returns images.

        Args:
            codec: model with `decode`, `num_codes` and `code_shape`, such as a trained VQ-VAE.

        Raises:
            UsageError: the codes of this model are not those of the codec.
        """
        codes = (getattr(codec, "code_shape", None), getattr(codec, "num_codes", None))
        if codes != (self.sample_shape, self.levels):
            raise UsageError(
                f"the codec has codes of shape {codes[0]} with {codes[1]} values, this model {self.sample_shape} with "
                f"{self.levels}; create the model with sample_shape=codec.code_shape and levels=codec.num_codes"
            )
        codec.trainable = False
        self.codec = codec
        if self.origin and codec.origin:  # the file of this model then describes both
            object.__setattr__(self, "origin", self.origin | {"codec": codec.origin})

    @property
    def sample_kind(self) -> str:
        """Kind of the samples that `generate` returns, which determines how they are plotted."""
        return self.kind if self.codec is None else "images"


def choose(logits: Any, uniforms: Any) -> Any:
    """Return one level for each row of logits, float32 (N, ...), by inversion of the distribution function.

    Args:
        logits: (N, ..., K), or log-odds (N, ...) of two levels.
        uniforms: random numbers (N, ...) in [0, 1).
    """
    if len(logits.shape) == len(uniforms.shape):
        return ops.cast(uniforms < ops.sigmoid(logits), "float32")
    cumulative = ops.cumsum(ops.softmax(logits, axis=-1), axis=-1)
    passed = ops.sum(ops.cast(cumulative <= ops.expand_dims(uniforms, -1), "float32"), axis=-1)
    return ops.minimum(passed, logits.shape[-1] - 1.0)  # the last cumulative value can be slightly below 1


def _padded_rows(count, size=PREDICT_BATCH):
    """Yield `(rows, valid)`: `size` row numbers, and the number of new ones among them, which come first.

    The size is always the same, so that one program is compiled.
    """
    for start in range(0, count, size):
        rows = np.arange(start, start + size)
        yield rows.clip(max=count - 1), min(size, count - start)
