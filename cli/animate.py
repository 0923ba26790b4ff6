"""`kerasgen animate RUN`: the pictures of a training's epochs as a GIF."""

import click

from kerasgen.cli import trained
from kerasgen.errors import RunError


@click.command("animate")
@click.argument("directory", metavar="RUN", type=trained.TrainedPath())
@trained.out_option("animated.gif", "in the run", "The animation")
@click.option(
    "--fps", type=click.FloatRange(0.1, 50), metavar="N", default=5.0, show_default=True, help="Pictures a second."
)
@click.option(
    "--hold",
    type=click.FloatRange(0, 60),
    metavar="SECONDS",
    default=2.0,
    show_default=True,
    help="For how long the last picture stands.",
)
def command(directory, out, fps, hold):
    """Put the pictures of a training's epochs, RUN/samples/epoch-*.png, together as a GIF that repeats for ever."""
    from kerasgen import runs
    from kerasgen.plots import animation

    run = runs.Run.open(directory)
    pictures = animation.epochs(run.samples)
    if len(pictures) < 2:
        found = "1 picture" if pictures else "no pictures"
        raise RunError(f"{directory} has {found} of epochs in {run.samples}; an animation needs at least 2")
    out = out or run.directory / "animated.gif"
    out.parent.mkdir(parents=True, exist_ok=True)
    animation.save_gif(out, pictures, fps, hold)
    click.echo(f"Wrote {out}: {len(pictures)} pictures, {(len(pictures) - 1) / fps + max(hold, 1 / fps):.1f} seconds")
