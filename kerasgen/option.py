"""What can be set of a recipe: a default, what it means, and which values there are."""

from dataclasses import dataclass

from kerasgen.errors import UsageError, unknown


@dataclass(frozen=True)
class Option:
    """An option of a recipe. A value's type is its default's: bool, int, float or str.

    Attributes:
        default: the value that the recipe has.
        meaning: a few words for `kerasgen show`.
        choices: of a word, the values that there are; empty where there is no end of them.
        lowest: of a whole number; by default 1, or 0 where 0 is the default, which then means off.
    """

    default: object
    meaning: str
    choices: tuple = ()
    lowest: int | None = None

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
        lowest = self.lowest if self.lowest is not None else int(bool(self.default))
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
