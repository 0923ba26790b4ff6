"""Monotonic functions of single numbers, whose parameters a network computes: the transforms of a coupling."""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

from kerasgen.errors import unknown

_LOG_SCALE = 2.0  # bound on the log-scale of an affine transform, to avoid overflow in inverses
_SMALLEST_BIN = 1e-3  # width and height of a bin, as fractions of the interval
_SMALLEST_SLOPE = 1e-3


class Affine:
    """Shift and scale, with a log-scale in (-2, 2); parameters of 0 give the identity.

    Source:
        Dinh et al. 2017, arXiv:1605.08803, equations 4 and 7.

    Example:
        >>> from keras import ops
        >>> Affine().forward(ops.ones((4, 2)), ops.zeros((4, 2, 2)))[0].shape == (4, 2)
        True
    """

    parameters = 2  # for each value

    def forward(self, x: Any, parameters: Any) -> tuple[Any, Any]:
        """Return `(y, log |dy/dx|)`, each with the shape of `x`; `parameters` has one axis more, (..., 2)."""
        shift, log_scale = self._split(parameters)
        return x * ops.exp(log_scale) + shift, log_scale

    def inverse(self, y: Any, parameters: Any) -> Any:
        """Return the x of `y`, with the same parameters."""
        shift, log_scale = self._split(parameters)
        return (y - shift) * ops.exp(-log_scale)

    def _split(self, parameters):
        return parameters[..., 0], _LOG_SCALE * ops.tanh(parameters[..., 1] / _LOG_SCALE)


class RationalQuadraticSpline:
    """Piecewise rational-quadratic function on [-bound, bound], and the identity outside; 0 gives the identity.

    Args:
        bins: number of pieces, 2 or more.
        bound: end of the interval.

    Source:
        Durkan et al. 2019, arXiv:1906.04032, section 3.1; Gregory and Delbourgo 1982.

    Example:
        >>> from keras import ops
        >>> spline = RationalQuadraticSpline(bins=4)
        >>> y, _ = spline.forward(ops.ones((3, 2)), ops.zeros((3, 2, spline.parameters)))
        >>> float(ops.max(ops.abs(y - 1.0))) < 1e-6
        True
    """

    def __init__(self, bins: int = 8, bound: float = 4.0):
        self.bins, self.bound = bins, bound

    @property
    def parameters(self) -> int:
        """Number of parameters for each value: widths, heights, and slopes at the inner knots."""
        return 3 * self.bins - 1

    def forward(self, x: Any, parameters: Any) -> tuple[Any, Any]:
        """Return `(y, log |dy/dx|)`, each with the shape of `x`; `parameters` has one axis more."""
        inner = ops.clip(x, -self.bound, self.bound)
        x0, width, y0, height, slope0, slope1 = self._bin_of(inner, parameters, of_inputs=True)
        slope = height / width  # s_k
        theta = ops.clip((inner - x0) / width, 0.0, 1.0)
        product, rest = theta * (1.0 - theta), 1.0 - theta
        denominator = slope + (slope0 + slope1 - 2.0 * slope) * product
        y = y0 + height * (slope * theta * theta + slope0 * product) / denominator  # equation 4
        numerator = slope1 * theta * theta + 2.0 * slope * product + slope0 * rest * rest
        log_slope = 2.0 * ops.log(slope / denominator) + ops.log(numerator)  # equation 5
        outside = ops.abs(x) > self.bound
        return ops.where(outside, x, y), ops.where(outside, ops.zeros_like(x), log_slope)

    def inverse(self, y: Any, parameters: Any) -> Any:
        """Return the x of `y`, with the same parameters."""
        inner = ops.clip(y, -self.bound, self.bound)
        x0, width, y0, height, slope0, slope1 = self._bin_of(inner, parameters, of_inputs=False)
        slope, above = height / width, inner - y0
        change = above * (slope0 + slope1 - 2.0 * slope)
        a, b, c = height * (slope - slope0) + change, height * slope0 - change, -slope * above  # equations 6 to 8
        root = ops.sqrt(ops.maximum(b * b - 4.0 * a * c, 0.0))
        theta = ops.clip(2.0 * c / (-b - root), 0.0, 1.0)  # stable also if a is near 0
        return ops.where(ops.abs(y) > self.bound, y, x0 + theta * width)

    def _bin_of(self, values, parameters, of_inputs):
        """Return start, width, lower end, height, and both slopes of the bin of each value."""
        bins = self.bins
        x0, width = self._knots(parameters[..., :bins])
        y0, height = self._knots(parameters[..., bins : 2 * bins])
        # A parameter of 0 gives a slope of 1, as at the ends of the interval
        offset = math.log(math.expm1(1.0 - _SMALLEST_SLOPE))
        inner = _SMALLEST_SLOPE + ops.softplus(parameters[..., 2 * bins :] + offset)
        end = ops.ones_like(inner[..., :1])
        slope0, slope1 = ops.concatenate([end, inner], axis=-1), ops.concatenate([inner, end], axis=-1)
        starts = x0 if of_inputs else y0
        above = ops.cast(ops.expand_dims(values, -1) >= starts[..., 1:], "float32")
        chosen = ops.concatenate([end, above], axis=-1) - ops.concatenate([above, ops.zeros_like(end)], axis=-1)
        return [ops.sum(chosen * each, axis=-1) for each in (x0, width, y0, height, slope0, slope1)]

    def _knots(self, raw):
        """Return the starts and the lengths of the bins, each (..., bins)."""
        fractions = _SMALLEST_BIN + (1.0 - _SMALLEST_BIN * self.bins) * ops.softmax(raw, axis=-1)
        lengths = 2.0 * self.bound * fractions
        return ops.cumsum(lengths, axis=-1) - lengths - self.bound, lengths


def element_transform(transform: str, bins: int = 8, bound: float = 4.0) -> Affine | RationalQuadraticSpline:
    """Return the transform of a name in `TRANSFORMS`.

    Args:
        transform: `"affine"` or `"spline"`.
        bins: number of pieces of a spline.
        bound: end of the interval of a spline.

    Raises:
        UsageError: the name is unknown.

    Example:
        >>> element_transform("spline", bins=4).parameters
        11
    """
    if transform not in TRANSFORMS:
        raise unknown("transform", transform, TRANSFORMS)
    return TRANSFORMS[transform](bins, bound)


TRANSFORMS: dict[str, Callable[[int, float], Affine | RationalQuadraticSpline]] = {
    "affine": lambda bins, bound: Affine(),
    "spline": RationalQuadraticSpline,
}
