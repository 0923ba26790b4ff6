"""The published figures as data: `kerasgen reproduce NAME` measures one again.

Each module has a tuple `EXPERIMENTS`, or `DEFAULT_SETTINGS` of experiments that follow a recipe's defaults. Settings,
seeds and references are facts; the measurements are `kerasgen.experiments.measures`, and the recorded results are in
`zoo/results.csv`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from dataclasses import replace
from fnmatch import fnmatchcase

from kerasgen import zoo
from kerasgen.errors import unknown
from kerasgen.experiments import Experiment, Metric, measures
from kerasgen.recipe import Recipe

# Recipe -> option -> default when the results were recorded. A new default of a recipe does not change them. This is a
# list, because the code no longer contains the earlier defaults.
_OF_GANS = {"average": 0.0, "learning_rate": 2e-4}
RECORDED_DEFAULTS: dict[str, dict[str, object]] = {
    "gan": _OF_GANS | {"r1_penalty": 0.0},
    "cgan": _OF_GANS | {"r1_penalty": 0.0},
    "dcgan": _OF_GANS | {"width": 64, "hidden_dim": 0},
    "vae": {"latent_dim": 20},
    "vae-conv": {"latent_dim": 32},
    "cvae": {"latent_dim": 32},
    "cyclegan": {"upsampling": "transposed"},
}


@functools.cache
def experiments() -> dict[str, Experiment]:
    """Return all experiments as a dict of name -> `Experiment`. No backend is imported.

    Example:
        >>> from kerasgen.zoo import experiments
        >>> experiments.experiments()["vae-mnist"].recipe
        'vae'
    """
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    listed = [experiment for module in modules for experiment in getattr(module, "EXPERIMENTS", ())]
    listed = [replace(each, recorded_defaults=RECORDED_DEFAULTS.get(each.recipe, {})) for each in listed]
    # An experiment that measures today's defaults has no recorded defaults.
    listed += [experiment for module in modules for experiment in getattr(module, "DEFAULT_SETTINGS", ())]
    listed += map(_throughput, zoo.own().values())
    return {experiment.name: experiment for experiment in listed}


def get(name: str) -> Experiment:
    """Return the experiment with this name.

    Raises:
        UsageError: There is none; the message has the nearest names.

    Example:
        >>> from kerasgen.zoo import experiments
        >>> experiments.get("outlines").summary
        'pix2pix and L1 alone'
    """
    if name not in experiments():
        raise unknown("experiment", name, experiments())
    return experiments()[name]


def select(pattern: str) -> list[Experiment]:
    """Return the experiments of a name, or of a pattern such as `ring-8-*`.

    Raises:
        UsageError: There is none.

    Example:
        >>> from kerasgen.zoo import experiments
        >>> [experiment.name for experiment in experiments.select("ring-8-flow*")]
        ['ring-8-flow']
    """
    matching = [experiment for name, experiment in experiments().items() if fnmatchcase(name, pattern)]
    return matching or [get(pattern)]


def _throughput(recipe: Recipe) -> Experiment:
    """Return the experiment that measures how fast a recipe trains with its defaults, on the current backend."""
    return Experiment(
        name=f"throughput-{recipe.name}",
        summary=f"training speed of {recipe.name}",
        table="training throughput",
        recipe=recipe.name,
        measure=measures.throughput,
        metrics=(Metric("images/s", 0),),
        label=recipe.name,
        dataset=f"noise, {recipe.image_size}x{recipe.image_size}",
        image_size=recipe.image_size,
        batch_size=recipe.batch_size,
        seeds=1,
        setup=f"batch {recipe.batch_size}, the fastest of four rounds",
        minutes=0.5,
    )
