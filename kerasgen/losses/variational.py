"""The two terms of the evidence lower bound (ELBO; Kingma and Welling 2014, arXiv:1312.6114), in nats per image."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from kerasgen import backend


@dataclass(frozen=True)
class Likelihood:
    """Distribution of an image given the raw outputs of a decoder.

    Attributes:
        reconstruction_error: function (images, raw outputs), both (N, ...), that returns -log p(x | z), shape (N,).
        mean: function of raw outputs that returns the mean image.
        bounds: smallest and largest value that images may have.
    """

    reconstruction_error: Callable[[Any, Any], Any]
    mean: Callable[[Any], Any]
    bounds: tuple[float, float]


def flatten_each(*tensors: Any) -> list[Any]:
    """Return tensors (N, ...) as (N, D), because XLA is slow along a last axis of one channel."""
    return [backend.reshape(tensor, (ops.shape(tensor)[0], -1)) for tensor in tensors]


def _bernoulli_error(images, logits):
    # grey values are probabilities
    return ops.sum(backend.cross_entropy(*flatten_each(images, logits)), axis=-1)


def _gaussian_error(images, means):
    # -log N(x; mean, I), without the constant log(2 pi) / 2 per pixel
    images, means = flatten_each(images, means)
    return ops.sum(0.5 * ops.square(images - means), axis=-1)


LIKELIHOODS = {
    "bernoulli": Likelihood(_bernoulli_error, ops.sigmoid, (0.0, 1.0)),
    "gaussian": Likelihood(_gaussian_error, lambda means: means, (-float("inf"), float("inf"))),
}


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """Return KL(N(mean, exp(log_variance)) || N(0, I)) in nats, shape (N,).

    Args:
        mean: tensor (N, D).
        log_variance: tensor (N, D).

    Example:
        >>> from keras import ops
        >>> from kerasgen.losses import kl_divergence
        >>> float(kl_divergence(ops.ones((1, 4)), ops.zeros((1, 4)))[0])
        2.0

    Source:
        Kingma and Welling 2014, appendix B.
    """
    return -0.5 * ops.sum(1.0 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)


def systematic_resample(log_weights: Any, uniforms: Any, num_samples: int) -> Any:
    """Return indices (N, num_samples), int32, in which index i is expected in proportion to its weight.

    The indices are those at which `num_samples` equally spaced points, with one random offset, fall in the cumulative
    weights. They have a lower variance than independent draws.

    Args:
        log_weights: logarithms of the weights (N, K), up to a constant for each row.
        uniforms: random numbers (N, 1) in [0, 1).
        num_samples: number of indices for each row.

    Example:
        >>> from keras import ops
        >>> from kerasgen.losses import systematic_resample
        >>> weights = ops.array([[0.25, 0.0, 0.75]])
        >>> ops.convert_to_numpy(systematic_resample(ops.log(weights), ops.array([[0.5]]), 4)).tolist()
        [[0, 2, 2, 2]]

    Source:
        Kitagawa 1996, Journal of Computational and Graphical Statistics 5(1).
    """
    cumulative = ops.cumsum(ops.softmax(log_weights, axis=1), axis=1)
    points = (uniforms + ops.arange(num_samples, dtype="float32")) / num_samples
    passed = ops.expand_dims(cumulative, 1) <= ops.expand_dims(points, 2)
    # the last cumulative weight can be slightly below 1, because of rounding
    return ops.minimum(ops.sum(ops.cast(passed, "int32"), axis=2), log_weights.shape[1] - 1)
