"""Pictures of the samples of a model, one for each epoch."""

import os
from numbers import Integral
from pathlib import Path
from typing import Any

import keras

from kerasgen.callbacks.event_file import EventFile
from kerasgen.errors import UsageError, check_whole
from kerasgen.io.regular_files import read_regular
from kerasgen.plots import save_preview

_MAX_PNG = 2**25  # bytes

Logs = dict[str, Any] | None


class SampleGrid(keras.callbacks.Callback):
    """Callback that writes `epoch-0000.png` before training and `epoch-0001.png` ... after each epoch.

    All pictures are made from the same latents, so that they can be compared and animated. The plotter of the model's
    samples draws them, see `kerasgen.plots.save_preview`.

    Args:
        directory: directory of the pictures; made if it is missing.
        images: array (N, H, W, C) or (N, D), or None. Models that map images to images show the results for them;
            samples of models of points are compared with them.
        n: number of samples in a picture; by default the `preview_size` of their plotter.
        seed: seed of the latents.
        every: number of epochs between pictures.
        events: event file of TensorBoard to which the pictures of the epochs 1, 2, 4, 8 ... and of the last one are
            added, or None.

    Raises:
        UsageError: `every` is not a whole number of 1 or more.

    Example:
        >>> import kerasgen
        >>> grid = kerasgen.callbacks.SampleGrid("samples", every=5)
        >>> # model.fit(images, callbacks=[grid])
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        images: Any = None,
        n: int | None = None,
        seed: int = 0,
        every: int = 1,
        events: EventFile | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(every, Integral) or isinstance(every, bool) or every < 1:
            raise UsageError(f"every is {every!r}; it is the number of epochs between pictures, 1 or more")
        self.directory = Path(directory)
        self.images, self.every, self.events = images, every, events
        self.n, self.seed = None if n is None else check_whole("n", n, 1), check_whole("seed", seed)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Write the picture before training, unless this training resumes an earlier one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if not any(self.directory.glob("epoch-*.png")):
            self._write(0)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the picture of this epoch."""
        if (epoch + 1) % self.every == 0:
            self._write(epoch + 1)

    def _write(self, epoch: int) -> None:
        path = self.directory / f"epoch-{epoch:04d}.png"
        save_preview(path, self.model, data=self.images, n=self.n, seed=self.seed, title=f"epoch {epoch}")
        # TensorBoard shows ten pictures of a training, chosen at random
        if self.events is not None and (epoch & (epoch - 1) == 0 or epoch == self.params["epochs"]):
            self.events.add_png(epoch, "samples", read_regular(path, _MAX_PNG))
