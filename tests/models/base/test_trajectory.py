"""Samples of a flow on their way from noise to data."""

import numpy as np
import pytest

from kerasgen import zoo
from kerasgen.errors import UsageError


def test_a_trajectory_starts_with_the_noise_and_ends_with_the_samples():
    model = zoo.get("flow").create((2,), hidden_dim=8, depth=1)
    times, samples = model.trajectory(5, seed=1)
    assert times[0] == pytest.approx(1.0)
    assert (np.diff(times) < 0).all()
    np.testing.assert_array_equal(samples[0], model.draw_latents(5, (2,), 1))
    np.testing.assert_allclose(samples[-1], model.generate(5, seed=1, sampler="heun", steps=10), atol=1e-5)
    np.testing.assert_array_equal(model.trajectory(3, seed=1)[1], samples[:, :3])


def test_images_are_in_the_public_range_and_a_single_time_is_refused():
    model = zoo.get("flow").create((8, 8, 1), num_classes=3, width=4, conditional=True)
    _, samples = model.trajectory(2, seed=0, labels=1, frames=3)
    assert samples.shape == (3, 2, 8, 8, 1)
    assert samples.min() >= 0
    assert samples.max() <= 1
    with pytest.raises(UsageError, match="at least 2"):
        model.trajectory(2, frames=1)
