"""What a recipe is: an architecture with its settings, as data that can be listed, changed and built."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral

from kerasgen.errors import UsageError, unknown


@dataclass(frozen=True)
class Option:
    """An option of a recipe. A value's type is its default's: bool, int, float or str.

    Attributes:
        default: the value that the recipe has.
        help: noun phrase for `kerasgen show`, such as "Learning rate of the Adam optimizer."
        choices: of a word, the values that there are; empty where there is no end of them.
        minimum: smallest value of a number; by default 1 for a whole number, or 0 if its default is 0 (off); 0 for a
            float.
    """

    default: object
    help: str
    choices: tuple = ()
    minimum: int | None = None

    def __post_init__(self):
        """Refuse a default of another type, and choices that are no words."""
        if type(self.default) not in _PARSERS:
            raise UsageError(f"the default of an Option is a bool, int, float or str; received {self.default!r}")
        if self.choices and not all(isinstance(choice, str) for choice in (self.default, *self.choices)):
            raise UsageError(f"the choices of an Option are words, as its default is; received {self.choices!r}")

    def parse(self, value, name, recipe):
        """Return the value, or what its text stands for; `name` and `recipe` are for the message.

        Raises:
            UsageError: a value of another type, or none of the choices.
        """
        lowest = self.minimum if self.minimum is not None else int(bool(self.default))
        try:
            parsed = _PARSERS[type(self.default)](value, lowest)
        except (ValueError, TypeError, OverflowError):  # the last of an infinite number
            kind = _KINDS[type(self.default)].format(lowest=lowest)
            raise UsageError(
                f"option {name} of {recipe} is {kind}, such as {self.default!r}; received {value!r}"
            ) from None
        if self.choices and parsed not in self.choices:
            raise unknown(name, parsed, self.choices)
        return parsed


def _parse_int(value, lowest):
    whole = isinstance(value, str) or value == int(value)
    if isinstance(value, bool) or not whole or int(value) < lowest:
        raise ValueError
    return int(value)


def _parse_float(value, lowest):
    number = float(value)
    if isinstance(value, bool) or not 0 <= number < float("inf"):
        raise ValueError
    return number


def _parse_bool(value, lowest):
    if str(value).lower() not in ("true", "false"):
        raise ValueError
    return str(value).lower() == "true"


def _parse_str(value, lowest):
    if not isinstance(value, str):
        raise ValueError
    return value


_PARSERS = {int: _parse_int, float: _parse_float, bool: _parse_bool, str: _parse_str}
_KINDS = {
    int: "a whole number of {lowest} or more",
    float: "a number of 0 or more",
    bool: "true or false",
    str: "a word",
}


@dataclass(frozen=True)
class Recipe:
    """A model ready to train: networks, hyper-parameters and data that go together.

    A variant of a recipe is a `dataclasses.replace` of it.

    Attributes:
        name: what `kerasgen train` and `kerasgen.create` call it.
        summary: one line for the table of the zoo.
        paper: authors, year and arXiv number.
        build: function of `(image_shape, **options)` that returns the compiled, built model. It imports Keras
            when called and not before, so that recipes can be listed at once.
        options: name -> `Option`, all that `build` has. Instead of the option `conditional`, `build` is given
            `num_classes` where it is true.
        dataset, image_size, epochs, batch_size: defaults of a training run.
        try_next: commands that show what the trained model can do.
        kind: what it is trained on, one of `kerasgen.data.sources.KINDS`: `images`; `pairs` of images or two
            `domains` of images without pairs, to translate from one to the other.
    """

    name: str
    summary: str
    paper: str
    build: Callable
    options: dict = field(default_factory=dict)
    dataset: str = "digits"
    image_size: int = 28
    epochs: int = 30
    batch_size: int = 100
    try_next: tuple = ("generate",)
    kind: str = "images"

    def __post_init__(self):
        """Refuse what no command could work with."""
        if not isinstance(self.name, str) or not self.name or not callable(self.build):
            raise UsageError(f"a Recipe has a name and a function build; received {self.name!r} and {self.build!r}")
        for name, option in self.options.items():
            if not isinstance(option, Option):
                raise UsageError(f"option {name} of {self.name} is {option!r}; give a kerasgen.Option")

    def resolve(self, overrides):
        """Return all options with `overrides`, a dict of name -> value (or its text), put in and checked.

        Raises:
            UsageError: an unknown option, or a value that it cannot have.
        """
        for name in overrides:
            if name not in self.options:
                raise unknown(f"option of {self.name}", name, self.options)
        return {
            name: option.parse(overrides[name], name, self.name) if name in overrides else option.default
            for name, option in self.options.items()
        }

    def create(self, image_shape, num_classes=10, **options):
        """Return the compiled and built model for images (H, W, C), with labels of `num_classes` if conditional.

        Raises:
            UsageError: as `resolve`, or a size or value that the model cannot take, or `build` is not as it is to be.
        """
        options = self.resolve(options)
        if options.pop("conditional", False):
            options["num_classes"] = num_classes
        try:
            inspect.signature(self.build).bind(tuple(image_shape), **options)
        except TypeError as error:
            raise UsageError(f"build of {self.name} is called with image_shape and its options: {error}") from None
        model = self.build(tuple(image_shape), **options)
        if not getattr(model, "compiled", False):
            raise UsageError(f"build of {self.name} returned {model!r}; it is to return a compiled model")
        return model


def create(name, image_size=None, channels=1, num_classes=10, **options):
    """Return the compiled, built model of a recipe, ready for `fit`.

    Args:
        name: a recipe's name, as `kerasgen list` shows them.
        image_size: side of the square images, in pixels; the recipe's own by default.
        channels: 1 for grey, 3 for colour.
        num_classes: labels go from 0 to `num_classes - 1`; only for a conditional recipe.
        options: any option of the recipe, as `kerasgen show NAME` lists them.

    Raises:
        UsageError: unknown recipe or option, a value of the wrong type, a size that the networks cannot make.
    """
    from kerasgen import zoo

    recipe = zoo.get(name)
    size = recipe.image_size if image_size is None else image_size
    for argument, value, what in (
        ("image_size", size, "the side of the images in pixels"),
        ("channels", channels, "the number of channels, such as 1 for grey or 3 for colour"),
        ("num_classes", num_classes, "the number of labels"),
    ):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{argument} is {value!r}; it is {what}, a whole number of 1 or more")
    return recipe.create((int(size), int(size), int(channels)), int(num_classes), **options)
