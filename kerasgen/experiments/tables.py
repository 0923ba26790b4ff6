"""The tables of results as Markdown, and the pages that show them.

    python -m kerasgen.experiments.tables

writes the current table into `README.md` of a copy of the repository. The site has the other
tables. No backend is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasgen.experiments import results
from kerasgen.experiments.results import Row

PAGES = {"README.md": ("five figures",)}  # page -> its marks


@dataclass(frozen=True)
class Table:
    """How one table of results is shown.

    Attributes:
        name: Column `figure` of the rows.
        note: Markdown text between heading and table.
        plain: Column `recipe` of the row that others are compared with; a column shows the gain in the first metric.
    """

    name: str
    note: str = ""
    plain: str = ""


def markdown(table: Table, rows: Sequence[Row]) -> str:
    """Return the heading, the note and the rows of one figure.

    Args:
        table: How to show them.
        rows: Rows of that figure.
    """
    heading = f"**{table.name[0].upper()}{table.name[1:]}**"
    return "\n\n".join(filter(None, [heading, table.note, _lines(rows, table.plain)]))


def section(tables: Iterable[Table], rows: Sequence[Row]) -> str:
    """Return the tables that have rows, one after the other.

    Args:
        tables: In the order in which they are shown.
        rows: Rows of the table of results.
    """
    shown = []
    for table in tables:
        own = [row for row in rows if row["figure"] == table.name]
        if own:
            shown.append(markdown(table, own))
    return "\n\n".join(shown)


def overview(names: Iterable[str], rows: Sequence[Row]) -> str:
    """Return a table with the first metric of some experiments, and the commands that measure them again.

    Args:
        names: Names of experiments.
        rows: Rows of the table of results.

    Raises:
        StopIteration: No row has been recorded for an experiment.
    """
    from kerasgen.zoo import experiments

    lines = []
    for experiment in map(experiments.get, names):
        key = (experiment.table, experiment.row_label(), experiment.dataset, experiment.metrics[0].name)
        row = next(row for row in rows if tuple(row[name] for name in ("figure", "recipe", "dataset", "metric")) == key)
        command = f"`kerasgen reproduce {experiment.name}`"
        lines.append([experiment.summary, row["metric"], _obtained(row), _reference(row), command])
    return _table(["model", "metric", "kerasgen", "reference", "command that measures it again"], lines)


def updated(page: str, contents: str, path: Path = results.PATH) -> str:
    """Return the text of a page with the current tables between its marks.

    Args:
        page: A key of `PAGES`.
        contents: Text of the page.
        path: The table of results.
    """
    from kerasgen.zoo.experiments.tables import README

    for mark in PAGES[page]:
        begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
        before, _, after = contents.partition(begin)
        contents = "".join(
            [before, begin, "\n", overview(README, results.read(path)), "\n", end, after.partition(end)[2]]
        )
    return contents


def _lines(rows: Sequence[Row], plain: str = "") -> str:
    """Return a table with a line for each model if all have the same metrics, otherwise for each metric."""
    metrics = [*dict.fromkeys(row["metric"] for row in rows)]
    models = _groups(rows, "recipe", "dataset", "backend", "epochs")
    head = ["model", "data and training", "backend"]
    if len(metrics) > 1 and (len(models) == 1 or len(rows) < len(models) * len(metrics)):
        lines = [[*_model(row), row["metric"], _obtained(row), _reference(row), row["date"]] for row in rows]
        return _table([*head, "metric", "obtained", "reference", "date"], lines)
    lines, gains = [], _gains(rows, plain, metrics[0])
    for group in models.values():
        cells = {row["metric"]: " ".join(filter(None, [_obtained(row), _slash(row)])) for row in group}
        sources = "; ".join(dict.fromkeys(row["reference_source"] for row in group if row["reference_source"]))
        gain = [gains[group[0]["recipe"]]] if gains else []
        lines.append([*_model(group[0]), *(cells[metric] for metric in metrics), *gain, sources, _date(group)])
    gain_head = [f"{metrics[0]}: gain over `{plain}`"] if gains else []
    return _table([*head, *metrics, *gain_head, "reference", "date"], lines)


def _gains(rows: Sequence[Row], plain: str, metric: str) -> dict[str, str]:
    """Return recipe -> gain in a metric over the plain recipe; empty without a plain recipe."""
    values = {row["recipe"]: float(row["value"]) for row in rows if plain and row["metric"] == metric}
    return {recipe: "" if recipe == plain else f"{value - values[plain]:+.1f}" for recipe, value in values.items()}


def _groups(rows: Sequence[Row], *columns: str) -> dict[tuple[str, ...], list[Row]]:
    """Return values of these columns -> rows that have them."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return groups


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *lines])


def _model(row: Row) -> tuple[str, str, str]:
    """Return the first cells of a line: the model, its data and training, and the backend."""
    epochs = row["epochs"] and f"{row['epochs']}{' epochs' if row['epochs'].isdecimal() else ''}"
    seeds = row["seeds"] and f"{row['seeds']} {'seed' if row['seeds'] == '1' else 'seeds'}"
    training = ", ".join(filter(None, [row["dataset"], epochs, seeds]))
    return f"`{row['recipe']}`", "; ".join(filter(None, [training, row["setup"]])), row["backend"]


def _obtained(row: Row) -> str:
    return " ".join(filter(None, [f"**{row['value']}**", row["spread"] and f"({row['spread']})"]))


def _slash(row: Row) -> str:
    return row["reference"] and f"/ {row['reference']}"


def _reference(row: Row) -> str:
    return "; ".join(filter(None, [row["reference"], row["reference_source"]]))


def _date(rows: Sequence[Row]) -> str:
    return max(row["date"] for row in rows)


def main() -> None:
    """Write the current tables into the pages of a copy of the repository."""
    root = results.PATH.parent.parent
    for page in PAGES:
        path = root / page
        path.write_text(updated(page, path.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"Wrote {path}")


if __name__ == "__main__":
    main()
