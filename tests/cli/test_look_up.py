"""The commands that only look things up, and how lightly they do it."""

import os
import resource
import subprocess
import sys

import pytest

import kerasgen as library
from kerasgen import zoo
from kerasgen.cli import COMMANDS
from tests.cli.conftest import kerasgen

HEAVY = {"keras", "numpy", "tensorflow", "jax", "torch", "matplotlib", "PIL", "sklearn"}
LOOK_UPS = [["--help"], ["list"], ["show", "vae"], ["train", "--help"], ["train", "vae", "--dry-run"]]


def test_the_help_names_every_command():
    result = kerasgen("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout
        assert kerasgen(command, "--help").exit_code == 0
    assert kerasgen().stdout == result.stdout
    assert library.__version__ in kerasgen("--version").stdout


def test_the_list_has_a_line_for_each_recipe():
    lines = kerasgen("list").stdout.splitlines()
    for name, recipe in zoo.recipes().items():
        (line,) = (line for line in lines if line.startswith(f"{name} "))
        assert recipe.summary in line
        assert recipe.paper in line
        assert f" {recipe.epochs} " in line


@pytest.mark.parametrize("name", zoo.recipes())
def test_show_lists_every_option_with_its_default(name):
    shown = [line.split(maxsplit=2) for line in kerasgen("show", name).stdout.splitlines()]
    for option, known in zoo.get(name).options.items():
        (meaning,) = (line[2] for line in shown if line[:2] == [option, str(known.default)])
        assert meaning.startswith(known.help)
        assert meaning.endswith(", ".join(known.choices))
    assert ["--epochs", str(zoo.get(name).epochs)] in shown


def test_a_dry_run_prints_what_would_be_trained_and_leaves_nothing(here):
    result = kerasgen("train", "vae", "--dry-run", "--epochs", 3, "--set", "beta=2", "--set", "latent_dim=7")
    printed = dict(line.split() for line in result.stdout.splitlines())
    assert printed["recipe"] == "vae"
    assert printed["epochs"] == "3"
    assert printed["batch_size"] == str(zoo.get("vae").batch_size)
    assert (printed["beta"], printed["latent_dim"]) == ("2.0", "7")
    assert printed["backend"] == os.environ.get("KERAS_BACKEND", "tensorflow")
    assert not any(here.iterdir())


@pytest.mark.once
def test_looking_up_imports_nothing_heavy(run_script):
    code = f"""
import sys
from kerasgen.cli import main
for arguments in {LOOK_UPS + [[command, "--help"] for command in COMMANDS]}:
    try:
        main(arguments)
    except SystemExit as end:
        assert end.code == 0, arguments
    heavy = {HEAVY} & set(sys.modules)
    assert not heavy, (arguments, heavy)
"""
    assert run_script(code).count("Usage:") == 2 + len(COMMANDS)


@pytest.mark.once
@pytest.mark.parametrize("arguments", [["--help"], ["list"]], ids=" ".join)
def test_looking_up_takes_a_moment(arguments):
    def seconds():  # of the processor, which the machine's other work does not change much
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "kerasgen", *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.3
