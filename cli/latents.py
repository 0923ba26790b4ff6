"""`kerasgen latents MODEL`: a plot of the latent vectors of test images."""

from pathlib import Path

import click

from kerasgen.cli import backends, options, terminal, trained_models
from kerasgen.errors import counted


@click.command("latents")
@options.model_argument
@click.option(
    "--method",
    type=click.Choice(["pca", "tsne"]),
    help="Projection to two dimensions.  [default: pca; none for one or two latent dimensions]",
)
@click.option(
    "-n",
    type=options.count(options.MAX_IMAGES, minimum=3),
    metavar="N",
    default=2000,
    show_default=True,
    help="Maximum number of test images.",
)
@options.data_options
@options.out_option("latents.png")
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    method: str | None,
    n: int,
    dataset: str | None,
    data_dir: str | None,
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Plot the latent vectors of test images.

    MODEL is a .keras file or a run directory. The points have the colours of their classes. For two latent
    dimensions, a second panel shows the decoded images of a grid of latent vectors.
    """
    backends.start(backend)
    from kerasgen.plots import latent_space

    network = trained_models.load(model, "encode", trust)
    trained_models.refuse_codes(network, model)
    test_set = trained_models.load_dataset(network, model, dataset, data_dir)
    images, labels = test_set.test.first(n), test_set.test.labels
    labels = None if labels is None else labels[: len(images)]
    out = out or trained_models.default_output(model, "latents.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    latents = latent_space.encode(network, images, labels)
    title = f"{counted(len(images), 'test image')} of {test_set.name}"
    latent_space.save_map(out, network, latents, labels, test_set.class_names, method, title)
    terminal.echo(f"Wrote {out}")
