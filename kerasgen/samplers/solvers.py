"""Samplers of diffusion and flow models: how noise at time 1 becomes a sample at time 0.

A sampler is a function of tensors alone, so that all its steps become one program. It evaluates a `Field`. Samplers
without noise also run backwards, from a sample to its noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from kerasgen.samplers.paths import Path

MOST_ATTEMPTS = 1000  # steps of the adaptive sampler, accepted or not
_FIRST_STEP = 0.01
_SHRINK, _GROW, _SAFETY = 0.2, 5.0, 0.9  # of a step


@dataclass(frozen=True)
class Field:
    """The functions of a trained model that a sampler calls.

    Attributes:
        predict: function from samples (N, ...) and times (N,) to estimates of the data x and the noise e.
        path: the path between them.
        clip: whether the data are in [-1, 1], so that DDPM and DDIM clip their estimates.
        mean_velocity: function from samples (N, ...) and times t and s (N,) to the mean velocity between the times,
            (x_t - x_s) / (t - s), for the sampler `mean`; None if the model does not predict it.
    """

    predict: Callable[[Any, Any], tuple[Any, Any]]
    path: Path
    clip: bool = False
    mean_velocity: Any = None

    def velocity(self, x: Any, t: Any) -> Any:
        """Return dx_t / dt of the probability flow (N, ...) at samples `x` and times `t`, a scalar or (N,)."""
        times = ops.broadcast_to(t, (x.shape[0],))
        clean, noise = self.predict(x, times)
        of_clean, of_noise = (columns(each, x) for each in self.path.rates(times))
        return of_clean * clean + of_noise * noise

    def estimate(self, x: Any, t: Any) -> tuple[Any, Any]:
        """Return estimates of data and noise at samples `x` and a scalar time; the data are clipped."""
        clean, noise = self.predict(x, ops.broadcast_to(t, (x.shape[0],)))
        return (ops.clip(clean, -1.0, 1.0) if self.clip else clean), noise


def columns(values: Any, x: Any) -> Any:
    """Return values (N,) with the number of axes of `x` (N, ...)."""
    return ops.reshape(values, (-1, *[1] * (len(x.shape) - 1)))


# -- one step from time t to time s; `noise` (N, ...) is standard normal


def euler(field: Field, x: Any, t: Any, s: Any, noise: Any = None, eta: Any = 0.0) -> Any:
    """Return x_s of Euler's method."""
    return x + (s - t) * field.velocity(x, t)


def midpoint(field: Field, x: Any, t: Any, s: Any, noise: Any = None, eta: Any = 0.0) -> Any:
    """Return x_s of the midpoint method, of second order."""
    middle = x + 0.5 * (s - t) * field.velocity(x, t)
    return x + (s - t) * field.velocity(middle, 0.5 * (s + t))


def heun(field: Field, x: Any, t: Any, s: Any, noise: Any = None, eta: Any = 0.0) -> Any:
    """Return x_s of Heun's method, of second order (Karras et al. 2022, arXiv:2206.00364, algorithm 1)."""
    first = field.velocity(x, t)
    second = field.velocity(x + (s - t) * first, s)
    return x + 0.5 * (s - t) * (first + second)


def ddim(field: Field, x: Any, t: Any, s: Any, noise: Any = None, eta: Any = 0.0) -> Any:
    """Return x_s of DDIM (Song et al. 2020, arXiv:2010.02502, eq. 12); `eta` 1 has the variance of DDPM."""
    clean, predicted = field.estimate(x, t)
    alpha, sigma = field.path.coefficients(s)
    variance = ops.square(eta) * _posterior_variance(field.path, t, s)
    x = alpha * clean + ops.sqrt(ops.maximum(ops.square(sigma) - variance, 0.0)) * predicted
    return x if noise is None else x + ops.sqrt(variance) * noise


def ddpm(field: Field, x: Any, t: Any, s: Any, noise: Any = None, eta: Any = 0.0) -> Any:
    """Return x_s drawn from q(x_s | x_t, x) (Ho et al. 2020, arXiv:2006.11239, eq. 7), with x estimated."""
    clean, _ = field.estimate(x, t)
    (alpha_t, sigma_t), (alpha_s, sigma_s) = field.path.coefficients(t), field.path.coefficients(s)
    ratio, variance = alpha_t / alpha_s, _posterior_variance(field.path, t, s)
    of_clean = alpha_s * (1.0 - ops.square(ratio * sigma_s / sigma_t))
    return of_clean * clean + ratio * ops.square(sigma_s / sigma_t) * x + ops.sqrt(variance) * noise


def mean(field: Field, x: Any, t: Any, s: Any, noise: Any = None, eta: Any = 0.0) -> Any:
    """Return x_s of a jump with the mean velocity (Geng et al. 2025, arXiv:2505.13447, eq. 12)."""
    start, end = (ops.broadcast_to(time, (x.shape[0],)) for time in (t, s))
    return x + (s - t) * field.mean_velocity(x, start, end)


def _posterior_variance(path, t, s):
    """Return the variance of q(x_s | x_t, x); equation 7 of DDPM, written for any path."""
    (alpha_t, sigma_t), (alpha_s, sigma_s) = path.coefficients(t), path.coefficients(s)
    kept = ops.square(alpha_t / alpha_s * sigma_s / sigma_t)
    return ops.square(sigma_s) * ops.maximum(1.0 - kept, 0.0)


@dataclass(frozen=True)
class Solver:
    """A sampler with steps of fixed size.

    Attributes:
        step: function of `(field, x, t, s, noise, eta)` that returns x_s.
        evaluations: evaluations of the network in a step.
        has_noise: whether a step adds noise. Only samplers without noise run backwards.
        is_exact: whether a step formula holds down to time 0 on every path, because it uses no rates.
    """

    step: Callable[..., Any]
    evaluations: int = 1
    has_noise: bool = False
    is_exact: bool = False


SOLVERS = {
    "euler": Solver(euler),
    "midpoint": Solver(midpoint, 2),
    "heun": Solver(heun, 2),
    "ddim": Solver(ddim, has_noise=True, is_exact=True),
    "ddpm": Solver(ddpm, has_noise=True, is_exact=True),
    "mean": Solver(mean),
}
ADAPTIVE, MEAN = "adaptive", "mean"
NAMES = (*(name for name in SOLVERS if name != MEAN), ADAPTIVE)  # for all models
REVERSIBLE = tuple(name for name in NAMES if name == ADAPTIVE or not SOLVERS[name].has_noise)


def integrate(
    solver: Solver, field: Field, x: Any, times: Any, noise: Any = None, eta: Any = 0.0, repair: Callable | None = None
) -> Any:
    """Return the sample at the last of `times`, after one step between consecutive times.

    Args:
        solver: a value of `SOLVERS`.
        field: the model.
        x: tensor (N, ...), the samples at the first time.
        times: tensor (steps + 1,).
        noise: tensor (N, steps, ...) for a solver with noise, or None.
        eta: noise of DDIM relative to DDPM, a number or scalar tensor.
        repair: function of `(x, t)` that changes the samples after each step, or None.
    """

    def step(i, x):
        t, s = times[i], times[i + 1]
        x = solver.step(field, x, t, s, None if noise is None else ops.take(noise, i, axis=1), eta)
        return x if repair is None else repair(x, s)

    return ops.fori_loop(0, times.shape[0] - 1, step, x)


# The method of Dormand and Prince (1980) of order 5, with an error estimate of order 4
_NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0)
_STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
)
_FIFTH = (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def integrate_adaptively(velocity: Callable[[Any, Any], Any], x: Any, start: Any, end: Any, tolerance: Any) -> Any:
    """Integrate dx/dt = velocity(x, t) with steps that keep the error of a step below the tolerance.

    Each sample has steps of its own, so that a sample does not depend on the others of its batch.

    Args:
        velocity: function from samples (N, ...) and times (N,) to their derivative.
        x: tensor (N, ...), the samples at time `start`.
        start: scalar, the first time.
        end: scalar, the last time.
        tolerance: scalar; the root mean square of the error of a step is at most tolerance * (1 + |x|).

    Returns:
        `(x, t, attempts)`: the samples; the times (N,) that they have reached, which are `end` if they have arrived
        within `MOST_ATTEMPTS`; and the number of attempted steps.
    """
    rows = (x.shape[0],)
    sign = ops.sign(ops.cast(end - start, "float32"))
    t = ops.broadcast_to(ops.cast(start, "float32"), rows)
    size = _FIRST_STEP * ops.ones(rows, "float32")

    def unfinished(x, slope, t, size, attempts):
        return ops.logical_and(ops.any(t != end), attempts < MOST_ATTEMPTS)

    def attempt(x, slope, t, size, attempts):
        left = ops.abs(end - t)
        is_last = size >= left
        step = sign * ops.where(is_last, left, size)
        slopes = [slope]
        for node, stage in zip(_NODES[1:], _STAGES[1:]):
            slopes.append(velocity(x + columns(step, x) * _sum(stage, slopes), t + node * step))
        proposed = x + columns(step, x) * _sum(_FIFTH, slopes)
        reached = ops.where(is_last, end * ops.ones_like(t), t + step)
        slopes.append(velocity(proposed, reached))
        error = columns(step, x) * _sum(_ERROR, slopes) / (1.0 + ops.maximum(ops.abs(x), ops.abs(proposed)))
        ratio = ops.sqrt(ops.mean(ops.square(error), axis=tuple(range(1, len(x.shape))))) / tolerance
        is_accepted = ratio <= 1.0  # false for NaN
        factor = ops.clip(_SAFETY * ops.power(ops.maximum(ratio, 1e-10), -0.2), _SHRINK, _GROW)
        factor = ops.where(ratio < float("inf"), factor, _SHRINK * ops.ones_like(factor))
        accepted = columns(is_accepted, x)
        x, slope = ops.where(accepted, proposed, x), ops.where(accepted, slopes[-1], slope)
        size = ops.where(left > 0, ops.abs(step) * factor, size)
        return x, slope, ops.where(is_accepted, reached, t), size, attempts + 1

    x, _, t, _, attempts = ops.while_loop(unfinished, attempt, (x, velocity(x, t), t, size, ops.zeros((), "int32")))
    return x, t, attempts


def _sum(weights, tensors):
    return sum(weight * tensor for weight, tensor in zip(weights, tensors) if weight)
