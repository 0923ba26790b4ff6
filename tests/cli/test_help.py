"""Help texts, the first screen, and the completion of names in a shell."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kerasgen import zoo
from kerasgen.cli import COMMANDS, GROUPS, help, main
from tests.cli.conftest import kerasgen

pytestmark = pytest.mark.once

BIN = Path(sys.executable).parent


def test_without_a_command_five_commands_are_shown_and_how_to_find_the_others():
    result = kerasgen()
    assert result.exit_code == 0
    shown = re.findall(r"^  kerasgen (\w+)", result.stdout, re.MULTILINE)
    assert shown == [*help.BEGINNER]
    assert len(shown) == 5
    assert f"All {len(COMMANDS)} commands: kerasgen --help" in result.stdout
    assert len(result.stdout.splitlines()) <= 10


def test_the_help_has_the_commands_in_groups_and_the_line_for_completion():
    result = kerasgen("--help")
    assert [line[:-1] for line in result.stdout.splitlines() if line[:-1] in GROUPS] == [*GROUPS]
    assert help.COMPLETION in result.stdout


def help_of(name, columns):
    """Return the help of a command, or of kerasgen, in a terminal of that width."""
    context = help.Context(main, info_name="kerasgen", terminal_width=columns)
    if name:
        context = help.Context(main.get_command(context, name), context, name)
    return context.command.get_help(context)


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_line_of_a_help_is_cut_off_or_ragged(name, columns):
    text = help_of(name, columns)
    lines = text.splitlines()
    assert max(map(len, lines)) <= columns
    assert not [line for line in lines if line.endswith(("...", "-")) and "Usage" not in line]
    assert not [line for line in lines if line.count("`") % 2], "a command is broken over two lines"
    options = re.findall(r"^  -.*$", text.split("Options:\n")[1], re.MULTILINE)
    assert options
    for line in options:  # the description begins on the line of its option
        assert re.search(r"\S  +[A-Z]", line.strip()), line


def test_every_command_and_option_has_a_help():
    for name in COMMANDS:
        command = main.get_command(None, name)
        assert command.get_short_help_str(100).endswith(".")
        for option in command.params:
            assert isinstance(option, click.Argument) or option.help, (name, option.name)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["kerasgen", "tr"], "train traverse translate"),
        (["kerasgen", "train", "vae"], " ".join(name for name in zoo.recipes() if name.startswith("vae"))),
        (["kerasgen", "show", "denoising-a"], "denoising-autoencoder"),
        (["kerasgen", "generate", ""], "runs/my gan runs/vae-1"),
        (["kerasgen", "animate", "runs/v"], "runs/vae-1"),
        (["kerasgen", "train", "vae", "--backend", ""], "tensorflow jax torch"),
        (["kerasgen", "train", "vae", "--keep-"], "--keep-best"),
    ],
)
def test_bash_completes_commands_recipes_and_runs(words, expected, here):
    for name in ("vae-1", "my gan"):
        (here / "runs" / name).mkdir(parents=True)
    quoted = " ".join(f"'{word}'" for word in words)
    script = f"""
{help.COMPLETION}
COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()
_kerasgen_completion kerasgen
echo "${{COMPREPLY[*]}}"
"""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (expected, "")
