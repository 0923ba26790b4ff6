"""`kerasgen resume RUN`: continuation of an interrupted training."""

import sys
from pathlib import Path

import click

from kerasgen.cli import backends, options, terminal
from kerasgen.cli.train import print_interrupted, print_summary
from kerasgen.errors import MissingPackageError, RunError


@click.command("resume")
@click.argument("run", type=options.ExistingPath(file_okay=False))
@click.option("--epochs", type=options.count(), metavar="N", help="Total number of epochs.  [default: as in the run]")
@click.option(
    "--devices",
    type=options.count(options.MAX_DEVICES),
    metavar="N",
    help="Number of devices.  [default: as in the run]",
)
@click.option(
    "--keep", type=options.count(1000), metavar="N", help="Number of checkpoints to keep.  [default: as in the run]"
)
@options.keep_best_option
@options.no_report_option
@click.option("--dataset", metavar="PATH", help="New path of the training data, if they have moved.")
@click.option("--data-dir", metavar="DIR", help="New folder of TensorFlow Datasets, if the data have moved.")
@options.backend_option("backend of the run; another is refused")
def command(
    run: Path,
    epochs: int | None,
    devices: int | None,
    keep: int | None,
    keep_best: str | None,
    no_report: bool,
    dataset: str | None,
    data_dir: str | None,
    backend: str | None,
):
    """Continue an interrupted training.

    RUN is a run directory. Training continues from the newest intact checkpoint, and the result is the same as
    without the interruption. Settings, data and backend must stay the same. The numbers of epochs, devices and
    checkpoints may change.
    """
    from kerasgen import runs

    record = runs.Run.open(run).read_recipe()
    trained_on = record.get("backend")
    _check_backend(trained_on, run)
    if backend not in (None, trained_on):
        raise RunError(f"cannot resume {run} on {backend}: it was trained on {trained_on}; leave --backend out")
    backends.start(trained_on)
    try:
        finished = runs.resume(
            run,
            epochs=epochs,
            devices=devices,
            dataset=dataset,
            data_dir=data_dir,
            report=terminal.echo,
            keep=keep,
            keep_best=keep_best,
            **options.page_callbacks(no_report),
        )
    except runs.Interrupted as interrupted:
        print_interrupted(interrupted.run, record["recipe"])
        sys.exit(interrupted.exit_code)
    print_summary(finished, record["recipe"])


def _check_backend(trained_on: str | None, run: Path) -> None:
    """Raise an error that names the run; `backends.start` would blame a --backend that was not given."""
    if trained_on is None:
        return
    if trained_on not in backends.INSTALL:
        known = ", ".join(backends.INSTALL)
        raise RunError(f"{run}/recipe.json: backend is {trained_on!r}; expected one of {known}; correct it")
    if not backends.installed(trained_on):
        install = backends.INSTALL[trained_on]
        raise MissingPackageError(f"{run} was trained on {trained_on}, which is not installed: {install}")
