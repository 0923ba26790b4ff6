"""`zoo/results.csv`, the table of measured figures: the one place that reads and writes it."""

import contextlib
import csv
import datetime
import os
import platform
import shlex
import sys
from pathlib import Path

from kerasgen.files import atomic_write

PATH = Path(__file__).resolve().parent.parent / "zoo" / "results.csv"

PLACES = {"--data-dir": "DIR", "--picture": "FILE"}
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


def write(path=PATH, **row):
    """Put a row into the table, in place of one with the same `KEY`; date, hardware and command are filled in.

    Raises:
        ValueError: a name that is no column, or a part of the key missing.
    """
    if unknown := set(row) - set(COLUMNS):
        raise ValueError(f"no columns called {', '.join(sorted(unknown))}; there are {', '.join(COLUMNS)}")
    if missing := [name for name in KEY if not row.get(name)]:
        raise ValueError(f"the row lacks {', '.join(missing)}")
    filled = {"date": datetime.date.today().isoformat(), "hardware": hardware(), "command": command()}
    row = {name: str((filled | row).get(name, "")) for name in COLUMNS}
    rows = [old for old in read(path) if any(old[name] != row[name] for name in KEY)]
    rows = sorted([*rows, row], key=lambda row: [row[name] for name in KEY])
    with atomic_write(path) as beside, open(beside, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def table(path=PATH):
    """Return the figures as a Markdown table, as it stands in the README."""
    lines = ["| figure | model | data | backend | obtained | reference | date |", "|---|---|---|---|---|---|---|"]
    for row in read(path):
        obtained = " ".join(part for part in (row["value"], f"({row['spread']})" if row["spread"] else "") if part)
        reference = "; ".join(part for part in (row["reference"], row["reference_source"]) if part)
        budget = f", {row['epochs']} epochs" if row["epochs"].isdecimal() else f", {row['epochs']}"
        cells = (
            f"{row['figure']}: {row['metric']}",
            f"`{row['recipe']}`",
            f"{row['dataset']}{budget if row['epochs'] else ''}",
            *(row["backend"], obtained, reference, row["date"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


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
