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


def _sum_over_pixels(values):
    return ops.sum(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)


def _bernoulli(images, logits):
    # -x log y - (1 - x) log(1 - y) with y = sigmoid(logit); grey pixels count as probabilities
    return _sum_over_pixels(ops.softplus(logits) - images * logits)


def _gaussian(images, means):
    # -log N(x; mean, I), without the constant (log 2 pi) / 2 for each pixel
    return _sum_over_pixels(0.5 * ops.square(images - means))


LIKELIHOODS = {
    "bernoulli": Likelihood(_bernoulli, ops.sigmoid, (0.0, 1.0)),
    "gaussian": Likelihood(_gaussian, lambda means: means, (-float("inf"), float("inf"))),
}


def kl_divergence(mean, log_variance):
    """Return KL(N(mean, exp(log_variance)) || N(0, I)) for arguments (N, D): shape (N,), in nats.

    Source: Kingma and Welling 2014, appendix B.
    """
    return -0.5 * ops.sum(1.0 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)
