"""`kerasgen compare RUN RUN...`: several runs in one table and one picture."""

from pathlib import Path

import click

from kerasgen.cli import options, terminal, trained_models
from kerasgen.errors import UsageError


@click.command("compare")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=options.ExistingPath(file_okay=False))
@options.out_option("comparison.png", "in the first run")
def command(runs: tuple[Path, ...], out: Path | None):
    """Compare two or more runs.

    The table has the settings that differ, the last logged values and the scores of `kerasgen evaluate`. The
    picture has the last samples and the curves of each run.
    """
    if len(runs) < 2:
        raise UsageError(f"one run, {runs[0]}: give two or more to compare")
    from kerasgen.plots import comparison
    from kerasgen.runs import finished

    results = finished.read_runs(runs)
    terminal.echo(terminal.table(*finished.table(results)))
    for path, run in zip(runs, results):
        if run.left_out:
            terminal.echo(f"{run.name}: scores left out, {run.left_out}; run kerasgen evaluate {path}", err=True)
    out = out or trained_models.default_output(runs[0], "comparison.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    for line in comparison.save_comparison(out, results):
        terminal.echo(line, err=True)
    terminal.echo(f"Wrote {out}")
