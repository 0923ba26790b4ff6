"""`kerasgen evaluate MODEL`: figures of merit, as a table and as a file; also between two folders of images."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import click

from kerasgen.cli import backends, text, trained
from kerasgen.cli.counts import count, seed_option
from kerasgen.errors import UsageError
from kerasgen.evaluation.registry import help_of_groups, parse_groups
from kerasgen.io.archive import checksum_of


def _groups(context, option, names):
    return None if names is None else parse_groups(names)


@click.command("evaluate")
@click.argument("model", required=False, type=trained.TrainedPath())
@click.option("--real", metavar="NAME|PATH", help="In place of MODEL: the images that others are held against.")
@click.option(
    "--fake",
    metavar="PATH",
    type=click.Path(exists=True, path_type=Path),
    help="In place of MODEL: a folder, .npy or .npz file of the images to measure.",
)
@click.option(
    "--metrics",
    "groups",
    metavar="NAMES",
    callback=_groups,
    help="Groups of figures, with commas between: "
    + ", ".join(f"{name} ({what})" for name, what in help_of_groups().items())
    + ". Default: all that apply but fid.",
)
@trained.data_options
@click.option(
    "--image-size",
    type=count(),
    metavar="PIXELS",
    help="Of --real and --fake: the side that their images are resized to. Default: the size that they have.",
)
@click.option(
    "--samples",
    type=count(2),
    metavar="N",
    default=10_000,
    show_default=True,
    help="How many images to generate, and how many real ones, or images of --real and --fake, to use at most.",
)
@click.option(
    "--likelihood-samples",
    type=count(),
    metavar="K",
    default=500,
    show_default=True,
    help="Latents for each image in the log-likelihood of a VAE; papers take 5000.",
)
@seed_option("Of what is drawn.")
@trained.sampler_option
@trained.out_option("metrics.json", "beside MODEL, and none without it", "The figures")
@backends.option
def command(
    model,
    real,
    fake,
    groups,
    dataset,
    data_dir,
    image_size,
    samples,
    likelihood_samples,
    seed,
    sampler,
    out,
    backend,
):
    """Measure MODEL, a .keras file or a run directory, on the test images of the set it was trained on.

    A VAE: its bound and log-likelihood. A generator of images: Frechet and kernel distance, precision, recall,
    density and coverage, on the features of a small classifier that is trained once for each set; of stacked digits
    the modes found (papers: --samples 25600). Autoencoders and translation: MSE, PSNR, SSIM. Points: modes found.

    Where a set has fewer test images than --samples, generated images are held against training images, and the
    estimator says so. A model that copies these has the best distances then: look with `kerasgen neighbors`, or give
    no more --samples than there are test images.

    Only with --metrics fid: FID and KID, precision, recall, density and coverage, on the features of the reference
    Inception network, through torch-fidelity. Its weights must be on the machine; nothing is downloaded.

    With --real and --fake in place of MODEL: the images of one folder held against those of another. The classifier
    is that of --real, if each class has a subfolder there, or of the set that --dataset names. Grey images are
    brought to colour, or those in colour to grey, where that set is.
    """
    _check_call(model, real, fake, image_size, sampler)
    backends.start(backend)
    if model is None:
        figures, record = _of_images(real, fake, groups, dataset, data_dir, image_size, samples, seed)
    else:
        figures, record = _of_model(model, groups, dataset, data_dir, samples, likelihood_samples, seed, sampler)
        out = out or trained.beside(model, "metrics.json")
    click.echo(text.table(("figure", "value", "estimator"), [_row(figure) for figure in figures], ("estimator",)))
    for warning in dict.fromkeys(figure.warning for figure in figures if figure.warning):
        click.echo(warning, err=True)
    if out is not None:
        _write(out, record | {"seed": seed, "figures": [_in_json(figure) for figure in figures]})


def _check_call(model, real, fake, image_size, sampler):
    """Refuse what is neither one MODEL nor two sets of images."""
    if model is not None and (real or fake):
        raise UsageError(f"{model} and {'--real' if real else '--fake'}: give MODEL, or --real and --fake without it")
    if model is None and not (real and fake):
        missing = "--fake" if real else "--real" if fake else "MODEL"
        raise UsageError(f"{missing} is missing: give MODEL, or both --real and --fake")
    if model is not None and image_size:
        raise UsageError("--image-size is of --real and --fake; the images of MODEL have its size: leave it out")
    if model is None and sampler != "prior":
        raise UsageError("--sampler is of MODEL; --real and --fake are measured as they are: leave it out")


def _of_model(model, groups, dataset, data_dir, samples, likelihood_samples, seed, sampler):
    """Return the figures of a model, and what they are of."""
    from kerasgen import evaluation
    from kerasgen.models import load as model_files

    checksum = checksum_of(model_files.find(model))
    network = model_files.load(model) if sampler == "prior" else trained.load_to_fit(model)
    found = trained.data_set(network, model, dataset, data_dir)
    if sampler != "prior":
        network = trained.with_mixture(network, found, sampler)
    figures = evaluation.evaluate(network, found, samples, seed, groups, likelihood_samples=likelihood_samples)
    return figures, {
        "model": Path(model).name,
        "checksum": checksum,
        "dataset": found.name,
        "fingerprint": found.fingerprint,
        "sampler": sampler,
    }


def _of_images(real, fake, groups, dataset, data_dir, image_size, samples, seed):
    """Return the figures of the images in `fake` held against those in `real`, and what they are of."""
    from kerasgen import data, evaluation
    from kerasgen.data import bad_files

    sets = [data.load(source, image_size=image_size, data_dir=data_dir) for source in (real, fake)]
    labelled = sets[0]
    if dataset is not None:
        labelled = data.load(dataset, image_size=sets[0].sample_shape[0], data_dir=data_dir)
    figures = evaluation.score_sets(*sets, labelled, samples, seed, groups)
    for found in sets:
        for line in [*bad_files.listed(found), *bad_files.lost(found)]:
            click.echo(line, err=True)
    return figures, {
        "real": str(real),
        "fake": str(fake),
        "dataset": labelled.name,
        "fingerprint": labelled.fingerprint,
    }


def _in_json(figure):
    """Return a figure as a dict, with None for what JSON has no numbers for: infinity and NaN."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(figure).items()
    }


def _write(path, record):
    from kerasgen.io.files import atomic_write

    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n")
    click.echo(f"Wrote {path}")


def _row(figure):
    spread = "" if figure.spread is None else f" ± {figure.spread:.2g}"
    return figure.name, f"{figure.value:.4g}{spread}", figure.estimator
