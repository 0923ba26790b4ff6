"""Test images of a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from kerasgen.experiments.trial import Trial

SHOWN = 10  # images in a row of a picture


def test_part(trial: Trial) -> np.ndarray:
    """Return the test images that the experiment uses, as they are stored."""
    return trial.dataset.test[: trial.experiment.test_images]


def test_images(trial: Trial) -> np.ndarray:
    """Return the test images that are used, float32 in [0, 1]."""
    from kerasgen.data.pixels import as_floats

    return as_floats(test_part(trial))
