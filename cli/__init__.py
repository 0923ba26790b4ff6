"""Command line of kerasgen: one file for each command, imported when the command runs."""

import contextlib
import importlib
import sys
import warnings

import click

from kerasgen import __version__
from kerasgen.cli import help, terminal
from kerasgen.cli.error_messages import explain
from kerasgen.errors import UsageError, unknown

GROUPS = {
    "Train": ("list", "show", "train", "resume", "doctor"),
    "Look": ("report", "animate", "compare", "reconstruct", "complete", "interpolate", "latents", "traverse"),
    "Measure": ("evaluate", "neighbors", "reproduce"),
    "Use": ("generate", "denoise", "translate", "encode"),
}
SYNONYMS = {
    "fit": "train",
    "run": "train",
    "sample": "generate",
    "test": "evaluate",
    "help": "--help",
    "version": "--version",
}  # names of other programs' commands
COMMANDS = {name: f"kerasgen.cli.{name}" for names in GROUPS.values() for name in names}


class Commands(click.Group):
    """Group of the commands; turns errors into one line on stderr and an exit code."""

    context_class = help.Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the help."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command, or None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name]).command
        command.context_class = help.Context
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple:
        """Return the command that is called.

        Raises:
            UsageError: unknown command; the message has similar names.
        """
        name = args[0]
        if name in SYNONYMS:
            raise UsageError(f"there is no command {name}; did you mean kerasgen {SYNONYMS[name]}?")
        if name not in COMMANDS and not name.startswith("-"):
            from kerasgen import zoo

            if name in zoo.recipes():
                raise UsageError(f"{name} is a recipe; did you mean kerasgen train {name}?")
            raise unknown("command", name, COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands, in groups."""
        width = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            with formatter.section(title):
                commands = {name: self.get_command(ctx, name) for name in names}
                helps = [(f"{name:<{width}}", each.get_short_help_str(100)) for name, each in commands.items() if each]
                formatter.write_dl(helps)

    def main(self, args=None, **kwargs):
        """Run a command and end the process with its exit code."""
        sys.excepthook = terminal.print_traceback  # for bugs, which are not explained below
        warnings.showwarning = terminal.print_warning
        with terminal.printable_streams():
            try:
                code = super().main(args, **(kwargs | {"standalone_mode": False}))
            except (Exception, KeyboardInterrupt) as error:
                explained = explain(error)
                if explained is None:
                    raise
                message, code = explained
                with contextlib.suppress(OSError):  # the exit code matters more than the message
                    terminal.echo(f"{terminal.style('Error:', fg='red', bold=True)} {message}", err=True)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=help.EPILOG,
)
@click.version_option(__version__, prog_name="kerasgen")
@click.pass_context
def main(context):
    """Train and use generative models with Keras, on TensorFlow, JAX or PyTorch."""
    if context.invoked_subcommand is None:
        terminal.echo(help.first_screen(context.command, context))
