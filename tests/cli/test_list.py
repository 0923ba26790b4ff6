"""`kerasgen list`."""

import pytest

from kerasgen import zoo
from tests.cli.conftest import kerasgen

pytestmark = pytest.mark.once


def test_the_list_has_a_line_for_each_recipe():
    lines = kerasgen("list").stdout.splitlines()
    for name, recipe in zoo.recipes().items():
        (line,) = (line for line in lines if line.startswith(f"{name} "))
        assert recipe.summary in line
        assert recipe.paper in line
        assert f" {recipe.epochs} " in line
        assert not recipe.minutes or f" {recipe.minutes:g} " in line
