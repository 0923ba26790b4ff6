"""`kerasgen compare RUN RUN...`: runs beside each other, as a table and as a picture."""

import click

from kerasgen.cli import text, trained
from kerasgen.errors import UsageError


@click.command("compare")
@click.argument("runs", nargs=-1, required=True, type=trained.TrainedPath(file_okay=False))
@trained.out_option("comparison.png", "in the first of RUNS")
def command(runs, out):
    """Compare RUNS: the settings that differ, what came of them (see `kerasgen evaluate`), samples and curves."""
    if len(runs) < 2:
        raise UsageError(f"one run, {runs[0]}: give two or more to compare")
    from kerasgen.plots import comparison

    finished = comparison.read(runs)
    click.echo(text.table(*comparison.table(finished)))
    for path, run in zip(runs, finished):
        if run.left_out:
            click.echo(f"{run.name}: its figures, {run.left_out}, are left out: kerasgen evaluate {path}", err=True)
    out = out or trained.beside(runs[0], "comparison.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    comparison.save_picture(out, finished)
    click.echo(f"Wrote {out}")
