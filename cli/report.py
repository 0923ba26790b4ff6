"""`kerasgen report RUN...`: an HTML page for each run, and a gallery of runs."""

import os
import webbrowser
from pathlib import Path
from typing import Any

import click

from kerasgen.cli import backends, options, terminal, trained_models
from kerasgen.errors import KerasgenError, RunError


@click.command("report")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=options.ExistingPath(file_okay=False))
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Directory of a gallery: a page for each run, and index.html.  [default: report.html in each run]",
)
@click.option("--no-open", is_flag=True, help="Do not show the page in a browser.")
@options.data_options
@options.trust_option
@options.backend_option()
def command(
    runs: tuple[Path, ...],
    out: Path | None,
    no_open: bool,
    dataset: str | None,
    data_dir: str | None,
    trust: bool,
    backend: str | None,
):
    """Write the page of a run and show it in a browser.

    The page is one HTML file that works offline: samples over the epochs, curves, settings and commands. A decoder or
    generator with at most two million weights runs in the page.

    Training writes the page too. This command also makes it for older runs, and adds the scores of `kerasgen
    evaluate` and the picture of `kerasgen neighbors`.
    """
    from kerasgen.runs.directory import Run
    from kerasgen.runs.finished import read_runs

    names = [run.name for run in read_runs(runs)]  # refuses damaged files before models are loaded
    backends.start(backend)
    from kerasgen.report import run_page

    if out is not None:
        _make_directory(out)
    pages: list[dict[str, Any]] = []
    for directory, name in zip(runs, names):
        run = Run.open(directory)
        model, data = _load_model(directory, dataset, data_dir, trust)
        link = run_page.file_name_of(name, [page["link"] for page in pages])
        path = run.report_path if out is None else out / link
        pages.append(run_page.write_run_page(run, model, data, path, name) | {"link": link})
        terminal.echo(f"Wrote {path}: {path.stat().st_size / 1e6:.1f} MB")
    if out is not None:
        path = run_page.write_gallery(out, pages)
        terminal.echo(f"Wrote {path}")
    if not no_open and (out is not None or len(runs) == 1) and has_display():
        webbrowser.open(path.resolve().as_uri())


def has_display() -> bool:
    """Return whether a browser can probably be shown on this machine."""
    if "SSH_CONNECTION" in os.environ and "DISPLAY" not in os.environ:
        return False
    return os.name == "nt" or os.uname().sysname == "Darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & {*os.environ})


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make the directory {path}: {error.strerror}; give another -o") from error


def _load_model(directory: Path, dataset: str | None, data_dir: str | None, trust: bool) -> tuple[Any, Any]:
    """Return the model of a run and its data; a part that cannot be loaded is None, and the reason is printed."""
    try:
        model = trained_models.load_any(directory, trust)
    except KerasgenError as error:
        terminal.echo(f"{directory}: the page has no model: {error}", err=True)
        return None, None
    try:
        return model, trained_models.load_dataset(model, directory, dataset, data_dir)
    except KerasgenError as error:
        terminal.echo(f"{directory}: the page has no test images: {error}", err=True)
        return model, None
