"""`kerasgen traverse MODEL`: the effect of each latent on a decoded image."""

from pathlib import Path

import click

from kerasgen.cli import backends, options, terminal, trained_models

IMAGES = 1000  # enough to see which latents vary


@click.command("traverse")
@options.model_argument
@click.option(
    "--dims", type=options.count(1000), metavar="N", default=10, show_default=True, help="Maximum number of latents."
)
@click.option(
    "--steps",
    type=options.count(1000, minimum=2),
    metavar="N",
    default=9,
    show_default=True,
    help="Number of images in a row.",
)
@options.data_options
@options.out_option("traversed.png")
@options.trust_option
@options.backend_option()
def command(
    model: Path,
    dims: int,
    steps: int,
    dataset: str | None,
    data_dir: str | None,
    out: Path | None,
    trust: bool,
    backend: str | None,
):
    """Vary one latent of a test image at a time.

    MODEL is a .keras file or a run directory. Each row of the picture varies one latent of the first test image.
    The latents with the largest standard deviation over test images come first.

    With a standard normal prior, a latent goes from -3 to 3. Otherwise it goes from three standard deviations below its
    mean to three above.
    """
    backends.start(backend)
    from kerasgen.plots import latent_space

    network = trained_models.load_image_model(model, "encode", trust)
    trained_models.refuse_codes(network, model)
    test = trained_models.load_dataset(network, model, dataset, data_dir).test
    labels = None if test.labels is None else test.labels[:IMAGES]
    latents = latent_space.encode(network, test.first(IMAGES), labels)
    rows, chosen = latent_space.traversal(network, latents, labels, dims, steps)
    out = out or trained_models.default_output(model, "traversed.png")
    deviations = [f"{value:+.1f}" for value in latent_space.traversal_values(steps)]
    trained_models.save_picture(out, rows, [f"latent {latent}" for latent in chosen], column_names=deviations)
    deviations = latents.std(axis=0)
    listed = ", ".join(f"{latent} ({deviations[latent]:.2f})" for latent in chosen)
    terminal.echo(terminal.wrapped(f"Rows from the top, with standard deviation: latent {listed}"))
