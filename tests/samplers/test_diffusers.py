"""The steps of the samplers are those of the schedulers of diffusers, for the same predictions.

Skipped where diffusers is not installed: `pip install diffusers`.
"""

import numpy as np
import pytest
from keras import ops

from kerasgen.samplers import paths, solvers
from tests.tensors import array, tensor

diffusers = pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

pytestmark = pytest.mark.once

STEPS, LEVELS = 10, 1000
X = np.random.default_rng(0).standard_normal((4, 3)).astype("float32")


def predict(x):
    """Return a prediction (N, D) that depends on the samples in a nonlinear way."""
    return ops.sin(2.0 * x) + 0.3 * x


def discrete_field(scheduler):
    """Return the field of a prediction of the noise on the levels of a scheduler; level 0 has no noise."""
    squares = np.concatenate([[1.0], scheduler.alphas_cumprod.numpy().astype("float64")])
    alphas, sigmas = tensor(np.sqrt(squares)), tensor(np.sqrt(1 - squares))

    def coefficients(t):
        level = ops.cast(t, "int32")
        return ops.take(alphas, level, axis=0), ops.take(sigmas, level, axis=0)

    path = paths.Path(coefficients, lambda t: (t, t))

    def estimates(x, t):
        alpha, sigma = (solvers.columns(each, x) for each in coefficients(t))
        noise = predict(x)
        return (x - sigma * noise) / alpha, noise

    return solvers.Field(estimates, path)


def straight_field():
    def estimates(x, t):
        t, velocity = solvers.columns(t, x), predict(x)
        return x - t * velocity, x + (1.0 - t) * velocity

    return solvers.Field(estimates, paths.PATHS["straight"])


def integrate(name, field, times, noise=None, eta=0.0):
    noise = None if noise is None else tensor(noise)
    return array(solvers.integrate(solvers.SOLVERS[name], field, tensor(X), tensor(times), noise, eta))


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim(eta):
    scheduler = diffusers.DDIMScheduler(LEVELS, clip_sample=False, set_alpha_to_one=True)
    scheduler.set_timesteps(STEPS)
    noise = np.random.default_rng(1).standard_normal((4, STEPS, 3)).astype("float32")
    x = torch.tensor(X)
    for i, t in enumerate(scheduler.timesteps):
        x = scheduler.step(predict(x), int(t), x, eta=eta, variance_noise=torch.tensor(noise[:, i])).prev_sample
    times = [*(scheduler.timesteps.numpy() + 1), 0]
    ours = integrate("ddim", discrete_field(scheduler), times, noise if eta else None, eta)
    np.testing.assert_allclose(ours, x.numpy(), rtol=1e-5, atol=1e-5)


def test_ddpm():
    scheduler = diffusers.DDPMScheduler(LEVELS, clip_sample=False, variance_type="fixed_small")
    scheduler.set_timesteps(STEPS)
    generator, x = torch.Generator().manual_seed(0), torch.tensor(X)
    for t in scheduler.timesteps:
        x = scheduler.step(predict(x), int(t), x, generator=generator).prev_sample
    generator.manual_seed(0)  # the last step adds no noise
    noise = np.stack([torch.randn(4, 3, generator=generator).numpy() for _ in range(STEPS)], axis=1)
    times = [*(scheduler.timesteps.numpy() + 1), 0]
    ours = integrate("ddpm", discrete_field(scheduler), times, noise)
    np.testing.assert_allclose(ours, x.numpy(), rtol=1e-5, atol=1e-5)


def test_euler():
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(LEVELS)
    scheduler.set_timesteps(STEPS)
    x = torch.tensor(X)
    for t in scheduler.timesteps:
        x = scheduler.step(predict(x), t, x).prev_sample
    ours = integrate("euler", straight_field(), scheduler.sigmas.numpy())
    np.testing.assert_allclose(ours, x.numpy(), rtol=1e-5, atol=1e-5)


def test_heun():
    """The last step of the scheduler is one of Euler's, which is left out."""
    scheduler = diffusers.FlowMatchHeunDiscreteScheduler(LEVELS)
    scheduler.set_timesteps(STEPS)
    x = torch.tensor(X)
    for t in scheduler.timesteps[:-1]:
        x = scheduler.step(predict(x), t, x).prev_sample
    times = np.unique(scheduler.sigmas.numpy())[::-1][:-1]
    assert len(times) == STEPS
    ours = integrate("heun", straight_field(), times.copy())
    np.testing.assert_allclose(ours, x.numpy(), rtol=1e-5, atol=1e-5)
