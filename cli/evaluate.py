"""`kerasgen evaluate MODEL`: figures of merit, as a table and as `metrics.json` beside the model."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from kerasgen.cli import backends, text, trained


@click.command("evaluate")
@trained.model_argument
@trained.data_options
@click.option(
    "--samples",
    type=click.IntRange(min=2),
    metavar="N",
    default=10_000,
    show_default=True,
    help="How many images to generate, and how many test images to use at most.",
)
@click.option(
    "--likelihood-samples",
    type=click.IntRange(min=1),
    metavar="K",
    default=500,
    show_default=True,
    help="Latents for each image in the log-likelihood of a VAE; papers take 5000.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", default=0, show_default=True, help="Of what is drawn."
)
@trained.sampler_option
@backends.option
def command(model, dataset, data_dir, samples, likelihood_samples, seed, sampler, backend):
    """Measure MODEL, a .keras file or a run directory, on the test images of the set it was trained on.

    A VAE: its bound and log-likelihood. A generator of images: Frechet and kernel distance, precision, recall,
    density and coverage, on the features of a small classifier that is trained once for each set. Autoencoders and
    translation: MSE, PSNR, SSIM. Points: modes found.
    """
    backends.start(backend)
    from kerasgen import evaluation
    from kerasgen.files import atomic_write
    from kerasgen.models import files

    network = files.load(model)
    found = trained.data_set(network, model, dataset, data_dir)
    if sampler == "gmm":
        generator = trained.load_to_sample(model, sampler, dataset, data_dir)
        figures = evaluation.of_samples(generator.generate(samples, seed=seed), found, seed)
    else:
        figures = evaluation.evaluate(network, found, samples, likelihood_samples, seed)
    click.echo(text.table(("figure", "value", "estimator"), [_row(figure) for figure in figures], ("estimator",)))
    path = trained.beside(model, "metrics.json")
    record = {"model": Path(model).name, "dataset": found.name, "fingerprint": found.fingerprint}
    record |= {"sampler": sampler, "seed": seed}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(record | {"figures": [asdict(figure) for figure in figures]}, indent=2) + "\n")
    click.echo(f"Wrote {path}")


def _row(figure):
    spread = "" if figure.spread is None else f" ± {figure.spread:.2g}"
    return figure.name, f"{figure.value:.4g}{spread}", figure.estimator
