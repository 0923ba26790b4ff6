"""Methods of a diffusion or flow model that generate samples.

The functions whose first argument is `self` are methods of `kerasgen.models.Diffusion`. All of them use the averaged
weights. Every batch is padded to one size, and samples do not interact, so sample i does not depend on the others.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.errors import UsageError, unknown
from kerasgen.models.base.adversary import from_discriminator_range
from kerasgen.models.base.images import to_public_range
from kerasgen.option import Option
from kerasgen.samplers import paths, solvers

MOST_STEPS = 10_000
IMAGE_BATCH, POINT_BATCH = 64, 1024
_MOST_NOISE = 2**25  # values of noise in a batch of a sampler that adds noise


def options_of(self: Any) -> dict[str, Option]:
    """Return the options of `generate`, name -> `Option`; points are computed adaptively by default."""
    options = {
        "sampler": Option(ode_sampler(self), "Name of the sampler.", solvers.NAMES),
        "steps": Option(10, "Number of steps; the adaptive sampler chooses its own.", maximum=MOST_STEPS),
        "eta": Option(0.0, "Noise of the sampler ddim relative to that of ddpm.", maximum=1),
        "tolerance": Option(1e-3, "Error of a step of the adaptive sampler.", minimum=1e-7, maximum=1),
    }
    if self.num_classes:
        options["guidance"] = Option(0.0, "Strength of the guidance towards a class; 0: none.", maximum=100)
    return options


def ode_sampler(self: Any) -> str:
    """Return the default sampler without noise: adaptive for points, Heun's for images."""
    return solvers.ADAPTIVE if self.is_of_points else "heun"


def parse_options(self: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Return the values of all options of `generate`.

    Raises:
        UsageError: an unknown option, guidance of a model without classes, or a value out of range.
    """
    known, owner = self.generate_options, f"generate for {type(self).__name__}"
    if options.get("guidance") and "guidance" not in known:
        if not self.num_classes:
            raise UsageError(
                "guidance needs a model with classes; train one with conditional=true, or leave guidance out"
            )
        raise UsageError(
            f"a {type(self).__name__} has the guidance that it was trained with; train one with --set guidance=1, and "
            "leave guidance out here"
        )
    for name in options:
        if name not in known and name != "guidance":
            raise unknown(f"option of {owner}", name, known)
    defaults = {"guidance": 0.0} | {name: option.default for name, option in known.items()}
    return defaults | {name: known[name].parse(value, name, owner) for name, value in options.items() if name in known}


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


def field_of(self: Any, labels: Any = None, guidance: Any = None, guided: bool = False) -> solvers.Field:
    """Return the `Field` of the model for the solvers; the arguments are those of `predict_clean`."""
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
    field = self.field(labels, numbers[0], guided)
    if sampler == solvers.ADAPTIVE:
        x, reached, _ = solvers.integrate_adaptively(field.velocity, x, times[0], times[-1], numbers[2])
        return x, reached

    def repair(x, t):
        alpha, sigma = field.path.coefficients(t)
        return mask * (alpha * known[:, 0] + sigma * known[:, 1]) + (1.0 - mask) * x

    solver = solvers.SOLVERS[sampler]
    x = solvers.integrate(solver, field, x, times, noise, numbers[1], None if known is None else repair)
    return x, ops.broadcast_to(times[-1], (x.shape[0],))


def run_in_batches(program: Callable, arrays: list[Any], batch: int) -> list[np.ndarray]:
    """Return the rows of `program(*tensors)` for arrays (n, ...) or None, in batches padded to one size."""
    count, parts = len(arrays[0]), []
    for start in range(0, count, batch):
        rows = [None if each is None else each[start : start + batch] for each in arrays]
        padded = [None if each is None else _pad(each, batch) for each in rows]
        outputs = program(*padded)
        parts.append([ops.convert_to_numpy(each)[: count - start] for each in outputs])
    return [np.concatenate(each) for each in zip(*parts)]


def _pad(rows, count):
    return np.concatenate([rows, np.repeat(rows[-1:], count - len(rows), axis=0)])


def sample(
    self: Any,
    x: np.ndarray,
    labels: np.ndarray | None,
    values: dict[str, Any],
    backwards: bool = False,
    seed: int | None = None,
    known: np.ndarray | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Return samples or, backwards, noise (n, *sample_shape) in the range of the network.

    Args:
        self: the model.
        x: the values (n, *sample_shape) at the first time.
        labels: classes (n,) or None.
        values: the result of `parse_options`.
        backwards: whether the samples become noise.
        seed: seed of the noise that a sampler adds.
        known: (n, 2, *sample_shape), see `run_sampler`.
        mask: (n, *sample_shape), see `run_sampler`.
    """
    name, steps = values["sampler"], values["steps"]
    solver = solvers.SOLVERS.get(name)
    low, high = self.time_range
    times = np.linspace(high, 0.0 if solver is not None and solver.is_exact else low, steps + 1, dtype="float32")
    times = times[::-1].copy() if backwards else times
    has_noise = solver is not None and solver.has_noise and (name != "ddim" or values["eta"] > 0)
    generator = self.random_generator(seed).spawn(1)[0] if has_noise else None
    batch = POINT_BATCH if self.is_of_points else IMAGE_BATCH
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
        samples, reached = run_in_batches(run, [x, labels, known, mask], batch)
    check_arrival(reached, times[-1], values["tolerance"])
    return samples


def check_arrival(reached: np.ndarray, end: float, tolerance: float) -> None:
    """Raise UsageError if the adaptive sampler reached other times (N,) than `end`."""
    if (late := np.abs(reached - end).max()) > 0 or not np.isfinite(late):
        raise UsageError(
            f"the adaptive sampler took {solvers.MOST_ATTEMPTS:,} steps and is still {late:.3g} from time {end:g} at "
            f"the tolerance {tolerance:g}; give a larger tolerance, or another sampler such as heun"
        )


def labels_of(self: Any, labels: Any, n: int, guidance: float = 0.0) -> np.ndarray | None:
    """Return labels (n,) of samples, or None for a model without classes; missing labels mean "no class"."""
    if self.num_classes and labels is None:
        if guidance:
            raise UsageError("guidance goes towards a class; give labels (--label), or leave guidance out")
        return np.full(n, self.num_classes, "int32")
    return self.classes.check(labels, n)


def generate(self: Any, n: int, seed: int | None = None, labels: Any = None, **options: Any) -> np.ndarray:
    """Return `n` samples: images (n, H, W, C) in [0, 1], or points (n, D).

    Args:
        self: the model.
        n: number of samples.
        seed: seed of the noise; sample i of a seed does not depend on `n`.
        labels: for a conditional model, one class or classes (n,); without labels, the model is unconditional.
        options: values of `generate_options`, such as `steps`, `sampler` and `guidance`.

    Raises:
        UsageError: an impossible value, an unknown option, or an adaptive sampler that does not arrive.
        DataError: labels that are not classes.
    """
    values = parse_options(self, options)
    latents = self.draw_latents(n, self.sample_shape, seed)
    samples = sample(self, latents, labels_of(self, labels, n, values["guidance"]), values, seed=seed)
    return to_public_range(from_discriminator_range(samples))
