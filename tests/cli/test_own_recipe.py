"""Recipes of another package, as the README has them."""

import re
import sys
from pathlib import Path

import pytest

from kerasgen import zoo
from tests.cli.conftest import TINY, assert_refused, kerasgen

README = (Path(__file__).parent.parent.parent / "README.md").read_text()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that installs a package whose recipes are this code."""

    def install(code):
        (tmp_path / "my_models").mkdir()
        (tmp_path / "my_models" / "recipes.py").write_text(code)
        about = tmp_path / "my_models-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-models\nVersion: 1.0\n")
        entry = re.search(r"```toml\n\[project\.entry-points\.\"(.*?)\"\]\n(.*?)```", README, re.DOTALL)
        (about / "entry_points.txt").write_text(f"[{entry[1]}]\n{entry[2].replace(chr(34), '')}")
        monkeypatch.syspath_prepend(tmp_path)
        zoo.recipes.cache_clear()

    yield install
    monkeypatch.undo()
    for name in ("my_models.recipes", "my_models"):
        sys.modules.pop(name, None)
    zoo.recipes.cache_clear()


def code_of_readme():
    (block,) = re.findall(r"```py\n(# my_models/recipes.py.*?)```", README, re.DOTALL)
    return block


def test_a_recipe_of_another_package_is_one_of_the_zoo(package, here):
    package(code_of_readme())
    assert "\nmine  " in kerasgen("list").stdout
    assert "of each hidden layer" in kerasgen("show", "mine").stdout
    result = kerasgen("train", "mine", *TINY, "--set", "units=8")
    assert result.exit_code == 0, result.output
    assert kerasgen("reconstruct", "runs/mine-1").exit_code == 0
    assert kerasgen("resume", "runs/mine-1", "--epochs", 2).exit_code == 0


@pytest.mark.parametrize(
    ("code", "exit_code", "words"),
    [
        (
            "import nowhere",
            1,
            "the recipes in my_models.recipes:RECIPES cannot be imported: ModuleNotFoundError: No mod",
        ),
        ("RECIPES = 3", 1, "repair or uninstall the package"),
        (
            "from kerasgen.zoo.vae import RECIPES",
            2,
            "my_models.recipes:RECIPES both have a recipe 'vae'; rename one of them",
        ),
    ],
)
def test_recipes_that_cannot_be_are_said_in_a_line(package, code, exit_code, words):
    package(code)
    assert_refused(kerasgen("train", "vae", "--dry-run"), exit_code, words)
