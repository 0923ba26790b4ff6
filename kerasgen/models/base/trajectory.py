"""Samples of a diffusion or flow model at times from noise to data."""

from typing import Any

import numpy as np

from kerasgen import backend
from kerasgen.errors import UsageError
from kerasgen.models.base.adversary import from_discriminator_range
from kerasgen.models.base.images import to_public_range
from kerasgen.models.base.sampling import IMAGE_BATCH, POINT_BATCH, labels_of, run_in_batches


def trajectory(
    self: Any, n: int, seed: int | None = None, labels: Any = None, frames: int = 11
) -> tuple[np.ndarray, np.ndarray]:
    """Return samples at times from noise to data, by Heun's method with one step between two times.

    A method of `kerasgen.models.Diffusion`.

    Args:
        self: the model.
        n: number of samples.
        seed: seed of the noise; sample i of a seed does not depend on `n`.
        labels: for a conditional model, one class or classes (n,); without labels, the model is unconditional.
        frames: number of times, 2 or more.

    Returns:
        `(times, samples)`: the times (frames,), from 1 for noise to 0 for data; and the samples
        (frames, n, *sample_shape), images in [0, 1] or points.

    Raises:
        UsageError: fewer than 2 frames.
        DataError: labels that are no classes.
    """
    if frames < 2:
        raise UsageError(f"frames is {frames}; it is the number of times from noise to data, at least 2")
    low, high = self.time_range
    times = np.linspace(high, low, frames, dtype="float32")
    labels, numbers = labels_of(self, labels, n), np.zeros(3, "float32")
    program = backend.compiled(self.run_sampler, sampler="heun", guided=False)
    samples = [self.draw_latents(n, self.sample_shape, seed)]
    with self.averaged():
        for k in range(frames - 1):

            def step(x, labels, pair=times[k : k + 2]):
                return program(x, pair, None, labels, numbers, None, None)

            batch = POINT_BATCH if self.is_of_points else IMAGE_BATCH
            samples.append(run_in_batches(step, [samples[-1], labels], batch)[0])
    return times, np.stack([to_public_range(from_discriminator_range(each)) for each in samples])
