"""Samplers of diffusion models, on data whose answer is known: x is N(mean, spread^2) for each value."""

import numpy as np
import pytest

from kerasgen.samplers import paths, solvers
from tests.compiled import compiled
from tests.tensors import array, tensor

MEAN, SPREAD = 2.0, 0.5


def estimates(path):
    """Return the exact E[x | x_t] and E[e | x_t]."""

    def predict(x, t):
        alpha, sigma = (solvers.columns(each, x) for each in path.coefficients(t))
        gain = alpha * SPREAD**2 / (alpha**2 * SPREAD**2 + sigma**2)
        clean = MEAN + gain * (x - alpha * MEAN)
        return clean, (x - alpha * clean) / sigma

    return predict


def field(name):
    path = paths.PATHS[name]
    return solvers.Field(estimates(path), path)


def run(name, sampler, x, times, noise=None, eta=0.0):
    def sample(x, times, noise):
        return solvers.integrate(solvers.SOLVERS[sampler], field(name), x, times, noise, tensor(eta))

    return array(compiled(sample)(x, times.astype("float32"), noise))


X = np.random.default_rng(0).standard_normal((6, 3)).astype("float32")


@pytest.mark.parametrize("name", paths.PATHS)
def test_samplers_reach_the_exact_map_from_noise_to_data(name):
    """The flow of a normal distribution is linear, and maps quantiles to quantiles."""
    times = np.linspace(0.999, 1e-3, 41)
    expected = MEAN + SPREAD * X
    for sampler, tolerance in (("euler", 0.15), ("midpoint", 0.02), ("heun", 0.02), ("ddim", 0.15)):
        np.testing.assert_allclose(run(name, sampler, X, times), expected, atol=tolerance, err_msg=sampler)
    finest = run(name, "heun", X, np.linspace(0.999, 1e-3, 321))
    errors = [np.abs(run(name, "heun", X, np.linspace(0.999, 1e-3, n)) - finest).max() for n in (11, 41)]
    assert errors[1] < errors[0] / 4


def test_on_the_straight_path_ddim_is_euler():
    times = np.linspace(0.999, 1e-3, 6)
    np.testing.assert_allclose(run("straight", "ddim", X, times), run("straight", "euler", X, times), atol=1e-4)


@pytest.mark.once
@pytest.mark.parametrize("name", paths.PATHS)
def test_samplers_with_noise_have_the_moments_of_the_data(name):
    rng = np.random.default_rng(1)
    x, noise = (rng.standard_normal(shape).astype("float32") for shape in ((1000, 3), (1000, 80, 3)))
    times = np.linspace(0.99, 1e-3, 81)
    for sampler, eta in (("ddpm", 0.0), ("ddim", 1.0), ("ddim", 0.5)):
        samples = run(name, sampler, x, times, noise, eta)
        assert samples.mean() == pytest.approx(MEAN, abs=0.05)
        assert samples.std() == pytest.approx(SPREAD, abs=0.05)
    np.testing.assert_allclose(run(name, "ddpm", x, times, noise), run(name, "ddim", x, times, noise, 1.0), atol=1e-3)


def adaptive(velocity, x, start, end, tolerance):
    def sample(x):
        return solvers.integrate_adaptively(velocity, x, tensor(start), tensor(end), tensor(tolerance))

    return [array(each) for each in compiled(sample)(x)]


def _decay(x, t):
    return -solvers.columns(1.0 + t, x) * x


def test_the_adaptive_sampler_is_as_exact_as_asked_in_both_directions():
    x, t, attempts = adaptive(_decay, X, 0.0, 1.0, 1e-5)
    np.testing.assert_allclose(x, X * np.exp(-1.5), atol=1e-4)
    assert (t == 1.0).all()
    assert 3 < attempts < 40
    back, _, _ = adaptive(_decay, x, 1.0, 0.0, 1e-5)
    np.testing.assert_allclose(back, X, atol=5e-4)
    alone, _, _ = adaptive(_decay, X[:1], 0.0, 1.0, 1e-5)
    np.testing.assert_allclose(alone, x[:1], atol=1e-6)


@pytest.mark.once
def test_an_adaptive_sampler_that_cannot_arrive_stops():
    _, t, attempts = adaptive(lambda x, t: x * solvers.columns(1.0 / (0.5 - t), x), X, 0.0, 1.0, 1e-6)
    assert int(attempts) == solvers.MOST_ATTEMPTS
    assert (t < 1.0).any()


class Schedule:
    """The discrete schedule of a scheduler of diffusers, with its time steps as times."""

    is_straight = False

    def __init__(self, cumulative):
        self.cumulative = cumulative

    def coefficients(self, t):
        cumulative = self.cumulative[int(t)]
        return tensor(np.sqrt(cumulative)), tensor(np.sqrt(1.0 - cumulative))


@pytest.mark.once
@pytest.mark.parametrize(("sampler", "eta"), [("ddim", 0.0), ("ddim", 1.0), ("ddpm", 0.0)])
def test_steps_equal_those_of_diffusers(sampler, eta):
    diffusers = pytest.importorskip("diffusers")
    import torch

    rng = np.random.default_rng(0)
    kind = diffusers.DDIMScheduler if sampler == "ddim" else diffusers.DDPMScheduler
    scheduler = kind(1000, 1e-4, 0.02, prediction_type="epsilon", clip_sample=False)
    scheduler.set_timesteps(50)
    schedule = Schedule(scheduler.alphas_cumprod.double().numpy())
    x, predicted = (rng.standard_normal((2, 3, 8, 8)).astype("float32") for _ in range(2))
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    for t in (980, 500, 20):
        alpha, sigma = schedule.coefficients(t)
        estimate = ((tensor(x) - sigma * tensor(predicted)) / alpha, tensor(predicted))
        exact = solvers.Field(lambda *_, estimate=estimate: estimate, schedule)
        step = solvers.SOLVERS[sampler].step
        ours = step(exact, tensor(x), tensor(float(t)), tensor(t - 20.0), tensor(noise.numpy()), tensor(eta))
        arguments = {"eta": eta} if sampler == "ddim" else {}
        generator = torch.Generator().manual_seed(1)
        theirs = scheduler.step(torch.tensor(predicted), t, torch.tensor(x), generator=generator, **arguments)
        np.testing.assert_allclose(array(ours), theirs.prev_sample.numpy(), rtol=1e-5, atol=1e-5, err_msg=str(t))
