"""`zoo/results.csv`, the table of measured figures: the one place that reads and writes it.

    python benchmarks/results.py

puts it, and the table of the recipes, into the pages that show them.
"""

import contextlib
import csv
import datetime
import math
import os
import platform
import re
import shlex
import sys
from pathlib import Path

from kerasgen import zoo
from kerasgen.io.files import atomic_write

ROOT = Path(__file__).resolve().parent.parent
PATH = ROOT / "zoo" / "results.csv"
PAGES = {"README.md": ("zoo", "main figures"), "zoo/FIGURES.md": ("figures",)}  # what each shows

MAIN = (
    "MNIST log-likelihood",
    "Stacked MNIST",
    "Stacked MNIST, small discriminator",
    "classifier Frechet distance",
    "training speed against a hand-written loop",
    "training speed on the fastest backend against the fastest loop",
)

# the main figures that are shown with a column for each value of a column here, or of an option of the recipe
ACROSS = {"classifier Frechet distance": "objective", "training speed against a hand-written loop": "backend"}

PLACES = {"--data-dir": "DIR", "--picture": "FILE", "--keep": "FILE"}
KEY = ("figure", "recipe", "dataset", "backend", "metric")
COLUMNS = (
    "date",
    *KEY,
    "value",
    "spread",
    "seeds",
    "reference",  # the hand-written or published value
    "reference_source",
    "epochs",
    "hardware",
    "command",
)


def read(path=PATH):
    """Return the rows as dicts of column -> text; none if there is no table yet."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path=PATH, first_seed=0, **row):
    """Put a row into the table, in place of one with the same `KEY`; date, hardware and command are filled in.

    Args:
        path: of the table.
        first_seed: of those that the row is of. If not 0, the row that is there, of the seeds before, is pooled with
            the new one, and the two commands, one after the other, are the row's.
        row: column -> value.

    Raises:
        ValueError: a name that is no column, a part of the key missing, or no row of the seeds before, of the same
            training.
    """
    if unknown := set(row) - set(COLUMNS):
        raise ValueError(f"no columns called {', '.join(sorted(unknown))}; there are {', '.join(COLUMNS)}")
    if missing := [name for name in KEY if not row.get(name)]:
        raise ValueError(f"the row lacks {', '.join(missing)}")
    filled = {"date": datetime.date.today().isoformat(), "hardware": hardware(), "command": command()}
    row = {name: str((filled | row).get(name, "")) for name in COLUMNS}
    rows = read(path)
    same = [old for old in rows if all(old[name] == row[name] for name in KEY)]
    if first_seed:
        row = _pooled(same, row, first_seed)
    rows = sorted([*(old for old in rows if old not in same), row], key=_order)
    with atomic_write(path) as beside, open(beside, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _pooled(same, row, first_seed):
    """Return the row of the seeds from 0 on, of `same`, the row of those before `first_seed`, and the row of the rest.

    Mean and standard error are those of all seeds, but for the rounding of what the table has.
    """
    if [old["seeds"] for old in same] != [str(first_seed)]:
        there = f"one of {same[0]['seeds']} seeds" if same else "none"
        raise ValueError(f"a row from seed {first_seed} on goes to one of {first_seed} seeds, and there is {there}")
    (before,) = same
    for name in ("epochs", "reference"):
        if before[name] != row[name]:
            raise ValueError(f"the {name} of the seeds before are {before[name]!r}, of these {row[name]!r}")
    for each in (before, row):
        several = int(each["seeds"]) > 1 and math.isfinite(float(each["value"]))
        if several and not each["spread"]:
            raise ValueError(f"of {each['seeds']} seeds there is no standard error")
    parts = [(int(each["seeds"]), float(each["value"]), _number_in(each["spread"])) for each in (before, row)]
    count = sum(n for n, _, _ in parts)
    mean = sum(n * value for n, value, _ in parts) / count
    squares = sum(n * (n - 1) * float(error or 0) ** 2 + n * (value - mean) ** 2 for n, value, error in parts)
    digits = _digits(before["value"])
    error = f"{(squares / count / (count - 1)) ** 0.5:.{_digits(parts[0][2] or parts[1][2]) or digits}f}"
    spread = f"± {error} standard error" if math.isfinite(mean) else ""
    pooled = {"value": f"{mean:.{digits}f}", "spread": spread, "seeds": str(count)}
    pooled["hardware"] = "; ".join(dict.fromkeys([before["hardware"], row["hardware"]]))
    return row | pooled | {"command": f"{before['command']} && {row['command']}"}


def _number_in(text):
    """Return the first number in a text, as text; empty if there is none."""
    found = re.search(r"\d+(\.\d+)?(e-?\d+)?", text)
    return found.group() if found else ""


def _digits(number):
    """Return how many digits a number, a text, has after its point."""
    return len(number.partition(".")[2])


def _order(row):
    """Return what rows are sorted by: their key, with numbers in the order of numbers."""
    return [[part.zfill(9) if part.isdecimal() else part for part in re.split(r"(\d+)", row[name])] for name in KEY]


def table(path=PATH, rows=None, across=None):
    """Return the figures as Markdown tables, one for each `figure`.

    Args:
        path: of the table.
        rows: those to print; all that `path` has if None.
        across: dict of figure -> what to have columns of, as `ACROSS`.
    """
    rows, across = read(path) if rows is None else rows, across or {}
    return "\n\n".join(
        f"**{figure[0].upper()}{figure[1:]}**\n\n{_section(found, across.get(figure))}"
        for (figure,), found in _grouped(rows, "figure").items()
    )


def _section(rows, across):
    """Return what stands under the name of a figure: rows that differ in `across` only are one line."""
    crossed = [_crossed(row, across) for row in rows]
    alone = [row for row, other in zip(rows, crossed) if not other]
    beside = [other for other in crossed if other]
    return "\n\n".join([*([_long(alone)] if alone else []), *([_wide(beside)] if beside else [])])


def _crossed(row, across):
    """Return a row with the value of a column or an option as `across`, without that option; None if it has no such."""
    if across in row:
        return row | {"across": row[across]}
    found = re.search(rf" {across}=(\S+)", row["recipe"])
    return found and row | {"recipe": row["recipe"].replace(found.group(), ""), "across": found.group(1)}


def _wide(rows):
    """Return a table with a column for each `across`."""
    columns = [*dict.fromkeys(row["across"] for row in rows)]
    head = ["model", "data", *columns, "date"]
    lines = []
    for found in _grouped(rows, "recipe", "dataset").values():
        cells = {row["across"]: re.sub(r" in \d+ rounds| standard error", "", _obtained(row)) for row in found}
        model, data, _ = _model(found[0])
        data = data if len({row["epochs"] for row in found}) == 1 else found[0]["dataset"]
        lines.append([model, data, *(cells.get(column, "") for column in columns), max(row["date"] for row in found)])
    return "\n".join(map(_line, [head, ["---"] * len(head), *lines]))


def _long(rows):
    """Return a table with a line for each model if all have the same metrics, or for each metric."""
    metrics = [*dict.fromkeys(row["metric"] for row in rows)]
    models = _grouped(rows, "recipe", "dataset", "backend", "epochs")
    if len(metrics) > 1 and (len(models) == 1 or len(rows) < len(models) * len(metrics)):
        head = ["model", "data", "backend", "metric", "obtained", "reference", "date"]
        lines = [[*_model(row), row["metric"], _obtained(row), _reference(row), row["date"]] for row in rows]
    else:
        head = ["model", "data", "backend", *metrics, "reference", "date"]
        lines = []
        for found in models.values():
            cells = {row["metric"]: " ".join(filter(None, [_obtained(row), _beside(row)])) for row in found}
            sources = "; ".join(dict.fromkeys(row["reference_source"] for row in found if row["reference_source"]))
            values = [cells[metric] for metric in metrics]
            lines.append([*_model(found[0]), *values, sources, max(row["date"] for row in found)])
    return "\n".join(map(_line, [head, ["---"] * len(head), *lines]))


def _grouped(rows, *columns):
    """Return dict of the rows' values in these columns -> list of rows."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return groups


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _model(row):
    """Return the first cells of a line: what was trained, on what and for how long, and where."""
    epochs = row["epochs"] and f"{row['epochs']}{' epochs' if row['epochs'].isdecimal() else ''}"
    return f"`{row['recipe']}`", ", ".join(filter(None, [row["dataset"], epochs])), row["backend"]


def _obtained(row):
    return " ".join(filter(None, [f"**{row['value']}**", row["spread"] and f"({row['spread']})"]))


def _beside(row):
    return row["reference"] and f"/ {row['reference']}"


def _reference(row):
    return "; ".join(filter(None, [row["reference"], row["reference_source"]]))


def hardware():
    """Return the processor and how many of its cores there are, such as `AMD EPYC 7B13, 2 cores`."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores"


def command(arguments=None):
    """Return the command of this process, to be repeated at the top of the repository.

    Folders and files differ from one machine to the next: they are written in capitals.
    """
    script, *options = sys.argv if arguments is None else arguments
    for option, word in PLACES.items():
        for index, given in enumerate(options):
            if index and options[index - 1] == option:
                options[index] = word
            elif given.startswith(f"{option}="):
                options[index] = f"{option}={word}"
    return shlex.join(["python", f"benchmarks/{Path(script).name}", *options])


def shown_in(page, contents):
    """Return the text of the page with what `PAGES` says between its marks, as it is now."""
    for name in PAGES[page]:
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, after = contents.partition(begin)
        contents = "".join([before, begin, "\n", _shown(name), "\n", end, after.partition(end)[2]])
    return contents


def _shown(name):
    if name == "zoo":
        return zoo.table()
    if name == "figures":
        return table()
    return table(rows=[row for row in read() if row["figure"] in MAIN], across=ACROSS)


if __name__ == "__main__":
    for page in PAGES:
        path = ROOT / page
        path.write_text(shown_in(page, path.read_text(encoding="utf-8")), encoding="utf-8")
