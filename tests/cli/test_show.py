"""`kerasgen show`."""

import pytest

from kerasgen import zoo
from tests.cli.conftest import kerasgen


@pytest.mark.parametrize("name", zoo.recipes())
def test_show_lists_every_option_with_its_default(name):
    shown = [line.split(maxsplit=2) for line in kerasgen("show", name).stdout.splitlines()]
    for option, known in zoo.get(name).options.items():
        (text,) = (line[2] for line in shown if line[:2] == [option, str(known.default)])
        assert text.startswith(known.help.rstrip("."))
        assert ", ".join(known.choices) in text
    assert ["--epochs", str(zoo.get(name).epochs)] in shown
