"""`kerasgen resume RUN`: go on with an interrupted training."""

import sys

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count
from kerasgen.cli.train import print_stopped, print_summary
from kerasgen.errors import MissingPackageError, RunError


@click.command("resume")
@click.argument("run", type=trained.TrainedPath(file_okay=False))
@click.option("--epochs", type=count(), metavar="N", help="How many in all. Default: as many as the run was to have.")
@click.option("--devices", type=count(), metavar="N", help="Train on N devices. Default: as many as before.")
@click.option("--dataset", metavar="PATH", help="Where the run's folder or file of images lies now, if it has moved.")
@click.option("--data-dir", metavar="DIR", help="Where TensorFlow Datasets keeps its sets now, if they have moved.")
@backends.option_with("the run's own; another is refused")
def command(run, epochs, devices, dataset, data_dir, backend):
    """Go on with RUN, the directory of a training that was interrupted, as if it had never stopped.

    It starts from the newest checkpoint that is whole. Settings, data and backend must be those of the run; the
    numbers of epochs and of devices may be others, and the data may lie elsewhere.
    """
    from kerasgen import runs

    record = runs.Run.open(run).read_recipe()
    trained_on = record.get("backend")
    _check(trained_on, run)
    if backend not in (None, trained_on):
        raise RunError(f"cannot go on with {run}: backend was {trained_on}, is {backend}; leave --backend out")
    backends.start(trained_on)
    try:
        done = runs.resume(run, epochs=epochs, devices=devices, dataset=dataset, data_dir=data_dir, report=click.echo)
    except runs.Interrupted as interrupted:
        print_stopped(interrupted.run, record["recipe"])
        sys.exit(interrupted.exit_code)
    print_summary(done, record["recipe"])


def _check(trained_on, run):
    """Raise an error that names the run, since `backends.start` would blame a --backend that was not given."""
    if trained_on is None:
        return
    if trained_on not in backends.INSTALL:
        known = ", ".join(backends.INSTALL)
        raise RunError(f"{run}/recipe.json: backend is {trained_on!r}, and must be one of {known}; put it right")
    if not backends.installed(trained_on):
        install = backends.INSTALL[trained_on]
        raise MissingPackageError(f"{run} was trained on {trained_on}, which is not installed: {install}")
