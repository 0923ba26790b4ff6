"""`kerasgen reproduce FIGURE`: a published figure, again."""

import subprocess
import sys
from pathlib import Path

import click

from kerasgen.cli import backends, text
from kerasgen.errors import RunError, UsageError, unknown

ROOT = Path(__file__).resolve().parent.parent


@click.command("reproduce")
@click.argument("figure", required=False)
@click.option("--quick", is_flag=True, help="A small version, to see that it runs; nothing is written.")
@click.option("--data-dir", metavar="DIR", help="Where TensorFlow Datasets keeps its sets.")
@backends.option_with("the one that the figure was made on")
def command(figure, quick, data_dir, backend):
    """Train and measure what gave FIGURE, put it into zoo/results.csv, and print it beside what was published.

    Without FIGURE: list them. Works in a copy of the repository, where the scripts are.
    """
    if not (ROOT / "benchmarks").is_dir():
        raise UsageError(
            "the figures are made by the scripts of kerasgen's repository, which are not installed with the package: "
            'clone it, and there `pip install -e ".[test]"`'
        )
    sys.path.insert(0, str(ROOT))
    from benchmarks import figures, results

    if figure is None:
        rows = [(name, each.what, "MNIST" if each.is_of_mnist else "") for name, each in figures.FIGURES.items()]
        click.echo(text.table(("FIGURE", "WHAT IT IS", "NEEDS"), rows))
        return
    if figure not in figures.FIGURES:
        raise unknown("figure", figure, figures.FIGURES)
    script, *arguments = figures.FIGURES[figure].command(quick, backend, data_dir)
    before = results.read()
    done = subprocess.run([sys.executable, str(ROOT / "benchmarks" / script), *arguments])
    if done.returncode:
        raise RunError(f"{script} ended with exit code {done.returncode}; {results.PATH} is as far as it came")
    _print_beside_published([row for row in results.read() if row not in before], results.PATH)


def _print_beside_published(rows, path):
    if not rows:
        return
    cells = [
        (row["recipe"], row["dataset"], row["metric"], f"{row['value']} {row['spread']}".strip(), row["reference"])
        for row in rows
    ]
    click.echo(text.table(("MODEL", "DATA", "FIGURE", "OBTAINED", "REFERENCE"), cells, fold=("FIGURE",)))
    click.echo(f"Wrote {path}")
