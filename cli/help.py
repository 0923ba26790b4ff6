"""Help texts that fit the terminal, the first screen, and the completion of names in a shell."""

import re

import click

from kerasgen.cli import terminal

BEGINNER = {
    "list": "kerasgen list",
    "show": "kerasgen show vae",
    "train": "kerasgen train vae",
    "generate": "kerasgen generate runs/vae-1",
    "evaluate": "kerasgen evaluate runs/vae-1",
}
COMPLETION = 'eval "$(_KERASGEN_COMPLETE=bash_source kerasgen)"'
EPILOG = f"""\b
Completion of names with the Tab key, in bash (zsh_source is for zsh):
  {COMPLETION}
"""

_NO_BREAK = {" ": "\N{NO-BREAK SPACE}", "-": "\N{NON-BREAKING HYPHEN}"}
# Text that is not broken over two lines: commands in backticks, short defaults, names with hyphens
_WHOLE = re.compile(r"`[^`]{1,40}`|\[default: [^\]]{1,30}\]|\S*-\S*")


class Formatter(click.HelpFormatter):
    """Formatter that keeps names and commands on one line, so that they can be copied."""

    def write(self, string: str) -> None:
        """Write a text that is wrapped already."""
        for breakable, unbreakable in _NO_BREAK.items():
            string = string.replace(unbreakable, breakable)
        super().write(string)

    def write_text(self, text: str) -> None:
        """Write a paragraph."""
        super().write_text(_unbreakable(text))

    def write_dl(self, rows, col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of names and their descriptions."""
        super().write_dl([(name, _unbreakable(text)) for name, text in rows], col_max, col_spacing)


class Context(click.Context):
    """Context whose help is written by `Formatter`."""

    formatter_class = Formatter


def _unbreakable(text):
    return _WHOLE.sub(lambda match: "".join(_NO_BREAK.get(c, c) for c in match[0]), text)


def first_screen(group: click.Group, context: click.Context) -> str:
    """Return the text of `kerasgen` without a command: five commands, and how to find the others."""
    width = max(map(len, BEGINNER.values())) + len(terminal.GAP)
    lines = [f"{group.get_short_help_str(100)}", ""]
    for name, example in BEGINNER.items():
        command = group.get_command(context, name)
        lines.append(f"  {example:<{width}}{command.get_short_help_str(100) if command else ''}")
    return "\n".join([*lines, "", f"All {len(group.list_commands(context))} commands: kerasgen --help"])
