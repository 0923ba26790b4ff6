"""The exact log-likelihood of a diffusion or flow model.

The functions whose first argument is `self` are methods of `kerasgen.models.Diffusion`.
"""

import math
from typing import Any

import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError
from kerasgen.models.base.adversary import to_discriminator_range
from kerasgen.models.base.images import check_not_empty
from kerasgen.models.base.sampling import check_arrival, labels_of, run_in_batches
from kerasgen.samplers import solvers

MOST_COORDINATES = 64  # of a point whose log-likelihood is computed exactly
_TRACE_BATCH = 128


def trace_flow(
    self: Any, x: Any, directions: Any, labels: Any, tolerance: Any, *, scale: float
) -> tuple[Any, Any, Any]:
    """Return the noise (N, D) of samples, the integral (N,) of the divergence, and the times (N,) that were reached.

    A function for `compiled`; equation 4 of Grathwohl et al. 2019 (arXiv:1810.01367).

    Args:
        self: the model.
        x: tensor (N, D), flat samples.
        directions: tensor (N, K, D), directions d of the derivatives d . J d.
        labels: tensor (N,) or None.
        tolerance: error of a step.
        scale: factor of the sum of these derivatives: 1 for unit vectors, 1 / K for random signs.
    """
    (rows, size), count = x.shape, directions.shape[1]
    directions = backend.reshape(directions, (rows * count, size))
    field = self.field(None if labels is None else ops.repeat(labels, count))

    def augmented(state, times):
        def velocity(flat):
            images = backend.reshape(flat, (rows * count, *self.sample_shape))
            return backend.reshape(field.velocity(images, ops.repeat(times, count)), (rows * count, size))

        flat = ops.repeat(state[:, :size], count, axis=0)
        slope, derivative = ops.jvp(velocity, (flat,), (directions,))
        divergence = ops.sum(backend.reshape(directions * derivative, (rows, count * size)), axis=1, keepdims=True)
        return ops.concatenate([backend.reshape(slope, (rows, count, size))[:, 0], scale * divergence], axis=1)

    state = ops.concatenate([x, ops.zeros((rows, 1))], axis=1)
    low, high = (ops.convert_to_tensor(each, "float32") for each in self.time_range)
    state, reached, _ = solvers.integrate_adaptively(augmented, state, low, high, tolerance)
    return state[:, :size], state[:, size], reached


def log_likelihood(
    self: Any,
    samples: np.ndarray,
    labels: Any = None,
    probes: int = 0,
    seed: int = 0,
    tolerance: float = 1e-5,
) -> np.ndarray:
    """Return log p(x) in nats, float64 (N,), by the change of variables along the probability flow.

    Args:
        self: the model.
        samples: points (N, D), or images (N, H, W, C), whose density is that of values in [0, 1].
        labels: classes (N,), for a conditional model; without labels, the model is unconditional.
        probes: number of random directions of Hutchinson's estimator of the trace, which is unbiased; 0 for the exact
            trace, with one derivative for each value of a sample.
        seed: seed of the directions.
        tolerance: error of a step of the adaptive sampler.

    Raises:
        UsageError: the exact trace of samples with more than 64 values.

    Source:
        Grathwohl et al. 2019, arXiv:1810.01367, equations 4 and 8.
    """
    samples = as_floats(self.check_images(samples))
    check_not_empty(samples)
    if not probes and self.latent_dim > MOST_COORDINATES:
        raise UsageError(
            f"the exact trace of samples with {self.latent_dim:,} values takes as many derivatives; "
            "give probes, such as 8"
        )
    flat = to_discriminator_range(samples).reshape(len(samples), -1).astype("float32")
    if probes:
        signs = self.random_generator(seed).integers(0, 2, (len(flat), probes, self.latent_dim))
        directions, scale = (2 * signs - 1).astype("float32"), 1.0 / probes
    else:
        directions, scale = (
            np.broadcast_to(np.eye(self.latent_dim, dtype="float32"), (len(flat), *[self.latent_dim] * 2)),
            1.0,
        )
    program = backend.compiled(self.trace_flow, scale=scale)
    arrays = [flat, directions, labels_of(self, labels, len(flat))]
    with self.averaged():
        noise, integral, reached = run_in_batches(
            lambda *rows: program(*rows, np.float32(tolerance)), arrays, _TRACE_BATCH
        )
    check_arrival(reached, self.time_range[1], tolerance)
    noise = noise.astype("float64")
    log_density = -0.5 * (noise**2).sum(axis=1) - 0.5 * self.latent_dim * math.log(2 * math.pi)
    return log_density + integral + (0.0 if self.is_of_points else self.latent_dim * math.log(2.0))
