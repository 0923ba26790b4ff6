"""`kerasgen reproduce NAME`: measure a published result again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kerasgen.cli import backends, options, terminal
from kerasgen.errors import UsageError, counted

if TYPE_CHECKING:
    from kerasgen.experiments import Experiment
    from kerasgen.experiments.results import Row

OUT = Path("reproduced")


@click.command("reproduce")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--quick", is_flag=True, help="Small version, to try the experiment; nothing is written.")
@click.option(
    "--seeds", type=options.count(), metavar="N", help="Number of seeds.  [default: that of the published result]"
)
@click.option("--data-dir", metavar="DIR", help="Folder of TensorFlow Datasets, or the folder of a set of photographs.")
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="Folder of the results, of finished seeds and of pictures.",
)
@click.option(
    "--results",
    "table",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Table that receives the rows, a .csv file.  [default: results.csv in --out]",
)
@options.backend_option("backend of the published result")
def command(names, quick, seeds, data_dir, out, table, backend):
    """Measure a published result again.

    The output has the new value of the experiment NAME, the recorded value and the published one. NAME may be a
    pattern, such as 'ring-8-*'.

    Without NAME, the output is a list of the experiments, with the minutes that all seeds take on two CPU cores. Repeat
    a killed command to continue it, because finished seeds are kept in --out.
    """
    from kerasgen.zoo import experiments

    if not names:
        _print_list(experiments.experiments().values())
        return
    chosen = {each.name: each for name in names for each in experiments.select(name)}.values()
    used = {backend or each.backend for each in chosen}
    if len(used) > 1:
        raise UsageError(
            f"the experiments use {', '.join(sorted(used))}; give --backend, or experiments of one backend"
        )
    backends.start(used.pop())
    for experiment in chosen:
        call = _command(experiment, backend, seeds, data_dir)
        experiment = replace(experiment, **({"seeds": seeds} if seeds else {}))
        if quick:
            _run_quickly(experiment.quick_version(), data_dir)
        else:
            _run(experiment, call, data_dir, out, table or out / "results.csv")


def _run(experiment: Experiment, call: str, data_dir: str | None, out: Path, table: Path) -> None:
    """Measure an experiment, put its rows into the table and print them."""
    from kerasgen.experiments import results
    from kerasgen.experiments.runner import run

    rows = run(experiment, out, data_dir=data_dir, progress=True, report=_report)
    table.parent.mkdir(parents=True, exist_ok=True)
    for row in rows:
        results.write(table, **row, command=call)
    _print_rows(rows, "OBTAINED")
    terminal.echo(f"Wrote {table}")


def _run_quickly(experiment: Experiment, data_dir: str | None) -> None:
    """Measure the small version of an experiment and print that its values are not comparable."""
    from kerasgen.experiments.runner import run

    rows = run(experiment, data_dir=data_dir, progress=True, report=_report)
    _print_rows(rows, "QUICK, NOT COMPARABLE")
    lengths = {"epoch": experiment.epochs, "step": experiment.steps}
    length = "".join(f"{counted(count, name)}, " for name, count in lengths.items() if count)
    terminal.echo(
        f"A quick version of {experiment.name} ({length}1 seed): its values are not comparable with the recorded and "
        "the published ones. Nothing was written."
    )


def _report(line: str) -> None:
    terminal.echo(line, err=True)


def _command(experiment: Experiment, backend: str | None, seeds: int | None, data_dir: str | None) -> str:
    """Return the command that repeats the experiment, without paths of this machine."""
    words = ["kerasgen", "reproduce", experiment.name]
    words += ["--backend", backend] if backend and backend != experiment.backend else []
    words += ["--seeds", str(seeds)] if seeds and seeds != experiment.seeds else []
    return shlex.join([*words, *(["--data-dir", "DIR"] if data_dir else [])])


def _print_list(experiments: Iterable[Experiment]) -> None:
    titles = ("NAME", "SUMMARY", "DATA", "BACKEND", "SEEDS", "MINUTES")
    rows = [
        (each.name, each.summary, each.dataset, each.backend, each.seeds, max(1, round(each.minutes)))
        for each in experiments
    ]
    terminal.echo(terminal.table(titles, rows))
    example = f"kerasgen reproduce {rows[0][0]} measures one again. --quick runs a small version of it."
    terminal.echo(f"\n{terminal.wrapped(example)}")


def _print_rows(rows: list[Row], title: str) -> None:
    from kerasgen.experiments import results

    recorded = results.read()
    cells = [
        (row["recipe"], row["dataset"], row["metric"], _value(row), _recorded(row, recorded), row["reference"])
        for row in rows
    ]
    titles = ("MODEL", "DATA", "METRIC", title, "RECORDED", "REFERENCE")
    terminal.echo(terminal.table(titles, cells))


def _value(row: Row) -> str:
    return f"{row['value']} {row['spread']}".strip()


def _recorded(row: Row, recorded: list[Row]) -> str:
    """Return the value in `zoo/results.csv`, with its backend if that is another one."""
    names = ("figure", "recipe", "dataset", "metric")
    same = [other for other in recorded if all(other[name] == row[name] for name in names)]
    same.sort(key=lambda other: other["backend"] != row["backend"])
    if not same:
        return ""
    return _value(same[0]) + ("" if same[0]["backend"] == row["backend"] else f" ({same[0]['backend']})")
