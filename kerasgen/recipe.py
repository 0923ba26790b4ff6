"""Recipes: named models with their networks, options and default data."""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from kerasgen.data.shapes import check_sample_shape
from kerasgen.data.sources import DEFAULT_SET
from kerasgen.errors import UsageError, shorten, unknown
from kerasgen.option import Option, Value

MAXIMUM_CLASSES = 2**20
MAXIMUM_CLASS_NAME = 255  # maximum characters
ARGUMENTS = ("image_size", "channels", "num_classes", "class_names", "sample_shape")  # arguments of `create`

_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Recipe:
    """Named model that is ready to train: networks, hyperparameters and default data.

    Use `dataclasses.replace` to derive a variant of a recipe.

    Attributes:
        name: name for `kerasgen train` and `kerasgen.create`: letters, digits, `.`, `_`, `+` and `-`.
        summary: one line for the table of recipes.
        paper: authors, year and arXiv number.
        build: function of `(sample_shape, **options)` that returns the compiled and built model. It imports Keras
            inside, so that recipes can be listed without loading a backend. If the recipe has the option
            `conditional`, `build` receives `num_classes` when it is true, and never receives `conditional`.
        options: name -> `Option`, one for each keyword argument of `build`.
        dataset, image_size, epochs, batch_size: defaults of a training run.
        minutes: approximate duration of that run on two CPU cores with TensorFlow; 0 if it was not measured.
        try_next: commands that show the abilities of the trained model, which may have options, such as
            `generate --sampler gmm-100`. The run directory is their last argument.
        kind: kind of training data, one of `kerasgen.data.sources.KINDS`: `images`, `pairs` of images, or two
            `domains` of images without pairs.
        version: version number of the architecture. Raise it when a model file of the recipe can no longer be rebuilt,
            for instance because a layer changes. `kerasgen.load` refuses files of another version.
        tiny: arguments of `kerasgen.create` for a small model that tests can train in a moment.
        departures: differences from the paper, as `kerasgen show` prints them.
        points: defaults of a training on a bundled set of points, if they differ: `epochs`, `batch_size` and options.
        codes: the same of a training on the codes of a run.

    Raises:
        UsageError: a part of the recipe is invalid, so that a command would fail.

    Example:
        >>> from dataclasses import replace
        >>> from kerasgen import zoo
        >>> small = replace(zoo.get("vae"), name="small-vae", image_size=14)
    """

    name: str
    summary: str
    paper: str
    build: Callable[..., Any]
    options: Mapping[str, Option] = field(default_factory=dict)
    dataset: str = DEFAULT_SET
    image_size: int = 28
    epochs: int = 30
    batch_size: int = 100
    minutes: float = 0
    try_next: tuple[str, ...] = ("generate",)
    kind: str = "images"
    version: int = 1
    tiny: Mapping[str, Value] = field(default_factory=dict)
    departures: str = ""
    points: Mapping[str, Value] = field(default_factory=dict)
    codes: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the parts of the recipe."""
        if not isinstance(self.name, str) or not self.name or not callable(self.build):
            raise UsageError(f"a Recipe has a name and a function build; received {self.name!r} and {self.build!r}")
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"the name of a Recipe has at most 64 letters, digits and ._+-; received {shorten(self.name)}"
            )
        for name, option in self.options.items():
            if not isinstance(option, Option):
                raise UsageError(f"option {name} of {self.name} is {option!r}; give a kerasgen.Option")
            if name in ARGUMENTS:
                raise UsageError(f"option {name} of {self.name} has the name of an argument of create; rename it")
        if type(self.version) is not int or self.version < 1:
            raise UsageError(f"version of {self.name} is {self.version!r}; give a whole number of 1 or more")
        for name in self.tiny:
            if name not in self.options and name not in ARGUMENTS:
                raise unknown(f"name in tiny of {self.name}", name, (*self.options, *ARGUMENTS))
        for kind in ("points", "codes"):
            defaults = getattr(self, kind)
            for name in defaults:
                if name not in self.options and name not in ("epochs", "batch_size"):
                    raise unknown(f"name in {kind} of {self.name}", name, (*self.options, "epochs", "batch_size"))
            self.resolve({name: value for name, value in defaults.items() if name in self.options})

    def resolve(self, overrides: Mapping[str, Any]) -> dict[str, Value]:
        """Return the values of all options.

        Args:
            overrides: name -> value or its text, for the options that differ from their defaults.

        Raises:
            UsageError: an unknown option or an impossible value.

        Example:
            >>> from kerasgen import zoo
            >>> zoo.get("vae").resolve({"latent_dim": "16"})["latent_dim"]
            16
        """
        for name in overrides:
            if name not in self.options:
                raise unknown(f"option of {self.name}", name, self.options)
        return {
            name: option.parse(overrides[name], name, self.name) if name in overrides else option.default
            for name, option in self.options.items()
        }

    def create(
        self,
        sample_shape: Sequence[int] | None = None,
        num_classes: int | None = 10,
        class_names: Iterable[str] | None = None,
        **options: Any,
    ) -> Any:
        """Return the compiled and built model, which keeps its origin in the attribute `origin`.

        Args:
            sample_shape: (D,), (H, W) or (H, W, C); grey images of the recipe's size by default.
            num_classes: number of labels, 0 to `num_classes - 1`; used if the model is conditional.
            class_names: their names, kept in model files.
            options: values of the recipe's options.

        Raises:
            UsageError: an unknown option, an impossible value, a shape that the networks cannot produce, or a `build`
                that does not return a compiled model.

        Example:
            >>> from kerasgen import zoo
            >>> zoo.get("gan").create((2,), hidden_dim=8).generate(4, seed=0).shape
            (4, 2)
        """
        if sample_shape is None:
            sample_shape = (self.image_size, self.image_size, 1)
        shape = check_sample_shape(sample_shape)
        values = self.resolve(options)
        arguments = {name: value for name, value in values.items() if name != "conditional"}
        classes = check_classes(num_classes, class_names) if values.get("conditional") else (0, None)
        if values.get("conditional"):
            arguments["num_classes"] = classes[0]
        try:
            inspect.signature(self.build).bind(shape, **arguments)
        except TypeError as error:
            raise UsageError(f"build of {self.name} is called with sample_shape and its options: {error}") from None
        try:
            model = self.build(shape, **arguments)
        except UsageError as error:
            raise UsageError(f"{self.name}: {error}") from error
        if not getattr(model, "compiled", False):
            raise UsageError(f"build of {self.name} returned {model!r}; it must return a compiled model")
        object.__setattr__(model, "origin", self._origin(shape, *classes, values))  # Keras would wrap the dict
        return model

    def _origin(self, sample_shape, num_classes, class_names, options):
        import keras

        return {
            "recipe": self.name,
            "version": self.version,
            "options": options,
            "sample_shape": list(sample_shape),
            "num_classes": num_classes,
            "class_names": class_names,
            "precision": keras.config.dtype_policy().name,
        }


def check_classes(num_classes: Any, class_names: Iterable[str] | None) -> tuple[int, list[str] | None]:
    """Return the number of classes and their names; characters that cannot be printed are escaped.

    Raises:
        UsageError: the number is impossible, or there is another number of names.

    Example:
        >>> from kerasgen.recipe import check_classes
        >>> check_classes(2, ["cat", "dog"])
        (2, ['cat', 'dog'])
    """
    if not _is_whole(num_classes, MAXIMUM_CLASSES):
        raise UsageError(
            f"num_classes is {shorten(num_classes)}; it is the number of labels, a whole number from 1 to "
            f"{MAXIMUM_CLASSES:,}"
        )
    if class_names is None:
        return int(num_classes), None
    names = [_printable(str(name)) for name in class_names]
    if len(names) != num_classes:
        raise UsageError(f"class_names has {len(names)} names for {num_classes} classes; give one for each class")
    return int(num_classes), names


def _is_whole(value, largest):
    return isinstance(value, Integral) and not isinstance(value, bool) and 1 <= value <= largest


def _printable(name):
    text = name if name.isprintable() else ascii(name)[1:-1]
    return text[:MAXIMUM_CLASS_NAME]


def create(
    name: str,
    image_size: int | None = None,
    channels: int = 1,
    num_classes: int = 10,
    class_names: Iterable[str] | None = None,
    sample_shape: Sequence[int] | None = None,
    **options: Any,
) -> Any:
    """Return the compiled and built model of a recipe, ready for `fit`.

    Args:
        name: name of a recipe, as `kerasgen list` shows it.
        image_size: side of the square images in pixels; the recipe's own by default.
        channels: 1 for grey images, 3 for colour images.
        num_classes: number of labels, 0 to `num_classes - 1`; used if the model is conditional.
        class_names: their names, kept in model files.
        sample_shape: shape of one sample, if samples are not square images; (D,) for points. It replaces `image_size`
            and `channels`.
        options: options of the recipe, as `kerasgen show NAME` lists them.

    Raises:
        UsageError: an unknown recipe or option, a value of the wrong type, or a size that the networks cannot produce.

    Example:
        >>> import kerasgen
        >>> model = kerasgen.create("vae", image_size=8, latent_dim=2, hidden_dim=16)
        >>> model.generate(4, seed=0).shape
        (4, 8, 8, 1)
    """
    from kerasgen import zoo

    recipe = zoo.get(name)
    for option in options:
        if option not in recipe.options:
            raise unknown(f"option of {name}", option, (*recipe.options, *ARGUMENTS))
    if sample_shape is not None:
        if image_size is not None:
            raise UsageError(f"create received image_size {shorten(image_size)} and sample_shape; give one of them")
        return recipe.create(sample_shape, num_classes, class_names, **options)
    size = recipe.image_size if image_size is None else image_size
    for argument, value, meaning in (
        ("image_size", size, "the side of the images in pixels"),
        ("channels", channels, "the number of channels, such as 1 for grey or 3 for colour"),
        ("num_classes", num_classes, "the number of labels"),
    ):
        if not _is_whole(value, MAXIMUM_CLASSES):
            raise UsageError(f"{argument} is {shorten(value)}; it is {meaning}, a whole number of 1 or more")
    return recipe.create((size, size, channels), num_classes, class_names, **options)
