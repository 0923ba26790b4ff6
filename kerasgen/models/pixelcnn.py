"""The gated PixelCNN (van den Oord et al. 2016, arXiv:1606.05328)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.data.pixels import as_floats
from kerasgen.errors import UsageError
from kerasgen.models.base.autoregressive import Autoregressive, choose
from kerasgen.models.base.last_activation import refuse_bounded
from kerasgen.models.base.shapes import first_input


@keras.saving.register_keras_serializable("kerasgen")
class PixelCNN(Autoregressive):
    """Autoregressive model of grey images or codes whose conditionals are gated convolutions over earlier pixels.

    Pixels are ordered by rows. A vertical stack depends on all rows above a pixel, and a horizontal stack on its own
    row to the left. So no earlier pixel is in a blind spot. In generation the vertical stack runs once for each row,
    and the horizontal stack on the current row only.

    Args:
        vertical: `keras.Model` from features (N, H, W, F) to features of the rows above, (N, H, W, C).
        horizontal: `keras.Model` from features (N, rows, W, F) and those of the rows above to logits (N, rows, W, K),
            or one logit with two levels. Both networks have labels (N,) as last input if there are classes.
        codes: whether samples are codes (H, W) rather than grey images (H, W, 1).
        **kwargs: arguments of `Autoregressive`: `levels`, `binarize`, `num_classes`, `codec`, `seed`.

    Raises:
        UsageError: networks of other shapes.

    Example:
        ```python
        model = kerasgen.create("pixelcnn", width=8, blocks=2)
        model.fit(images, batch_size=32, epochs=10)
        completed = model.complete(images[:8])
        ```
    """

    traceable = True

    def __init__(self, vertical: keras.Model, horizontal: keras.Model, codes: bool = False, **kwargs: Any):
        self.codes, self._size = codes, first_input(vertical)[1:3]
        super().__init__(**kwargs)
        self.vertical, self.horizontal = vertical, horizontal
        features, outputs = self.levels if codes else 1, 1 if self.levels == 2 else self.levels
        if (first_input(vertical)[-1], horizontal.output_shape[-1]) != (features, outputs):
            raise UsageError(
                f"the networks take {first_input(vertical)} and make {horizontal.output_shape}; {self.levels} levels "
                f"need {features} input channels and {outputs} output channels"
            )
        refuse_bounded(horizontal, "the loss takes logits")
        self.built = True

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (H, W, 1) of images, (H, W) of codes."""
        return (*self._size, *(() if self.codes else (1,)))

    def _above(self, features, labels, training=False):
        return backend.run(self.vertical, self.classes.inputs(features, labels), training)

    def _row_logits(self, features, above, labels, training=False):
        inputs = [features, above, *([labels] if self.num_classes else [])]
        return ops.cast(backend.run(self.horizontal, inputs, training), "float32")

    def logits(self, levels: Any, labels: Any, mask: Any = None, training: bool = False) -> Any:
        """Return the logits of each value given the values before it; see `Autoregressive.logits`."""
        features = self.to_features(levels)
        logits = self._row_logits(features, self._above(features, labels, training), labels, training)
        shape = self.sample_shape if self.levels == 2 else (*self.sample_shape, self.levels)
        return backend.reshape(logits, (-1, *shape))

    def sample_levels(self, levels: Any, uniforms: Any, labels: Any, mask: Any, start: Any) -> Any:
        """Return levels with all rows from row `start` on drawn; see `Autoregressive.sample_levels`."""
        height, width = self._size
        columns, rows = ops.arange(width, dtype="int32"), ops.arange(height, dtype="int32")
        grid, noise = (backend.reshape(x, (-1, height, width)) for x in (levels, uniforms))

        def draw_row(i, grid):
            above = ops.take(self._above(self._features(grid), labels), [i], axis=1)
            row_noise = ops.take(noise, i, axis=1)

            def draw_pixel(j, row):
                logits = self._row_logits(self._features(ops.expand_dims(row, 1)), above, labels)[:, 0]
                logits = ops.take(logits, j, axis=1)
                value = choose(logits[:, 0] if self.levels == 2 else logits, ops.take(row_noise, j, axis=1))
                return ops.where(columns == j, ops.expand_dims(value, 1), row)

            row = ops.fori_loop(0, width, draw_pixel, ops.take(grid, i, axis=1))
            return ops.where(ops.expand_dims(rows == i, 1), ops.expand_dims(row, 1), grid)

        return backend.reshape(ops.fori_loop(start, height, draw_row, grid), (-1, *self.sample_shape))

    def _features(self, grid):
        """Return the inputs of the networks for levels (N, H, W)."""
        return self.to_features(grid if self.codes else ops.expand_dims(grid, -1))

    def complete(
        self, images: np.ndarray, rows: int | None = None, seed: int | None = None, labels: Any = None
    ) -> np.ndarray:
        """Return images with the rows below the first `rows` rows drawn from the model.

        Args:
            images: (N, H, W, 1), or codes (N, H, W). Grey pixels of the rows that are kept become binary, at 0.5, for
                a model of binary pixels.
            rows: number of rows to keep; half of them by default.
            seed: seed of the random numbers.
            labels: classes (N,), for a conditional model.

        Returns:
            Samples as in `generate`: images, or codes decoded by the codec if there is one.

        Raises:
            UsageError, DataError: a number of rows out of range, or images or labels that the model cannot take.
        """
        images, height = self.check_images(images), self._size[0]
        rows = height // 2 if rows is None else rows
        if not 0 <= rows <= height:
            raise UsageError(f"rows is {rows}; it must be from 0 to {height}")
        labels = self.classes.check_given(labels, len(images))
        values = np.asarray(images, "float32") if self.codes else as_floats(images)
        levels = ops.convert_to_numpy(self.to_levels(ops.convert_to_tensor(values)))
        return self._from_levels(self._draw_all(levels, self._uniforms(len(images), seed), labels, rows))
