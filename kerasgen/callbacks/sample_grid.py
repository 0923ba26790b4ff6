"""A picture of what the model has learnt, for each epoch."""

from numbers import Integral
from pathlib import Path

import keras

from kerasgen.errors import UsageError
from kerasgen.plots import save_preview


class SampleGrid(keras.callbacks.Callback):
    """Writes `epoch-0000.png` before training and `epoch-0001.png` ... after each epoch.

    All are drawn from the same latents, so that they can be compared and animated. Of a model of points on a line
    or in the plane, (1,) or (2,), they show the densities and the discriminator; see
    `kerasgen.plots.point_clouds`.

    Args:
        directory: where the pictures go; made if it is missing.
        images: array (N, H, W, C) that models of images to images show, and that models of points are compared
            with, or None.
        n: number of samples in a picture; by default the `preview_size` of their plotter.
        seed: of the latents.
        every: epochs between pictures, a whole number of 1 or more.

    Raises:
        UsageError: `every` is no such number.
    """

    def __init__(self, directory, images=None, n=None, seed=0, every=1):
        super().__init__()
        if not isinstance(every, Integral) or isinstance(every, bool) or every < 1:
            raise UsageError(f"every is {every!r}; it is the epochs between pictures, a whole number of 1 or more")
        self.directory = Path(directory)
        self.images, self.n, self.seed, self.every = images, n, seed, every

    def on_train_begin(self, logs=None):
        """Draw the picture before training, unless this training goes on from an earlier one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if not any(self.directory.glob("epoch-*.png")):
            self._draw(0)

    def on_epoch_end(self, epoch, logs=None):
        """Draw the picture of this epoch."""
        if (epoch + 1) % self.every == 0:
            self._draw(epoch + 1)

    def _draw(self, epoch):
        path = self.directory / f"epoch-{epoch:04d}.png"
        save_preview(path, self.model, data=self.images, n=self.n, seed=self.seed, title=f"epoch {epoch}")
