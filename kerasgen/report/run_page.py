"""The page of a run, of several runs side by side, and a gallery of runs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasgen.report.encoding import to_json
from kerasgen.report.page import write_page
from kerasgen.report.sources import Pictures, read_run
from kerasgen.runs.directory import Run
from kerasgen.runs.finished import names_of

_PAGE_CHARACTERS = 1_820_000  # of the data in a page; style and scripts have 120,000 more


def write_run_page(
    run: Run,
    model: Any = None,
    dataset: Any = None,
    path: str | os.PathLike | None = None,
    name: str | None = None,
    pictures: Pictures | None = None,
) -> dict[str, Any]:
    """Write the page of a run and return its data.

    Args:
        run: the run, with at least one finished epoch.
        model: its trained model; without it, the page has only the files of the run.
        dataset: its `Dataset`, or None.
        path: path of the page; `report.html` in the run by default.
        name: name of the run in the page; by default that of its directory.
        pictures: pictures of samples encoded before, to which new ones are added.

    Raises:
        RunError: a file of the run is damaged, or no epoch is finished.
        OSError: the page cannot be written.

    Example:
        >>> _ = write_run_page(Run("runs/vae-1"))  # doctest: +SKIP
    """
    parts: dict[str, Any] = {}
    if model is not None:
        from kerasgen.report.samples import read_model_parts

        parts = read_model_parts(model, dataset, run.samples)
    data = read_run(run, name, pictures, _PAGE_CHARACTERS - len(to_json(parts))) | parts
    shown = data | {"samples": None} if data.get("points") else data  # the pictures show the same points
    write_page(run.report_path if path is None else path, {"title": data["name"], "runs": [shown]})
    return data


def write_comparison(path: str | os.PathLike, directories: Sequence[str | os.PathLike]) -> None:
    """Write a page with the samples, the curves, the settings and the scores of several runs side by side.

    Args:
        path: path of the page.
        directories: directories of the runs.

    Raises:
        RunError: see `read_run`.
        OSError: the page cannot be written.

    Example:
        >>> write_comparison("/tmp/comparison.html", ["runs/vae-1", "runs/vae-2"])  # doctest: +SKIP
    """
    names = names_of(directories)
    runs = [read_run(Run.open(directory), name) for directory, name in zip(directories, names)]
    write_page(path, {"title": " and ".join(names) if len(names) < 4 else f"{len(names)} runs", "runs": runs})


def write_gallery(directory: str | os.PathLike, pages: Sequence[dict[str, Any]]) -> Path:
    """Write the index of a gallery and return its path.

    Args:
        directory: directory of the pages.
        pages: for each run its data from `write_run_page`, and the file name of its page as `link`.

    Raises:
        OSError: the page cannot be written.

    Example:
        >>> write_gallery("/tmp/gallery", [])  # doctest: +SKIP
    """
    shown = ("name", "recipe", "summary", "dataset", "epochs", "seconds", "scores", "link")
    links = []
    for page in pages:
        card = {key: page[key] for key in shown}
        card["picture"] = page["samples"]["pictures"][-1] if page["samples"] else None
        card["results"] = {chart["key"]: page["history"].get(chart["key"], [None])[-1] for chart in page["charts"][:3]}
        links.append(card)
    path = Path(directory) / "index.html"
    write_page(path, {"title": "kerasgen runs", "links": links})
    return path


def file_name_of(name: str, taken: Sequence[str]) -> str:
    """Return a file name for the page of a run: letters, digits and `._-`, different from the names that are taken.

    Example:
        >>> file_name_of("runs/vae 1", ["runs-vae-1.html"])
        'runs-vae-1-2.html'
    """
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:80] or "run"
    stem = "index-run" if stem == "index" else stem
    candidates = (f"{stem}.html" if number == 1 else f"{stem}-{number}.html" for number in range(1, len(taken) + 2))
    return next(each for each in candidates if each not in taken)
