"""Paths from data to noise, and the quantities that a network predicts on them.

On a path the sample at time t in [0, 1] is x_t = alpha(t) x + sigma(t) e, with data x at t = 0 and normal noise e at
t = 1. Every quantity that a network predicts is a x + b e with known a and b. So its value and x_t give x and e, and
all samplers work for all paths and predictions.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

Pair = tuple[Any, Any]

BETAS = (0.1, 20.0)  # smallest and largest rate of the linear schedule (Song et al. 2021, arXiv:2011.13456, eq. 32)
MARGIN = 1e-3  # distance of the times from an end at which a quantity is infinite


@dataclass(frozen=True)
class Path:
    """The coefficients of a path.

    Attributes:
        coefficients: function from times to `(alpha, sigma)`.
        rates: function from times to their derivatives `(d alpha / dt, d sigma / dt)`.
        is_straight: whether alpha and sigma are linear in the time, so that no rate is infinite.
    """

    coefficients: Callable[[Any], Pair]
    rates: Callable[[Any], Pair]
    is_straight: bool = False


def _straight(t):
    return 1.0 - t, t


def _straight_rates(t):
    return -ops.ones_like(t), ops.ones_like(t)


def _cosine(t):
    return ops.cos(0.5 * math.pi * t), ops.sin(0.5 * math.pi * t)


def _cosine_rates(t):
    alpha, sigma = _cosine(t)
    return -0.5 * math.pi * sigma, 0.5 * math.pi * alpha


def _log_alpha(t):
    low, high = BETAS
    return -0.25 * (high - low) * ops.square(t) - 0.5 * low * t


def _linear(t):
    logarithm = _log_alpha(t)
    return ops.exp(logarithm), ops.sqrt(ops.maximum(-ops.expm1(2.0 * logarithm), 0.0))


def _linear_rates(t):
    low, high = BETAS
    (alpha, sigma), rate = _linear(t), -0.5 * (high - low) * t - 0.5 * low
    return alpha * rate, -ops.square(alpha) * rate / sigma  # because alpha^2 + sigma^2 = 1


PATHS = {
    # Lipman et al. 2023, arXiv:2210.02747, eq. 20 with sigma_min = 0; Liu et al. 2023, arXiv:2209.03003, eq. 1
    "straight": Path(_straight, _straight_rates, is_straight=True),
    # Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17 with s = 0, in continuous time
    "cosine": Path(_cosine, _cosine_rates),
    # Ho et al. 2020, arXiv:2006.11239, section 4, in continuous time
    "linear": Path(_linear, _linear_rates),
}

# Name -> function from `(alpha, sigma)` to the weights `(a, b)` of x and e in the predicted quantity
PREDICTIONS: dict[str, Callable[[Any, Any], Pair]] = {
    "noise": lambda alpha, sigma: (ops.zeros_like(alpha), ops.ones_like(alpha)),
    "image": lambda alpha, sigma: (ops.ones_like(alpha), ops.zeros_like(alpha)),
    "v": lambda alpha, sigma: (-sigma, alpha),  # Salimans and Ho 2022, arXiv:2202.00512, appendix D
    "velocity": lambda alpha, sigma: (-ops.ones_like(alpha), ops.ones_like(alpha)),  # dx_t / dt of the straight path
}

# Name -> function from `(alpha, sigma, determinant)` to the weight of the squared error of the predicted quantity. The
# error of x is sigma / determinant times that error, and the error of e is alpha / determinant times it.
WEIGHTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "simple": lambda alpha, sigma, determinant: ops.ones_like(alpha),
    "noise": lambda alpha, sigma, determinant: ops.square(alpha / determinant),
    "image": lambda alpha, sigma, determinant: ops.square(sigma / determinant),
    # Salimans and Ho 2022, section 4: max(SNR, 1) times the error of x
    "truncated_snr": lambda alpha, sigma, determinant: (
        ops.maximum(ops.square(alpha), ops.square(sigma)) / ops.square(determinant)
    ),
    # Hang et al. 2023, arXiv:2303.09556, eq. 8 with gamma = 5: min(SNR, 5) times the error of x
    "min_snr": lambda alpha, sigma, determinant: (
        ops.minimum(ops.square(alpha), 5.0 * ops.square(sigma)) / ops.square(determinant)
    ),
}


def determinant(coefficients: Pair, weights: Pair) -> Any:
    """Return alpha b - sigma a, the determinant of the equations for x and e.

    Example:
        >>> determinant((0.6, 0.8), (-0.8, 0.6))
        1.0
    """
    (alpha, sigma), (a, b) = coefficients, weights
    return alpha * b - sigma * a


def solve(noisy: Any, predicted: Any, coefficients: Pair, weights: Pair) -> Pair:
    """Return the `(x, e)` with alpha x + sigma e = `noisy` and a x + b e = `predicted`.

    Args:
        noisy: tensor x_t.
        predicted: tensor of the same shape.
        coefficients: `(alpha, sigma)`, numbers or tensors.
        weights: `(a, b)`, numbers or tensors.

    Example:
        >>> solve(0.7, 0.0, (0.7, 0.3), (0.0, 1.0))
        (1.0, 0.0)
    """
    (alpha, sigma), (a, b) = coefficients, weights
    scale = determinant(coefficients, weights)
    return (b * noisy - sigma * predicted) / scale, (alpha * predicted - a * noisy) / scale


def time_range(path: str, prediction: str) -> tuple[float, float]:
    """Return the smallest and the largest time at which x, e and the rates are finite.

    Args:
        path: a key of `PATHS`.
        prediction: a key of `PREDICTIONS`.

    Example:
        >>> time_range("straight", "velocity"), time_range("cosine", "v")
        ((0.0, 1.0), (0.001, 1.0))
    """
    is_straight = PATHS[path].is_straight
    low = 0.0 if is_straight and prediction != "image" else MARGIN
    # Without an image in x_1, an error of the noise is an infinite error of the image
    high = 1.0 - (10 * MARGIN if prediction == "noise" and path != "linear" else 0.0)
    return low, high
