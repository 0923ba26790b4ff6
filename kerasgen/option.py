"""Options: named values with a type and limits, of recipes, of `generate`, and of evaluators and samplers."""

from dataclasses import dataclass
from typing import Any

from kerasgen.errors import UsageError, shorten, unknown

Value = bool | int | float | str

MAXIMUM_TEXT = 100  # maximum characters of an option's value


@dataclass(frozen=True)
class Option:
    """An option of a recipe or of `generate`. The type of a value is the type of the default.

    Attributes:
        default: bool, int, float or str.
        help: noun phrase for `kerasgen show`, such as "Learning rate of the Adam optimizer."
        choices: the possible values of a str; empty if any word is possible.
        minimum: smallest value of a number. Default: 1 for an int, or 0 if the int's default is 0; 0 for a float.
        maximum: largest value of a number. Default: 2**20 for an int, 1e9 for a float.

    Raises:
        UsageError: the default has another type, or is not one of the choices or between the limits.

    Example:
        >>> from kerasgen import Option
        >>> Option(20, "Size of the latent vector.", maximum=1000).parse("32", "latent_dim", "vae")
        32
    """

    default: Value
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        """Check the default and the choices."""
        if type(self.default) not in _TYPES:
            raise UsageError(f"the default of an Option is a bool, int, float or str; received {self.default!r}")
        if self.choices and not all(isinstance(choice, str) for choice in (self.default, *self.choices)):
            raise UsageError(f"the choices of an Option are strings, and so is its default; received {self.choices!r}")
        self.parse(self.default, "default", "an Option")

    @property
    def limits(self) -> tuple[float, float]:
        """Return the smallest and the largest value of a number."""
        smallest, largest = (1 if self.default else 0, 2**20) if type(self.default) is int else (0, 1e9)
        return (
            smallest if self.minimum is None else self.minimum,
            largest if self.maximum is None else self.maximum,
        )

    def parse(self, value: Any, name: str, owner: str) -> Value:
        """Return the value, or the value that a text represents.

        Args:
            value: a value of the default's type, or its text.
            name: name of the option, for the message.
            owner: name of the recipe, for the message.

        Raises:
            UsageError: the value has another type, is not one of the choices or not between the limits.
        """
        parse, kind = _TYPES[type(self.default)]
        smallest, largest = self.limits
        try:
            parsed = parse(value)
            if type(self.default) in (int, float) and not smallest <= parsed:
                raise ValueError
        except (ValueError, TypeError, OverflowError):  # OverflowError: the int of an infinite number
            expected = kind.format(f"{smallest:g}")
            raise UsageError(
                f"option {name} of {owner} is {expected}, such as {self.default!r}; received {shorten(value)}"
            ) from None
        if type(self.default) in (int, float) and not parsed <= largest:
            raise UsageError(f"option {name} of {owner} is at most {_number(largest)}; received {shorten(value)}")
        if self.choices and parsed not in self.choices:
            raise unknown(name, parsed, self.choices)
        return parsed


def _parse_int(value):
    if isinstance(value, bool) or not (isinstance(value, str) or value == int(value)):
        raise ValueError
    return int(value)


def _parse_float(value):
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _parse_bool(value):
    if str(value).lower() not in ("true", "false"):
        raise ValueError
    return str(value).lower() == "true"


def _parse_str(value):
    if not isinstance(value, str) or len(value) > MAXIMUM_TEXT or not value.isprintable():
        raise ValueError
    return value


_TYPES = {
    int: (_parse_int, "a whole number of {} or more"),
    float: (_parse_float, "a number of {} or more"),
    bool: (_parse_bool, "true or false"),
    str: (_parse_str, "a word"),
}


def _number(value):
    return f"{int(value):,}" if value == int(value) else f"{value:g}"
