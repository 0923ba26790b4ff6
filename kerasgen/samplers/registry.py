"""The registry of samplers: distributions of the latents of generated samples.

A package adds samplers by an entry point of the group `kerasgen.samplers`, which names a `Sampler` or a list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kerasgen.errors import UsageError
from kerasgen.io.entry_points import Registry
from kerasgen.option import Option

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.data import Dataset
    from kerasgen.models.base.abilities import Generates


@dataclass(frozen=True)
class Sampler:
    """A way to draw latents, and with them samples, from a trained model.

    Attributes:
        name: name for `--sampler`.
        help: noun phrase for `kerasgen generate --help`.
        create: function of `(model, images, **settings)` that returns an object with `generate`; it imports Keras
            when called and not before.
        ability: ability that the model needs, a key of `kerasgen.models.base.abilities.ABILITIES`.
        images: number of training images that the sampler is fitted to; 0 if it needs none.
        options: name -> `Option`, the keyword arguments of `create`.
        argument: name of the option that a suffix sets, as in `gmm-50`; None if there is no suffix.
        settings: values of some options.
        restore: function of `(model, folder)` that returns what `create` returned, from the files that its method
            `save(folder)` wrote; None if a fit is not kept.
        uses_labels: whether `create` takes `labels` and `class_names`, which are None for images without labels.

    Example:
        >>> get("gmm-50").settings
        {'components': 50}
    """

    name: str
    help: str
    create: Callable[..., Generates]
    ability: str = "encode"
    images: int = 20_000
    options: dict[str, Option] = field(default_factory=dict)
    argument: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    restore: Callable[..., Generates] | None = None
    uses_labels: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of all options."""
        return {name: option.default for name, option in self.options.items()} | self.settings

    def fit(
        self,
        model: Any,
        images: np.ndarray | None = None,
        labels: np.ndarray | None = None,
        class_names: Sequence[str] | None = None,
    ) -> Generates:
        """Return an object that generates samples of a model.

        Args:
            model: the trained model.
            images: training images (N, H, W, C), about `self.images` of them; None if that is 0.
            labels: their classes (N,), or None; a sampler that does not use labels ignores them.
            class_names: names of the classes, or None.

        Raises:
            UsageError: the model lacks an ability, or images are missing.
        """
        from kerasgen.models.base.abilities import ABILITIES, abilities_of

        if not isinstance(model, ABILITIES[self.ability]):
            can = ", ".join(abilities_of(model)) or "nothing"
            raise UsageError(
                f"the sampler {self.name} needs a model that can {self.ability}; this {type(model).__name__} can {can}"
            )
        if self.images and images is None:
            raise UsageError(f"the sampler {self.name} is fitted to training images; received none")
        if self.uses_labels:
            return self.create(model, images, labels=labels, class_names=class_names, **self.values)
        return self.create(model, images, **self.values)

    def fit_to(self, model: Any, dataset: Dataset) -> Generates:
        """Return `fit` for the first training images of a data set, with their labels.

        Raises:
            UsageError: as `fit`.
        """
        if not self.images:
            return self.fit(model)
        part = dataset.train
        if not (self.uses_labels and part.has_labels):
            return self.fit(model, part.first(self.images))
        images, labels = part.with_labels(slice(self.images))
        return self.fit(model, images, labels, dataset.class_names)


def _prior(model, images):
    return model


def _mixture(model, images, components):
    from kerasgen.samplers.latent_mixture import LatentMixture

    return LatentMixture(model, images, components=components)


def _load_mixture(model, folder):
    from kerasgen.samplers.latent_mixture import LatentMixture

    return LatentMixture.load(model, folder)


def _flow(model, images, labels, class_names, training_steps):
    from kerasgen.samplers.latent_flow import LatentFlow

    return LatentFlow(model, images, labels, class_names, steps=training_steps)


def _realnvp(model, images, training_steps, coupling):
    from kerasgen.samplers.latent_flow import LatentFlow

    return LatentFlow(model, images, recipe="realnvp", steps=training_steps, coupling=coupling)


def _load_flow(model, folder):
    from kerasgen.samplers.latent_flow import LatentFlow

    return LatentFlow.load(model, folder)


SAMPLERS = Registry(
    "sampler",
    "kerasgen.samplers",
    Sampler,
    own=(
        Sampler("prior", "Prior of the model.", _prior, ability="generate", images=0),
        Sampler(
            "gmm",
            "Mixture of Gaussians fitted to the latents of training images.",
            _mixture,
            options={"components": Option(20, "Number of Gaussians of the mixture.")},
            argument="components",
            restore=_load_mixture,
        ),
        Sampler(
            "flow",
            "Flow matching on the latents of training images, with their classes.",
            _flow,
            uses_labels=True,
            options={"training_steps": Option(4000, "Number of training steps of the flow.", maximum=10**6)},
            argument="training_steps",
            restore=_load_flow,
        ),
        Sampler(
            "realnvp",
            "RealNVP of the latents of training images.",
            _realnvp,
            options={
                "training_steps": Option(3000, "Number of training steps of the flow.", maximum=10**6),
                "coupling": Option("affine", "Transform of the couplings.", ("affine", "spline")),
            },
            argument="training_steps",
            restore=_load_flow,
        ),
    ),
)


def get(name: str, **settings: Any) -> Sampler:
    """Return the sampler of a name such as `prior`, `gmm` or `gmm-50`.

    Args:
        name: name of a sampler; a hyphen and the value of its main option may follow.
        settings: values of the sampler's options, or their texts.

    Raises:
        UsageError: an unknown sampler or option, or a value that an option cannot have.

    Example:
        >>> get("gmm", components=3).settings
        {'components': 3}
    """
    known = {sampler.name: sampler for sampler in SAMPLERS.entries}
    base, _, suffix = name.rpartition("-")
    if name not in known and base in known and known[base].argument:
        sampler = known[base]
        settings = {sampler.argument: suffix} | settings
    else:
        sampler = SAMPLERS.get(name)
    for option in settings:
        if option not in sampler.options:
            raise UsageError(f"the sampler {sampler.name} has no option {option}; it has {[*sampler.options]}")
    values = {option: sampler.options[option].parse(value, option, sampler.name) for option, value in settings.items()}
    return replace(sampler, settings=values)
