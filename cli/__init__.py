"""The command line: one file for each command, loaded when it is called."""

import importlib
import sys

import click

from kerasgen import __version__
from kerasgen.cli.failures import explain
from kerasgen.errors import unknown

COMMANDS = {
    "train": "kerasgen.cli.train",
    "resume": "kerasgen.cli.resume",
    "list": "kerasgen.cli.list",
    "show": "kerasgen.cli.show",
    "generate": "kerasgen.cli.generate",
    "reconstruct": "kerasgen.cli.reconstruct",
    "interpolate": "kerasgen.cli.interpolate",
    "encode": "kerasgen.cli.encode",
    "denoise": "kerasgen.cli.denoise",
    "translate": "kerasgen.cli.translate",
    "latents": "kerasgen.cli.latents",
    "traverse": "kerasgen.cli.traverse",
    "evaluate": "kerasgen.cli.evaluate",
    "neighbors": "kerasgen.cli.neighbors",
    "compare": "kerasgen.cli.compare",
    "animate": "kerasgen.cli.animate",
    "reproduce": "kerasgen.cli.reproduce",
    "doctor": "kerasgen.cli.doctor",
}


class Commands(click.Group):
    """The commands, and the one place where an error becomes a line on stderr and an exit code."""

    def list_commands(self, ctx):
        """Return the names in the order of a first visit."""
        return [*COMMANDS]

    def get_command(self, ctx, name):
        """Return the command of that name, importing its module now."""
        return importlib.import_module(COMMANDS[name]).command if name in COMMANDS else None

    def resolve_command(self, ctx, args):
        """Find the command that is called; an unknown one is told its near matches."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise unknown("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def main(self, args=None, **kwargs):
        """Run the command line and end the process with the exit code."""
        try:
            code = super().main(args, **(kwargs | {"standalone_mode": False}))
        except (Exception, KeyboardInterrupt) as error:
            explained = explain(error)
            if explained is None:
                raise  # ours to repair: the traceback says where
            message, code = explained
            click.echo(f"{click.style('Error:', fg='red', bold=True)} {message}", err=True)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kerasgen")
@click.pass_context
def main(context):
    """Train generative models and make pictures with them.

    \b
    A first run:
      kerasgen train vae
      kerasgen generate runs/vae-1
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
