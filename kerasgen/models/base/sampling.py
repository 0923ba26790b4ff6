"""How a diffusion or flow model generates, encodes and edits samples.

The functions whose first argument is `self` are methods of `kerasgen.models.Diffusion`. All of them use the averaged
weights. Every batch is padded to one size, and samples do not interact, so sample i does not depend on the others.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import DataError, UsageError, unknown
from kerasgen.models.base.adversary import from_discriminator_range, to_discriminator_range
from kerasgen.models.base.images import ANY_RANGE, check_array, check_not_empty, to_public_range
from kerasgen.recipe import Option
from kerasgen.samplers import paths, solvers

MOST_STEPS = 10_000
INVERSE_STEPS = 50  # of `encode` and `decode`
MOST_COORDINATES = 64  # of a point whose log-likelihood is computed exactly
_IMAGE_BATCH, _POINT_BATCH, _TRACE_BATCH = 64, 1024, 128
_MOST_NOISE = 2**25  # values of noise in a batch of a sampler that adds noise

DENOISE_OPTIONS: Mapping[str, Option] = {
    "strength": Option(0.3, "Standard deviation of the noise, for images in [0, 1].", maximum=100)
}


def options_of(self: Any) -> dict[str, Option]:
    """Return the options of `generate`, name -> `Option`; points are computed adaptively by default."""
    options = {
        "sampler": Option("adaptive" if self.is_of_points else "heun", "Name of the sampler.", solvers.NAMES),
        "steps": Option(10, "Number of steps; the adaptive sampler chooses its own.", maximum=MOST_STEPS),
        "eta": Option(0.0, "Noise of the sampler ddim relative to that of ddpm.", maximum=1),
        "tolerance": Option(1e-3, "Error of a step of the adaptive sampler.", minimum=1e-7, maximum=1),
    }
    if self.num_classes:
        options["guidance"] = Option(0.0, "Strength of the guidance towards a class; 0: none.", maximum=100)
    return options


def _parse(self, options):
    """Return the values of all options of `generate`.

    Raises:
        UsageError: an unknown option, guidance of a model without classes, or a value out of range.
    """
    known, owner = self.generate_options, f"generate for {type(self).__name__}"
    if options.get("guidance") and not self.num_classes:
        raise UsageError("guidance needs a model with classes; train one with conditional=true, or leave guidance out")
    for name in options:
        if name not in known and name != "guidance":
            raise unknown(f"option of {owner}", name, known)
    defaults = {"guidance": 0.0} | {name: option.default for name, option in known.items()}
    return defaults | {name: known[name].parse(value, name, owner) for name, value in options.items() if name in known}


# -- the compiled programs


def predict_clean(
    self: Any, x: Any, times: Any, labels: Any = None, guidance: Any = None, guided: bool = False
) -> tuple[Any, Any]:
    """Return estimates of data and noise (N, *sample_shape), as tensors in the range of the network.

    Args:
        self: the model.
        x: tensor (N, *sample_shape).
        times: tensor (N,).
        labels: tensor (N,) for a conditional model.
        guidance: strength w of the guidance: (1 + w) times the conditional minus w times the unconditional prediction
            (Ho and Salimans 2022, arXiv:2207.12598, eq. 6).
        guided: whether there is guidance.
    """
    if guided:
        unlabelled = ops.full_like(labels, self.num_classes)
        both = (ops.concatenate(pair) for pair in ((x, x), (times, times), (labels, unlabelled)))
        conditional, unconditional = ops.split(self.outputs(*both), 2)
        outputs = conditional + guidance * (conditional - unconditional)
    else:
        outputs = self.outputs(x, times, labels)
    coefficients = paths.PATHS[self.schedule].coefficients(times)
    weights = paths.PREDICTIONS[self.prediction](*coefficients)
    columns = [tuple(solvers.columns(each, x) for each in pair) for pair in (coefficients, weights)]
    return paths.solve(x, outputs, *columns)


def _field(self, labels, guidance, guided):
    return solvers.Field(
        lambda x, times: self.predict_clean(x, times, labels, guidance, guided),
        paths.PATHS[self.schedule],
        clip=not self.is_of_points,
    )


def run_sampler(
    self: Any,
    x: Any,
    times: Any,
    noise: Any,
    labels: Any,
    numbers: Any,
    known: Any = None,
    mask: Any = None,
    *,
    sampler: str,
    guided: bool,
) -> tuple[Any, Any]:
    """Return the samples at the last time and the times (N,) that they have reached; a function for `compiled`.

    Args:
        self: the model.
        x: tensor (N, *sample_shape), the samples at the first time.
        times: tensor (steps + 1,).
        noise: tensor (N, steps, *sample_shape) for a sampler with noise, or None.
        labels: tensor (N,) or None.
        numbers: tensor (3,): guidance, eta and tolerance.
        known: tensor (N, 2, *sample_shape), samples and noise whose path the masked pixels follow; or None.
        mask: tensor (N, *sample_shape), 1 where the sample is known; or None.
        sampler: name of the sampler.
        guided: whether there is guidance.
    """
    field = _field(self, labels, numbers[0], guided)
    if sampler == solvers.ADAPTIVE:
        x, reached, _ = solvers.integrate_adaptively(field.velocity, x, times[0], times[-1], numbers[2])
        return x, reached

    def repair(x, t):
        alpha, sigma = field.path.coefficients(t)
        return mask * (alpha * known[:, 0] + sigma * known[:, 1]) + (1.0 - mask) * x

    solver = solvers.SOLVERS[sampler]
    x = solvers.integrate(solver, field, x, times, noise, numbers[1], None if known is None else repair)
    return x, ops.broadcast_to(times[-1], (x.shape[0],))


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
    field = _field(self, None if labels is None else ops.repeat(labels, count), None, False)

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


def _in_batches(self, program, arrays, batch):
    """Return the rows of `program(*tensors)` for arrays (n, ...) or None, in batches padded to one size."""
    count, parts = len(arrays[0]), []
    for start in range(0, count, batch):
        rows = [None if each is None else each[start : start + batch] for each in arrays]
        padded = [None if each is None else _pad(each, batch) for each in rows]
        outputs = program(*padded)
        parts.append([ops.convert_to_numpy(each)[: len(rows[0])] for each in outputs])
    return [np.concatenate(each) for each in zip(*parts)]


def _pad(rows, count):
    return np.concatenate([rows, np.repeat(rows[-1:], count - len(rows), axis=0)])


def _sample(self, x, labels, values, backwards=False, seed=None, known=None, mask=None):
    """Return samples or, backwards, noise (n, *sample_shape) in the range of the network; `x` has the first values."""
    name, steps = values["sampler"], values["steps"]
    solver = solvers.SOLVERS.get(name)
    low, high = self.time_range
    times = np.linspace(high, 0.0 if solver is not None and solver.is_exact else low, steps + 1, dtype="float32")
    times = times[::-1].copy() if backwards else times
    has_noise = solver is not None and solver.has_noise and (name != "ddim" or values["eta"] > 0)
    generator = self.random_generator(seed).spawn(1)[0] if has_noise else None
    batch = _POINT_BATCH if self.is_of_points else _IMAGE_BATCH
    if has_noise:
        batch = max(1, min(batch, _MOST_NOISE // (steps * self.latent_dim)))
    numbers = np.array([values["guidance"], values["eta"], values["tolerance"]], "float32")
    program = backend.compiled(self.run_sampler, sampler=name, guided=bool(values["guidance"]))

    def run(x, labels, known, mask):
        noise = None
        if generator is not None:
            noise = generator.standard_normal((len(x), steps, *self.sample_shape), dtype="float32")
        return program(x, times, noise, labels, numbers, known, mask)

    with self.averaged():
        samples, reached = _in_batches(self, run, [x, labels, known, mask], batch)
    _check_arrival(reached, times[-1], values["tolerance"])
    return samples


def _check_arrival(reached, end, tolerance):
    if (late := np.abs(reached - end).max()) > 0 or not np.isfinite(late):
        raise UsageError(
            f"the adaptive sampler took {solvers.MOST_ATTEMPTS:,} steps and is still {late:.3g} from time {end:g} at "
            f"the tolerance {tolerance:g}; give a larger tolerance, or another sampler such as heun"
        )


def _labels_of(self, labels, n, guidance=0.0):
    """Return labels (n,) of samples, None for a model without classes; no labels stand for no class."""
    if self.num_classes and labels is None:
        if guidance:
            raise UsageError("guidance goes towards a class; give labels (--label), or leave guidance out")
        return np.full(n, self.num_classes, "int32")
    return self.classes.check(labels, n)


# -- methods


def generate(self: Any, n: int, seed: int | None = None, labels: Any = None, **options: Any) -> np.ndarray:
    """Return `n` samples: images (n, H, W, C) in [0, 1], or points (n, D).

    Args:
        self: the model.
        n: number of samples.
        seed: seed of the noise; sample i of a seed does not depend on `n`.
        labels: for a conditional model, one class or classes (n,); without them no class is imposed.
        options: values of `generate_options`, such as `steps`, `sampler` and `guidance`.

    Raises:
        UsageError: an impossible value, an unknown option, or an adaptive sampler that does not arrive.
        DataError: labels that are no classes.
    """
    values = _parse(self, options)
    latents = self.draw_latents(n, self.sample_shape, seed)
    samples = _sample(self, latents, _labels_of(self, labels, n, values["guidance"]), values, seed=seed)
    return to_public_range(from_discriminator_range(samples))


def encode(self: Any, images: np.ndarray, labels: Any = None, **options: Any) -> np.ndarray:
    """Return the noise (N, latent_dim) that generates samples, by following the path from time 0 to 1.

    Args:
        self: the model.
        images: samples (N, *sample_shape).
        labels: classes (N,), for a conditional model; without them no class is imposed.
        options: values of `generate_options`; the sampler adds no noise, and takes 50 steps by default.

    Raises:
        DataError, UsageError: samples, labels or options that the model cannot take.
    """
    values = _inverse_options(self, options)
    images = as_floats(self.check_images(images))
    check_not_empty(images)
    labels = _labels_of(self, labels, len(images), values["guidance"])
    noise = _sample(self, to_discriminator_range(images).astype("float32"), labels, values, backwards=True)
    return noise.reshape(len(images), -1)


def decode(self: Any, latents: np.ndarray, labels: Any = None, **options: Any) -> np.ndarray:
    """Return the samples of noise (N, latent_dim); the inverse of `encode`, with the same arguments."""
    values = _inverse_options(self, options)
    latents = np.asarray(latents, "float32")
    if latents.ndim != 2 or latents.shape[1] != self.latent_dim or not len(latents):
        raise DataError(f"latents have shape {latents.shape}; this model takes (N, {self.latent_dim})")
    labels = _labels_of(self, labels, len(latents), values["guidance"])
    samples = _sample(self, latents.reshape(-1, *self.sample_shape), labels, values)
    return to_public_range(from_discriminator_range(samples))


def _inverse_options(self, options):
    values = _parse(self, {"steps": INVERSE_STEPS} | options)
    if values["sampler"] not in solvers.REVERSIBLE:
        raise UsageError(
            f"the sampler {values['sampler']} does not run backwards; give one of {', '.join(solvers.REVERSIBLE)}"
        )
    return values


def reconstruct(self: Any, images: np.ndarray, labels: Any = None, **options: Any) -> np.ndarray:
    """Return samples encoded and decoded again; the error is that of the sampler's steps."""
    return self.decode(self.encode(images, labels, **options), labels, **options)


def interpolate(
    self: Any, start: np.ndarray, end: np.ndarray, steps: int = 8, labels: Any = None, **options: Any
) -> np.ndarray:
    """Return samples (N, steps, *sample_shape) whose noise is on the arc between that of `start` and `end`.

    Args:
        self: the model.
        start: samples (N, *sample_shape).
        end: samples (N, *sample_shape).
        steps: number of samples of each row, at least 2.
        labels: classes (N,) of both, for a conditional model.
        options: values of `generate_options`, but for `steps`.

    Raises:
        UsageError: fewer than 2 steps, or different numbers of samples.
    """
    if len(start) != len(end):
        raise UsageError(f"start has {len(start)} images, end {len(end)}; give the same number of each")
    if steps < 2:
        raise UsageError(f"steps is {steps}; an interpolation needs at least 2")
    first, last = (self.encode(each, labels, **options) for each in (start, end))
    cosine = (first * last).sum(1) / (np.linalg.norm(first, axis=1) * np.linalg.norm(last, axis=1))
    angle = np.arccos(cosine.clip(-0.9999, 0.9999))[:, None, None]
    weight = np.linspace(0.0, 1.0, steps)[None, :, None]
    latents = np.sin((1 - weight) * angle) * first[:, None] + np.sin(weight * angle) * last[:, None]
    latents = (latents / np.sin(angle)).reshape(-1, self.latent_dim)
    samples = self.decode(latents, None if labels is None else np.repeat(labels, steps), **options)
    return samples.reshape(-1, steps, *self.sample_shape)


def corrupt(self: Any, images: np.ndarray, seed: int | None = None, strength: float | None = None) -> np.ndarray:
    """Return samples plus Gaussian noise, float32 (N, *sample_shape), not clipped.

    Args:
        self: the model.
        images: samples (N, *sample_shape).
        seed: seed of the noise.
        strength: standard deviation of the noise, for images in [0, 1]; 0.3 by default.
    """
    images = as_floats(self.check_images(images))
    noise = self.draw_latents(len(images), self.sample_shape, seed)
    return (images + _strength(strength) * noise).astype("float32")


def denoise(self: Any, images: np.ndarray, strength: float | None = None, labels: Any = None) -> np.ndarray:
    """Return the estimated mean of the clean samples, (N, *sample_shape), with one evaluation of the network.

    Args:
        self: the model.
        images: samples plus Gaussian noise, of any range.
        strength: standard deviation of the noise, as in `corrupt`.
        labels: classes (N,), for a conditional model; without them no class is imposed.

    Raises:
        DataError, UsageError: samples, labels or a strength that the model cannot take.
    """
    strength = _strength(strength)
    images = as_floats(check_array(images, self.sample_shape, ANY_RANGE)).astype("float32")
    check_not_empty(images)
    noisy = to_discriminator_range(images)
    time = _time_of_ratio(self, strength * (1 if self.is_of_points else 2))
    alpha, _ = (float(each) for each in paths.PATHS[self.schedule].coefficients(ops.convert_to_tensor(time, "float32")))
    times, program = np.full(len(images), time, "float32"), backend.compiled(self.predict_clean)
    arrays = [alpha * noisy, times, _labels_of(self, labels, len(images))]
    with self.averaged():
        clean, _ = _in_batches(self, program, arrays, _POINT_BATCH if self.is_of_points else _IMAGE_BATCH)
    return to_public_range(from_discriminator_range(clean))


def _strength(value):
    option = DENOISE_OPTIONS["strength"]
    return option.default if value is None else option.parse(value, "strength", "denoise")


def _time_of_ratio(self, ratio):
    """Return the time at which sigma / alpha is closest to `ratio`, by bisection."""
    low, high = self.time_range
    for _ in range(40):
        middle = 0.5 * (low + high)
        alpha, sigma = paths.PATHS[self.schedule].coefficients(ops.convert_to_tensor(middle, "float32"))
        low, high = (middle, high) if float(sigma) < ratio * float(alpha) else (low, middle)
    return 0.5 * (low + high)


def inpaint(
    self: Any, images: np.ndarray, mask: np.ndarray, seed: int | None = None, labels: Any = None, steps: int = 50
) -> np.ndarray:
    """Return samples with the unknown part filled in by DDPM, which keeps the known part on its path.

    Args:
        self: the model.
        images: samples (N, *sample_shape); the values of the unknown part do not matter.
        mask: bool (N, *sample_shape), or an array that broadcasts to it: true where the sample is known.
        seed: seed of the noise.
        labels: classes (N,), for a conditional model; without them no class is imposed.
        steps: number of steps.

    Raises:
        DataError: samples or a mask that do not fit.

    Source:
        Song et al. 2021, arXiv:2011.13456, appendix I.2; without the resampling of Lugmayr et al. 2022.
    """
    images = as_floats(self.check_images(images)).astype("float32")
    check_not_empty(images)
    try:
        known = np.broadcast_to(np.asarray(mask, bool), images.shape)
    except ValueError:
        raise DataError(
            f"the mask has shape {np.shape(mask)}; these images need {images.shape}, or a shape that broadcasts to it"
        ) from None
    values = _parse(self, {"sampler": "ddpm", "steps": steps})
    noise = self.draw_latents(len(images), self.sample_shape, seed)
    pairs = np.stack([to_discriminator_range(images), noise], axis=1).astype("float32")
    labels = _labels_of(self, labels, len(images))
    samples = _sample(self, noise, labels, values, seed=seed, known=pairs, mask=known.astype("float32"))
    return np.where(known, images, to_public_range(from_discriminator_range(samples)))


def complete(
    self: Any, images: np.ndarray, rows: int | None = None, seed: int | None = None, labels: Any = None
) -> np.ndarray:
    """Return images (N, H, W, C) with all but the first rows filled in; see `inpaint`.

    Args:
        self: the model.
        images: (N, H, W, C).
        rows: number of rows to keep; the upper half by default.
        seed: seed of the noise.
        labels: classes (N,), for a conditional model.

    Raises:
        DataError, UsageError: images or a number of rows that the model cannot take.
    """
    if self.is_of_points:
        raise UsageError("this is a model of points, which have no rows; inpaint takes a mask of known coordinates")
    height = self.sample_shape[0]
    rows = height // 2 if rows is None else rows
    if not 0 <= rows <= height:
        raise UsageError(f"rows is {rows}; it is the number of rows to keep, from 0 to {height}")
    mask = np.arange(height)[:, None, None] < rows
    return self.inpaint(images, mask, seed, labels)


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
        labels: classes (N,), for a conditional model; without them no class is imposed.
        probes: number of random directions of Hutchinson's estimator of the trace, which is unbiased; 0 for the exact
            trace, with as many derivatives as a sample has values.
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
    arrays = [flat, directions, _labels_of(self, labels, len(flat))]
    with self.averaged():
        noise, integral, reached = _in_batches(
            self, lambda *rows: program(*rows, np.float32(tolerance)), arrays, _TRACE_BATCH
        )
    _check_arrival(reached, self.time_range[1], tolerance)
    noise = noise.astype("float64")
    log_density = -0.5 * (noise**2).sum(axis=1) - 0.5 * self.latent_dim * math.log(2 * math.pi)
    return log_density + integral + (0.0 if self.is_of_points else self.latent_dim * math.log(2.0))


def optimal_pairs(arrays: tuple[np.ndarray, ...], generator: np.random.Generator) -> dict[str, Any]:
    """Return a batch whose noise is assigned to its samples with the smallest sum of squared distances.

    Args:
        arrays: `(samples,)`, (N, *sample_shape).
        generator: random generator of the batch.
    """
    (samples,) = arrays
    points = to_discriminator_range(as_floats(samples)).reshape(len(samples), -1)
    noise = generator.standard_normal(points.shape).astype("float32")
    _, order = linear_sum_assignment(cdist(points, noise, "sqeuclidean"))
    return {"images": samples, "noise": {"noise": noise[order].reshape(samples.shape)}}
