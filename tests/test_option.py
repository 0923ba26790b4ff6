"""Tests of options: their types, limits and texts."""

import pytest

from kerasgen import zoo
from kerasgen.errors import UsageError
from kerasgen.option import Option


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"default": (1, 2)}, "is a bool, int, float or str"),
        ({"default": 3, "choices": (3, 5)}, "the choices of an Option are strings"),
        ({"default": "a", "choices": ("b", "c")}, "unknown default 'a'"),
        ({"default": 3, "minimum": 4}, "option default of an Option is a whole number of 4 or more"),
        ({"default": 3, "maximum": 2}, "option default of an Option is at most 2"),
    ],
)
def test_an_option_whose_default_is_impossible_is_refused(arguments, says):
    with pytest.raises(UsageError, match=says):
        Option(help="x", **arguments)


@pytest.mark.once
def test_limits_of_an_option():
    assert Option(3, "x").limits == (1, 2**20)
    assert Option(0, "x").limits == (0, 2**20)
    assert Option(0.5, "x").limits == (0, 1e9)
    assert Option(0.5, "x", minimum=-1, maximum=1).parse("-1", "x", "y") == -1.0
    with pytest.raises(UsageError, match="is a number of -1 or more"):
        Option(0.5, "x", minimum=-1, maximum=1).parse(-1.5, "x", "y")


def test_text_is_read_as_the_type_of_the_default():
    options = zoo.get("vae").resolve({"latent_dim": "16", "learning_rate": "1e-4", "beta": "2"})
    assert options["latent_dim"] == 16
    assert options["learning_rate"] == 1e-4
    assert options["beta"] == 2.0
