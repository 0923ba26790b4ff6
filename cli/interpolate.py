"""`kerasgen interpolate MODEL`: from one image to another through the latent space."""

import click

from kerasgen.cli import backends, trained
from kerasgen.cli.counts import count
from kerasgen.errors import UsageError


@click.command("interpolate")
@trained.model_argument
@trained.data_options
@click.option("-n", type=count(), metavar="N", default=8, show_default=True, help="How many rows.")
@click.option("--steps", type=count(2), metavar="N", default=8, show_default=True, help="Images in a row.")
@trained.out_option("interpolated.png")
@backends.option
def command(model, dataset, data_dir, n, steps, out, backend):
    """Go from one test image to another on a straight line between their latents, a pair in each row.

    Of a conditional model both are of the same class.
    """
    backends.start(backend)
    network = trained.load_of_images(model, "interpolate")
    found = trained.data_set(network, model, dataset, data_dir)
    if network.num_classes:
        starts, ends, labels = _of_one_class(network, found, n)
    else:
        if 2 * n > len(found.test):
            most = len(found.test) // 2
            raise UsageError(f"{found.name} has images for {most} pairs to test with; give -n {most} or less")
        images, labels = trained.test_images(found, 2 * n), None
        starts, ends = images[:n], images[n:]
    rows = network.interpolate(starts, ends, steps, labels)
    trained.save_picture(out or trained.beside(model, "interpolated.png"), rows)


def _of_one_class(network, found, n):
    """Return `n` test images, for each the next one of its class, and the classes (n,)."""
    labels = trained.test_labels(network, found, len(found.test))
    waiting, pairs = {}, []
    for place, label in enumerate(labels.tolist()):
        if label in waiting:
            pairs.append((waiting.pop(label), place))
        else:
            waiting[label] = place
    if len(pairs) < n:
        raise UsageError(f"{found.name} has {len(pairs)} pairs of one class to test with; give a smaller -n")
    starts, ends = ([*part] for part in zip(*pairs[:n]))
    return found.test[starts], found.test[ends], labels[starts]
