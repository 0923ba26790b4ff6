"""Recipes of another package that cannot be used: what the commands say. `tests/test_stranger.py` uses one."""

import sys

import pytest

from kerasgen import zoo
from tests.cli.conftest import TINY, assert_refused, kerasgen

pytestmark = pytest.mark.once

ENTRY_POINT = "[kerasgen.recipes]\nmine = my_models.recipes:RECIPES\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that installs a package whose recipes are this code."""

    def install(code):
        (tmp_path / "my_models").mkdir()
        (tmp_path / "my_models" / "recipes.py").write_text(code)
        about = tmp_path / "my_models-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-models\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(ENTRY_POINT)
        monkeypatch.syspath_prepend(tmp_path)
        zoo._installed.cache_clear()

    yield install
    monkeypatch.undo()
    for name in ("my_models.recipes", "my_models"):
        sys.modules.pop(name, None)
    zoo._installed.cache_clear()


OWN = "from kerasgen import Option, Recipe\ndef build(shape): pass\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import nowhere", "the recipe my_models.recipes:RECIPES cannot be imported: ModuleNotFoundError: No mod"),
        ("import sys; sys.exit(0)", "cannot be imported: SystemExit: 0; repair or uninstall the package"),
        ("RECIPES = 3", "my_models.recipes:RECIPES is not a kerasgen.recipe.Recipe or a list of them; repair"),
        ("RECIPES = [3]", "is not a kerasgen.recipe.Recipe or a list"),
        (OWN + "RECIPES = [Recipe(None, 'x', 'x', build)]", "a Recipe has a name and a function build; received None"),
        (OWN + "RECIPES = [Recipe('mine', 'x', 'x', build, {'units': 64})]", "option units of mine is 64; give a"),
        (OWN + "Option((1, 2), 'x')", "default of an Option is a bool, int, float or str; received (1, 2)"),
        (OWN + "Option(3, 'x', choices=(3, 5))", "of an Option are strings, and so is its default; received (3, 5)"),
        ("from kerasgen.zoo.vae import RECIPES", "'vae' of my_models.recipes:RECIPES has the name of another one"),
    ],
)
def test_recipes_that_cannot_be_used_are_left_out_with_a_reason(package, code, words):
    package(code)
    assert kerasgen("train", "vae", "--dry-run").exit_code == 0
    assert words in kerasgen("list").stderr.replace("\n", " ")
    assert_refused(kerasgen("train", "mine", "--dry-run"), 2, words)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        ("def build(shape): pass", "build of mine is called with sample_shape and its options: got an unexpected"),
        ("def build(shape, units): pass", "build of mine returned None; it must return a compiled model"),
    ],
)
def test_a_build_that_returns_no_model_is_an_error_in_a_line(package, here, build, words):
    recipes = "RECIPES = [Recipe('mine', '', '', build, {'units': Option(3, '')})]"
    package(f"from kerasgen import Option, Recipe\n{build}\n{recipes}")
    assert_refused(kerasgen("train", "mine", *TINY), 2, words)
