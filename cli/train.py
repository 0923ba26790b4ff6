"""`kerasgen train RECIPE`: training of a recipe in a run directory."""

import os
import shlex
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from kerasgen import zoo
from kerasgen.cli import backends, options, terminal
from kerasgen.errors import UsageError

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.runs import Run, Settings

MAX_NEXT = 5  # commands to try next
MAX_CLASSES = 20  # in a picture with a row for each
NEEDS_IMAGES = ("reconstruct", "complete", "interpolate", "traverse", "neighbors")  # not for models of points


@click.command("train")
@options.recipe_argument
@click.option("--epochs", type=options.count(), metavar="N", help="Number of epochs.  [default: see kerasgen show]")
@click.option("--batch-size", type=options.count(), metavar="N", help="Number of images in a training step.")
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    help="Training data: a bundled or TensorFlow Datasets name such as mnist-10k or mnist, a folder of images, or a "
    ".npy or .npz file.",
)
@options.data_dir_option
@click.option(
    "--image-size", type=options.count(options.MAX_SIDE), metavar="N", help="Side of the square images in pixels."
)
@options.settings_option("Option of the recipe; repeatable. `kerasgen show RECIPE` lists them.")
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    help="Direction of a translation that is trained on pairs; short for --set direction=NAME.",
)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(),
    help="Run directory. An interrupted training with the same settings is resumed.  [default: runs/RECIPE-N]",
)
@options.seed_option("Seed of weights, noise and data order.", maximum=2**32 - 1)
@click.option(
    "--checkpoint-every",
    metavar="INTERVAL",
    help="Interval of checkpoints within an epoch, such as 500steps or 10min. Each epoch ends with a checkpoint.",
)
@click.option(
    "--keep", type=options.count(1000), metavar="N", default=3, show_default=True, help="Number of checkpoints to keep."
)
@options.keep_best_option
@options.no_report_option
@click.option(
    "--max-bad",
    type=options.Number(0.0, 1.0),
    metavar="FRACTION",
    default=0.01,
    show_default=True,
    help="Largest accepted fraction of unreadable files in a folder. One unreadable file is always accepted, unless "
    "the fraction is 0.",
)
@options.choice_option(
    "--precision",
    ["float32", "mixed_bfloat16", "mixed_float16"],
    "Precision of the computations. Mixed precision is for GPUs.",
    default="float32",
    show_default=True,
)
@click.option(
    "--devices",
    type=options.count(options.MAX_DEVICES),
    metavar="N",
    default=1,
    show_default=True,
    help="Number of GPUs to train on. Without GPUs, virtual CPU devices are used.",
)
@click.option("--deterministic", is_flag=True, help="Bit-identical results on a GPU, at a lower speed.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Check of the settings and the data, without building or training the model.",
)
@options.backend_option()
def command(
    recipe: str,
    settings: tuple[str, ...],
    direction: str | None,
    backend: str | None,
    out: str | None,
    max_bad: float,
    keep: int,
    keep_best: str | None,
    dry_run: bool,
    no_report: bool,
    **run: Any,
):
    """Train a recipe.

    Model, samples, curves and checkpoints are written to a run directory. Defaults come from the recipe: see
    `kerasgen list` and `kerasgen show RECIPE`.
    """
    from kerasgen import runs
    from kerasgen.data import sources

    chosen = options.parse_settings([*settings, *_direction_setting(recipe, direction)])
    resolved = runs.resolve(recipe, chosen, **run)
    runs.check_out(out)
    sources.loader_module(resolved.dataset, zoo.get(recipe).kind)
    name, _ = backends.choose(backend)
    adapts = run["batch_size"] is None
    if dry_run:
        if resolved.image_size is None:  # depends on the sizes that the networks can produce
            backends.start(backend)
        _print_plan(resolved, name, out, max_bad, adapts)
        return
    backends.start(backend)
    checkpoints = {"keep": keep, "keep_best": keep_best}
    try:
        finished = runs.train(
            resolved,
            out=out,
            report=terminal.echo,
            max_bad=max_bad,
            adapt_batch_size=adapts,
            **checkpoints,
            **options.page_callbacks(no_report),
        )
    except runs.Interrupted as interrupted:
        print_interrupted(interrupted.run, recipe)
        sys.exit(interrupted.exit_code)
    print_summary(finished, recipe)


def _direction_setting(recipe: str, direction: str | None) -> list[str]:
    """Return `--direction` as a setting of the recipe."""
    if direction is None:
        return []
    if "direction" not in zoo.get(recipe).options:
        raise UsageError(f"--direction {direction}: the recipe {recipe} has no direction; leave the option out")
    return [f"direction={direction}"]


def _print_plan(settings: "Settings", backend: str, out: str | None, max_bad: float, adapts: bool) -> None:
    """Print the settings of a run and a description of its data."""
    from kerasgen.data import bad_files
    from kerasgen.data.load_options import resize_lines
    from kerasgen.runs.preparation import fit_batch_size

    dataset = _load_present(settings)
    if dataset is not None:
        bad_files.check(dataset, max_bad)
        settings = fit_batch_size(settings, dataset, adapts, terminal.echo)
    plan = asdict(settings)
    recipe_options = plan.pop("options")
    plan |= {"backend": backend, "out": out or f"runs/{settings.recipe}-N"}
    if dataset is None:
        plan["data"] = "a set of TensorFlow Datasets that is not prepared; train downloads it first"
    else:
        plan |= _describe(dataset)
        if len(dataset.sample_shape) < 3:
            del plan["image_size"]
    values = {name: value for name, value in plan.items() if value is not None}
    terminal.echo(terminal.pairs(values | recipe_options, indent=0))
    for line in [*resize_lines(dataset), *bad_files.skipped_lines(dataset)] if dataset else ():
        terminal.echo(line)


def _load_present(settings: "Settings") -> "Dataset | None":
    """Return the data set of a run, or None for a set of TensorFlow Datasets that would be downloaded."""
    from kerasgen.data import sources
    from kerasgen.runs.preparation import load_dataset

    if sources.loader_module(settings.dataset, zoo.get(settings.recipe).kind) == sources.ELSEWHERE:
        from kerasgen.data.sources import tfds

        if not tfds.is_prepared(settings.dataset, settings.data_dir):
            return None
    return load_dataset(settings)


def _describe(dataset: "Dataset") -> dict[str, str]:
    """Return the number, shape and classes of the samples, as texts."""
    training, test = (" + ".join(f"{n:,}" for n in part.counts) for part in (dataset.train, dataset.test))
    described = {"sample_shape": str(dataset.sample_shape), "training": training, "test": test}
    names = dataset.class_names or []
    if names:
        described["classes"] = f"{len(names)}: {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"
    return described


def print_summary(run: "Run", recipe: str) -> None:
    """Print the files of a finished run and the commands to try next.

    Nothing is printed if this host is not the one that wrote the run.
    """
    if not run.directory.exists():
        return
    files = {
        "model": run.model_path,
        **({"best model": run.best_path} if run.best_path.exists() else {}),
        "samples": f"{run.samples}{os.sep}",
        "curves": run.curves_path,
        "history": run.history_path,
        **({"page": run.report_path} if run.report_path.exists() else {}),
        "live curves": f"tensorboard --logdir {shlex.quote(str(run.logs))}",
    }
    terminal.echo(f"\n{terminal.heading('Trained')}\n{terminal.pairs(files)}\n")
    _print_next(_next_commands(run, recipe))


def print_interrupted(run: "Run", recipe: str) -> None:
    """Print how to resume an interrupted run, and the commands to try on its model."""
    if not run.directory.exists():
        return
    terminal.echo(f"\n{terminal.heading('Stopped')}: {run.model_path} is the model trained so far.\n")
    _print_next([f"kerasgen resume {shlex.quote(str(run.directory))}", *_next_commands(run, recipe)])


def _print_next(commands: list[str]) -> None:
    lines = (f"  {command}" for command in commands[:MAX_NEXT])
    terminal.echo("\n".join([terminal.heading("Try next"), *lines]))


def _next_commands(run: "Run", recipe: str) -> list[str]:
    """Return commands that work on the run, by the header of its model file."""
    from kerasgen.data.shapes import sample_kind
    from kerasgen.io.archive import header_of

    origin = (header_of(run.model_path) or {}).get("origin") or {}
    has_points = "sample_shape" in origin and sample_kind(origin["sample_shape"]) == "points"
    names = [name for name in zoo.get(recipe).try_next if name not in NEEDS_IMAGES or not has_points]
    arguments = {"generate": _label(origin)}
    directory = shlex.quote(str(run.directory))
    return [f"kerasgen {name} {directory}{arguments.get(name, '')}" for name in [*names, "animate"]]


def _label(origin: dict[str, Any]) -> str:
    """Return the argument --label of a conditional model: all classes, or the first one of many."""
    count, names = origin.get("num_classes") or 0, origin.get("class_names") or ["0"]
    label = "all" if count <= MAX_CLASSES else names[0]
    return f" --label {shlex.quote(label)}" if count else ""
