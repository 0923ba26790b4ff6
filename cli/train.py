"""`kerasgen train RECIPE`: from a recipe to a run directory."""

import os
import shlex
import sys
from dataclasses import asdict

import click

from kerasgen import zoo
from kerasgen.cli import backends, text
from kerasgen.cli.counts import count
from kerasgen.errors import UsageError

MORE = {"translate": " IMAGES -o translated"}  # what a command needs besides the model


@click.command("train")
@click.argument("recipe")
@click.option("--epochs", type=count(), metavar="N", help="How often to go through the data.")
@click.option("--batch-size", type=count(), metavar="N", help="Images in one step.")
@click.option("--dataset", metavar="NAME|PATH", help="digits, mnist, ... or a folder of images, a .npy or .npz file.")
@click.option("--data-dir", metavar="DIR", help="Where TensorFlow Datasets keeps its sets.")
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    help="Of a translation with pairs: --set direction=..., in short.",
)
@click.option("--image-size", type=count(), metavar="N", help="Side of the square images, in pixels.")
@click.option(
    "--max-bad",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=0.01,
    show_default=True,
    help="Of the files in a folder, how many may be no images. One may, unless this is 0.",
)
@click.option(
    "-o", "--out", metavar="DIR", type=click.Path(), help="The run directory, a new one. Default: runs/RECIPE-N."
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="The same seed trains the same.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]),
    default="float32",
    show_default=True,
    help="Of the computations; mixed is for GPUs.",
)
@click.option("--checkpoint-every", metavar="INTERVAL", help="Save besides each epoch: such as 500steps, or 10min.")
@click.option(
    "--devices",
    type=count(),
    metavar="N",
    default=1,
    show_default=True,
    help="Train on N GPUs at once, or try it on a CPU.",
)
@click.option("--deterministic", is_flag=True, help="The same bits each time on a GPU too; slower.")
@backends.option
@click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="An option of the recipe; repeatable, see `kerasgen show`.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Print what would be trained, and stop; no model is made, which may refuse a value of --set.",
)
def command(recipe, settings, direction, backend, out, max_bad, dry_run, **run):
    """Train RECIPE and keep everything in a run directory.

    What is not given comes from the recipe; see `kerasgen list` and `kerasgen show RECIPE`.
    """
    from kerasgen import runs
    from kerasgen.data import sources

    resolved = runs.resolve(recipe, _parsed([*settings, *_directed(recipe, direction)]), **run)
    runs.check_out(out)
    sources.loader_module(resolved.dataset, zoo.get(recipe).kind)
    name, _ = backends.choose(backend)
    if dry_run:
        click.echo(text.pairs(_described(resolved, name, out), indent=0))
        return
    backends.start(backend)
    try:
        done = runs.train(resolved, out=out, report=click.echo, max_bad=max_bad)
    except runs.Interrupted as interrupted:
        print_stopped(interrupted.run, recipe)
        sys.exit(interrupted.exit_code)
    print_summary(done, recipe)


def _parsed(settings):
    """Return the texts `name=value` as a dict."""
    parsed = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not equals:
            raise UsageError(f"--set {setting}: give name=value, such as --set learning_rate=0.001")
        if name in parsed:
            raise UsageError(f"{name} is given twice, as {parsed[name]} and as {value}; give one value")
        parsed[name] = value
    return parsed


def _directed(recipe, direction):
    """Return `--direction` as settings of the recipe."""
    if direction is None:
        return []
    if "direction" not in zoo.get(recipe).options:
        raise UsageError(f"--direction {direction}: {recipe} is trained in no direction; leave the option out")
    return [f"direction={direction}"]


def _described(settings, backend, out):
    """Return a flat dict of all that a run would be told: the run, then the recipe's options."""
    described = asdict(settings)
    options = described.pop("options")
    where = {"backend": backend, "out": out or f"runs/{settings.recipe}-N"}
    return {name: value for name, value in (described | where).items() if value is not None} | options


def print_summary(run, recipe):
    """Print the places in a run that has come to its end, and what to do with it, unless another machine has it."""
    if not run.directory.exists():
        return
    places = {
        "model": run.model_path,
        "samples": f"{run.samples}{os.sep}",
        "curves": run.curves_path,
        "history": run.history_path,
        "live curves": f"tensorboard --logdir {shlex.quote(str(run.logs))}",
    }
    click.echo(f"\n{text.heading('Trained')}\n{text.pairs(places)}\n\n{text.heading('Try next')}")
    for command in zoo.get(recipe).try_next:
        click.echo(f"  kerasgen {command} {shlex.quote(str(run.model_path))}{MORE.get(command, '')}")
    click.echo(f"  kerasgen animate {shlex.quote(str(run.directory))}")


def print_stopped(run, recipe):
    """Print how to go on with a run that was stopped, and what to do with it as it is, as the other does."""
    if not run.directory.exists():
        return
    click.echo(f"\n{text.heading('Stopped')}; {run.model_path} is the model as trained until now.\n")
    click.echo(text.heading("Try next"))
    click.echo(f"  kerasgen resume {shlex.quote(str(run.directory))}")
    for command in zoo.get(recipe).try_next:
        click.echo(f"  kerasgen {command} {shlex.quote(str(run.model_path))}{MORE.get(command, '')}")
