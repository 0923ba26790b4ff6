"""The two parts of the evidence lower bound (Kingma and Welling 2014), in nats for each image."""

from collections.abc import Callable
from dataclasses import dataclass

from keras import ops

from kerasgen import backend


@dataclass(frozen=True)
class Likelihood:
    """How a decoder's raw outputs become a distribution over images.

    Attributes:
        reconstruction_error: (images, raw outputs), each (N, ...) -> -log p(x | z), shape (N,).
        mean: raw outputs -> the mean image.
        bounds: the values that images may take.
    """

    reconstruction_error: Callable
    mean: Callable
    bounds: tuple[float, float]


def in_rows(*tensors):
    """Return tensors (N, ...) as (N, D): XLA computes along a last axis of a single channel number by number."""
    return [backend.reshape(tensor, (ops.shape(tensor)[0], -1)) for tensor in tensors]


def _bernoulli(images, logits):
    # grey pixels count as probabilities
    return ops.sum(backend.cross_entropy(*in_rows(images, logits)), axis=-1)


def _gaussian(images, means):
    # -log N(x; mean, I), without the constant (log 2 pi) / 2 for each pixel
    images, means = in_rows(images, means)
    return ops.sum(0.5 * ops.square(images - means), axis=-1)


LIKELIHOODS = {
    "bernoulli": Likelihood(_bernoulli, ops.sigmoid, (0.0, 1.0)),
    "gaussian": Likelihood(_gaussian, lambda means: means, (-float("inf"), float("inf"))),
}


def kl_divergence(mean, log_variance):
    """Return KL(N(mean, exp(log_variance)) || N(0, I)) for arguments (N, D): shape (N,), in nats.

    Source: Kingma and Welling 2014, appendix B.
    """
    return -0.5 * ops.sum(1.0 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)


def systematic_resample(log_weights, places, count):
    """Return `count` indices for each row of weights: index i is expected `count` times its share of the weights.

    They are where equal steps from one random place fall in the running sum (systematic resampling, Kitagawa 1996),
    which scatters less than as many independent draws.

    Args:
        log_weights: (N, K).
        places: (N, 1) in [0, 1).
        count: int.

    Returns:
        int (N, count).
    """
    sums = ops.cumsum(ops.softmax(log_weights, axis=1), axis=1)
    steps = (places + ops.arange(count, dtype="float32")) / count
    passed = ops.expand_dims(sums, 1) <= ops.expand_dims(steps, 2)
    # rounding can leave the whole sum a little below 1
    return ops.minimum(ops.sum(ops.cast(passed, "int32"), axis=2), log_weights.shape[1] - 1)
