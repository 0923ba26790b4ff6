"""`kerasgen compare RUN RUN...`: several runs in one table and one picture."""

from pathlib import Path

import click

from kerasgen.cli import options, terminal, trained_models
from kerasgen.errors import UsageError


@click.command("compare")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=options.ExistingPath(file_okay=False))
@options.out_option("comparison.png", "in the first run")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML page of the comparison, written instead of the picture. An existing file is replaced.",
)
def command(runs: tuple[Path, ...], out: Path | None, html: Path | None):
    """Compare two or more runs.

    The table has the settings that differ, the last logged values and the scores of `kerasgen evaluate`. The
    picture has the last samples and the curves of each run. The HTML page has all of this in a column for each run,
    with a slider over the epochs.
    """
    if len(runs) < 2:
        raise UsageError(f"one run, {runs[0]}: give two or more to compare")
    if out is not None and html is not None:
        raise UsageError(f"-o {out} and --html {html}: give one of them")
    if html is not None and html.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--html {html}: the page is an HTML file; give a name that ends in .html")
    from kerasgen.runs import finished

    results = finished.read_runs(runs)
    terminal.echo(terminal.table(*finished.table(results)))
    for path, run in zip(runs, results):
        if run.left_out:
            terminal.echo(f"{run.name}: scores left out, {run.left_out}; run kerasgen evaluate {path}", err=True)
    if html is not None:
        from kerasgen.report import write_comparison

        html.parent.mkdir(parents=True, exist_ok=True)
        write_comparison(html, runs)
        terminal.echo(f"Wrote {html}")
        return
    from kerasgen.plots import comparison

    out = out or trained_models.default_output(runs[0], "comparison.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    for line in comparison.save_comparison(out, results):
        terminal.echo(line, err=True)
    terminal.echo(f"Wrote {out}")
