"""The three files of the tutorial "Your own model in three files", in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/tutorials/own-model.md").read_text()
FILES = re.findall(r"`([\w/]+\.py)`[^`]*?(?:`ModelCase`[^`]*?)?```py\n(.*?)```", PAGE, re.DOTALL)

# Finders of an editable installation would find the packages of this tree.
ONLY_THE_COPY = """
import sys

sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in getattr(finder, "__module__", "")]
"""

pytestmark = [pytest.mark.once, pytest.mark.slow]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the tree with the three files, laid out as it is installed."""
    root = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__", "pictures")
    for name in ("kerasgen", "zoo", "cli", "tests", "checks"):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, root / name)
    for name in ("zoo", "cli"):
        (root / "kerasgen" / name).symlink_to(root / name)
    (root / "sitecustomize.py").write_text(ONLY_THE_COPY)
    for path, text in FILES:
        assert not (root / path).exists(), path
        (root / path).write_text(text)
    return root


def run(root, *arguments):
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, timeout=600
    )


def test_the_page_has_a_model_a_recipe_and_a_test():
    assert [path.split("/")[0] for path, _ in FILES] == ["kerasgen", "zoo", "tests"]


@pytest.mark.slow
def test_the_new_model_passes_the_tests_of_every_model_and_recipe(copy):
    tests = [FILES[2][0], "tests/test_recipe.py", "tests/zoo", "tests/experiments/test_tables.py"]
    done = run(copy, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow", *tests)
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout


@pytest.mark.slow
def test_the_new_recipe_is_trained_and_generates_with_its_own_option(copy):
    name = Path(FILES[1][0]).stem
    assert name in run(copy, "-m", "kerasgen", "list").stdout
    sizes = ("--dataset", "digits", "--image-size", "8", "--epochs", "1", "--set", "hidden_dim=8")
    train = ("train", name, *sizes, "-o", "run")
    for command in (train, ("generate", "run", "-n", "4", "--set", "steps=2")):
        done = run(copy, "-m", "kerasgen", *command)
        assert done.returncode == 0, done.stderr
    assert (copy / "run" / "generated.png").is_file()


def test_the_new_files_pass_the_linter(copy):
    done = run(copy, "-m", "ruff", "check", "--no-cache", *(path for path, _ in FILES))
    assert done.returncode == 0, done.stdout
