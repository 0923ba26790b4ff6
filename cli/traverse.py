"""`kerasgen traverse MODEL`: what each latent does to an image."""

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count

IMAGES = 1000  # enough to tell which latents vary


@click.command("traverse")
@trained.model_argument
@trained.data_options
@click.option("--dims", type=count(), metavar="N", default=10, show_default=True, help="At most how many latents.")
@click.option("--steps", type=count(2), metavar="N", default=9, show_default=True, help="Images in a row.")
@trained.out_option("traversed.png")
@backends.option
def command(model, dataset, data_dir, dims, steps, out, backend):
    """Vary one latent of the first test image at a time, a latent in each row, those that vary most first.

    From -3 to 3 where the latents of the model have a standard normal prior, otherwise three standard deviations to
    each side of their mean. Printed are their numbers, and their standard deviations over test images.
    """
    backends.start(backend)
    from kerasgen.plots import latent_space

    network = trained.load_of_images(model, "encode")
    test = trained.data_set(network, model, dataset, data_dir).test
    labels = test.labels if test.labels is None else test.labels[:IMAGES]
    latents = latent_space.encode(network, test.first(IMAGES), labels)
    rows, chosen = latent_space.traversal(network, latents, labels, dims, steps)
    trained.save_picture(out or trained.beside(model, "traversed.png"), rows)
    spread = latents.std(axis=0)
    click.echo(
        "Rows, from the top: latent "
        + ", ".join(f"{d} ({spread[d]:.2f})" for d in chosen)
        + "; in brackets how far it varies"
    )
