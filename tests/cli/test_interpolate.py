"""`kerasgen interpolate`."""

import numpy as np
import pytest

from kerasgen import data, load
from kerasgen.plots import grids
from tests.cli.conftest import assert_refused, kerasgen, pixels


def test_interpolate_has_a_row_for_each_pair(vae_run, here):
    assert kerasgen("interpolate", vae_run, "-n", 2, "--steps", 6, "-o", "ways.png").exit_code == 0
    height, width = pixels("ways.png").shape
    tile = (width - 2) / 6
    assert 2 * tile < height - 2 < 3 * tile  # two rows below the names of the columns


@pytest.mark.slow
@pytest.mark.once
def test_both_images_of_a_row_have_the_same_class(cvae_run, here):
    images = np.random.default_rng(0).random((100, 8, 8, 1)).astype("float32")
    np.savez("some.npz", images=images, labels=np.arange(100) % 3)
    test = data.load("some.npz", image_size=8).test
    assert kerasgen("interpolate", cvae_run, "--dataset", "some.npz", "-n", 1, "-o", "way.png").exit_code == 0
    end = next(i for i in range(len(test)) if test.labels[i] in test.labels[:i])
    start = list(test.labels).index(test.labels[end])
    way = load(cvae_run / "model.keras").interpolate(test[[start]], test[[end]], labels=test.labels[[start]])
    names = ["start", *[""] * 6, "end"]
    assert np.array_equal(pixels("way.png"), grids.grid(way, column_names=names)[..., 0])
    assert_refused(kerasgen("interpolate", cvae_run, "--dataset", "some.npz", "-n", 6), 2, "pairs of the same class")


@pytest.mark.once
def test_the_number_of_rows_is_limited_by_the_test_images(vae_run, here):
    refused = kerasgen("interpolate", vae_run, "-n", 200)
    assert_refused(refused, 2, "the test images of digits make 90 pairs; give a smaller -n")
    np.save("few.npy", np.random.default_rng(0).random((50, 8, 8)).astype("float32"))
    assert kerasgen("interpolate", vae_run, "--dataset", "few.npy", "--steps", 3, "-o", "few.png").exit_code == 0
    height, width = pixels("few.png").shape
    tile = (width - 2) / 3
    assert 2 * tile < height - 2 < 3 * tile  # 5 test images make 2 pairs
