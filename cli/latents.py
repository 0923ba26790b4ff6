"""`kerasgen latents MODEL`: where an encoder puts the images of each class."""

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count


@click.command("latents")
@trained.model_argument
@trained.data_options
@click.option(
    "--method",
    type=click.Choice(["pca", "tsne"]),
    help="From many latents to two. Default: pca; with one or two latents, these themselves.",
)
@click.option(
    "-n",
    type=count(3),
    metavar="N",
    default=2000,
    show_default=True,
    help="At most how many test images.",
)
@trained.out_option("latents.png")
@backends.option
def command(model, dataset, data_dir, method, n, out, backend):
    """Draw the latents of test images in the plane, coloured by class.

    With two latents a second panel shows the images that a grid of them decodes to.
    """
    backends.start(backend)
    from kerasgen.plots import latent_space

    network = trained.load(model, "encode")
    found = trained.data_set(network, model, dataset, data_dir)
    images, labels = found.test.first(n), found.test.labels
    labels = None if labels is None else labels[: len(images)]
    out = out or trained.beside(model, "latents.png")
    out.parent.mkdir(parents=True, exist_ok=True)
    latents = latent_space.encode(network, images, labels)
    title = f"{len(images):,} test images of {found.name}"
    latent_space.save_map(out, network, latents, labels, found.class_names, method, title)
    click.echo(f"Wrote {out}")
