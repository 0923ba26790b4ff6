"""`kerasgen evaluate MODEL`: scores of a model, or of one set of images relative to another."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kerasgen import samplers
from kerasgen.cli import backends, meter, options, terminal, trained_models
from kerasgen.errors import UsageError

if TYPE_CHECKING:
    from kerasgen.data import Dataset
    from kerasgen.evaluation import Score


ADVICE = "; fewer --samples or --metrics take less"  # of time


def _parse_groups(context, option, names):
    from kerasgen.evaluation.registry import parse_groups  # imports NumPy, which the help of all commands does not need

    return None if names is None else parse_groups(names)


def _help_of_groups() -> dict[str, str]:
    from kerasgen.evaluation.registry import help_of_groups

    return help_of_groups()


@click.command(
    "evaluate",
    cls=options.CommandWithTables,
    tables={"Metrics": _help_of_groups, "Samplers": options.help_of_samplers},
)
@click.argument("model", required=False, type=options.ExistingPath())
@click.option(
    "--metrics",
    "groups",
    metavar="NAMES",
    callback=_parse_groups,
    help="Names in the table of metrics below, separated by commas.  [default: all that apply, without fid]",
)
@click.option(
    "--samples",
    type=options.count(minimum=2),
    metavar="N",
    default=10_000,
    show_default=True,
    help="Number of images to generate, and maximum number of real images.",
)
@click.option(
    "--likelihood-samples",
    type=options.count(),
    metavar="K",
    default=500,
    show_default=True,
    help="Number of importance samples per image for the log-likelihood of a VAE. Papers use 5000.",
)
@options.seed_option("Seed of all random numbers.")
@options.sampler_option
@options.sampling_option
@options.data_options
@click.option("--real", metavar="NAME|PATH", help="Reference images, to evaluate images without a model.")
@click.option(
    "--fake",
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="Images to evaluate without a model: a folder, or a .npy or .npz file.",
)
@click.option(
    "--image-size",
    type=options.count(options.MAX_SIDE),
    metavar="N",
    help="Side in pixels to which the images of --real and --fake are resized.  [default: no resizing]",
)
@options.out_option("metrics.json", "in the folder of the model; none without a model", "score")
@options.trust_option
@options.backend_option()
def command(
    model: Path | None,
    real: str | None,
    fake: Path | None,
    groups: list[str] | None,
    dataset: str | None,
    data_dir: str | None,
    image_size: int | None,
    samples: int,
    likelihood_samples: int,
    seed: int,
    sampler: str,
    settings: tuple[str, ...],
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Evaluate a model, or a folder of images.

    MODEL is a .keras file or a run directory. By default, all metrics that apply to it are computed, on the test images
    of its data set. Distances compare features of a classifier, a small network that is trained once for each data set.
    For the modes of stacked digits, papers use --samples 25600.

    If there are fewer test images than --samples, training images are the reference, and the table says so. In this
    case a model that copies its training images has the best scores. Check with `kerasgen neighbors`, or set --samples
    to at most the number of test images.

    --metrics fid uses features of the Inception network, computed by torch-fidelity. The weights must be on this
    machine, because nothing is downloaded.

    With --real and --fake instead of MODEL, the images of one folder are compared with those of another. The
    classifier is trained on --real if each class has a subfolder there, otherwise on --dataset. All images are
    converted to grey or colour as in that data set.
    """
    _check_arguments(model, real, fake, image_size, sampler, settings)
    backends.start(backend)
    from kerasgen import evaluation

    if model is not None:
        if sampler == "prior" and not settings:  # the model need not generate
            network, values, images = trained_models.load_any(model, trust), {}, None
        else:
            network, values, images = trained_models.load_generator(model, sampler, settings, dataset, data_dir, trust)
        images = images or trained_models.load_dataset(network, model, dataset, data_dir)
        record = _record(model, images, sampler, values)
        with meter.shown(ADVICE):
            scores = evaluation.evaluate(
                network, images, samples, seed, groups, values, likelihood_samples=likelihood_samples
            )
        out = out or trained_models.default_output(model, "metrics.json")
    else:
        with meter.shown(ADVICE):
            scores, record = _evaluate_images(
                str(real), Path(str(fake)), groups, dataset, data_dir, image_size, samples, seed
            )
    terminal.echo(terminal.table(("METRIC", "VALUE", "ESTIMATOR"), [_row(score) for score in scores]))
    for warning in dict.fromkeys(score.warning for score in scores if score.warning):
        terminal.echo(warning, err=True)
    terminal.print_left_out(evaluation.EVALUATORS, samplers.SAMPLERS)
    if out is not None:
        _write(out, record | {"seed": seed, "scores": [_to_json(score) for score in scores]})


def _check_arguments(
    model: Path | None,
    real: str | None,
    fake: Path | None,
    image_size: int | None,
    sampler: str,
    settings: tuple[str, ...],
) -> None:
    """Raise a `UsageError` unless there is either a model or two sets of images."""
    if model is not None and (real or fake):
        raise UsageError(f"{model} and {'--real' if real else '--fake'}: give MODEL, or --real and --fake without it")
    if model is None and not (real and fake):
        missing = "--fake" if real else "--real" if fake else "MODEL"
        raise UsageError(f"{missing} is missing: give MODEL, or both --real and --fake")
    if model is not None and image_size:
        raise UsageError("--image-size is for --real and --fake; the images of MODEL have its size: leave it out")
    if model is None and (sampler != "prior" or settings):
        name = "--set" if settings else "--sampler"
        raise UsageError(f"{name} is for MODEL; --real and --fake are evaluated as they are: leave it out")


def _record(model: Path, dataset: "Dataset", sampler: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return a record of the model, the data and the settings that scores belong to."""
    from kerasgen.io.archive import checksum_of
    from kerasgen.models import load as model_files

    return {
        "model": model.name,
        "checksum": checksum_of(model_files.find(model)),
        "dataset": dataset.name,
        "fingerprint": dataset.fingerprint,
        "sampler": sampler,
        "generate_options": values,
    }


def _evaluate_images(
    real: str,
    fake: Path,
    groups: list[str] | None,
    dataset: str | None,
    data_dir: str | None,
    image_size: int | None,
    samples: int,
    seed: int,
) -> "tuple[list[Score], dict[str, Any]]":
    """Return the scores of the images `fake` relative to `real`, and a record of both."""
    from kerasgen import data, evaluation
    from kerasgen.data import bad_files

    sets = [data.load(source, image_size=image_size, data_dir=data_dir) for source in (real, fake)]
    labelled = sets[0]
    if dataset is not None:
        labelled = data.load(dataset, image_size=sets[0].sample_shape[0], data_dir=data_dir)
    scores = evaluation.score_sets(*sets, labelled, samples, seed, groups)
    for images in sets:
        for line in [*bad_files.skipped_lines(images), *bad_files.unreadable_lines(images)]:
            terminal.echo(line, err=True)
    return scores, {
        "real": real,
        "fake": str(fake),
        "dataset": labelled.name,
        "fingerprint": labelled.fingerprint,
    }


def _to_json(score: "Score") -> dict[str, Any]:
    """Return a score as a dict, with None for infinity and NaN, which JSON does not have."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(score).items()
    }


def _write(path: Path, record: dict[str, Any]) -> None:
    from kerasgen.io.files import atomic_write

    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n")
    terminal.echo(f"Wrote {path}")


def _row(score: "Score") -> tuple[str, str, str]:
    spread = "" if score.spread is None else f" ± {score.spread:.2g}"
    return score.name, f"{score.value:.4g}{spread}", score.estimator
