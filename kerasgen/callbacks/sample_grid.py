"""A picture of what the model has learnt, for each epoch."""

from numbers import Integral
from pathlib import Path

import keras

from kerasgen.errors import UsageError
from kerasgen.plots import grids, point_clouds


class SampleGrid(keras.callbacks.Callback):
    """Writes `epoch-0000.png` before training and `epoch-0001.png` ... after each epoch.

    All are drawn from the same latents, so that they can be compared and animated. Of a model of points on a line
    or in the plane, (1,) or (2,), they show the densities and the discriminator; see
    `kerasgen.plots.point_clouds`.

    Args:
        directory: where the pictures go; made if it is missing.
        images: array (N, H, W, C) that models of images to images show, and that models of points are compared
            with, or None.
        n: how many images a picture holds; of points it holds `point_clouds.POINTS`.
        seed: of the latents.
        every: epochs between pictures, a whole number of 1 or more.

    Raises:
        UsageError: `every` is no such number.
    """

    def __init__(self, directory, images=None, n=64, seed=0, every=1):
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
        if point_clouds.are_points(self.model.sample_shape):
            point_clouds.save_of_model(path, self.model, self.images, self.seed, title=f"epoch {epoch}")
            return
        rows = self.model.preview(images=self.images, n=self.n, seed=self.seed)
        grids.save_png(path, grids.grid(rows))
