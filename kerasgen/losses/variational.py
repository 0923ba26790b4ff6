"""The two parts of the evidence lower bound (Kingma and Welling 2014), in nats for each image."""

from collections.abc import Callable
from dataclasses import dataclass

from keras import ops


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
    return [ops.reshape(tensor, (ops.shape(tensor)[0], -1)) for tensor in tensors]


def _bernoulli(images, logits):
    # -x log y - (1 - x) log(1 - y) with y = sigmoid(logit); grey pixels count as probabilities
    images, logits = in_rows(images, logits)
    return ops.sum(ops.softplus(logits) - images * logits, axis=-1)


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
