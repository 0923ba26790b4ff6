"""`kerasgen animate RUN`: the sample pictures of a run as a GIF."""

from pathlib import Path

import click

from kerasgen.cli import options, terminal
from kerasgen.errors import RunError, counted


@click.command("animate")
@click.argument("directory", metavar="RUN", type=options.ExistingPath())
@click.option(
    "--fps", type=options.Number(0.1, 50.0), metavar="N", default=5.0, show_default=True, help="Pictures per second."
)
@click.option(
    "--hold",
    type=options.Number(0.0, 60.0),
    metavar="SECONDS",
    default=2.0,
    show_default=True,
    help="Duration of the last picture.",
)
@options.out_option("animated.gif", "in the run", "animation")
def command(directory: Path, fps: float, hold: float, out: Path | None):
    """Make an animation of the samples of a run.

    The frames are the pictures RUN/samples/epoch-*.png. The GIF repeats forever.
    """
    from kerasgen import runs
    from kerasgen.plots import animation

    run = runs.Run.open(directory)
    pictures = animation.epochs(run.samples)
    if len(pictures) < 2:
        raise RunError(
            f"{run.samples} has {counted(len(pictures), 'picture')} of epochs; an animation needs at least 2"
        )
    out = out or run.directory / "animated.gif"
    out.parent.mkdir(parents=True, exist_ok=True)
    animation.save_gif(out, pictures, fps, hold)
    seconds = (len(pictures) - 1) / fps + max(hold, 1 / fps)
    terminal.echo(f"Wrote {out}: {len(pictures)} pictures, {seconds:.1f} seconds")
