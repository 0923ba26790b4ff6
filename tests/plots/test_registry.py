"""The plotter is chosen by the kind of the samples."""

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen import plots
from kerasgen.errors import UsageError

pytestmark = pytest.mark.once

RANDOM = np.random.default_rng(0)


def size(path):
    with Image.open(path) as image:
        return image.size


def test_samples_of_every_kind_have_a_picture(tmp_path):
    plots.save_samples(tmp_path / "images.png", RANDOM.random((6, 28, 28, 1)), columns=3)
    assert size(tmp_path / "images.png") == (3 * 58 + 2, 2 * 58 + 2)
    plots.save_samples(tmp_path / "named.png", RANDOM.random((6, 28, 28, 1)), columns=3, row_names=["cat", "dog"])
    assert size(tmp_path / "named.png")[0] > 3 * 58 + 20
    plots.save_samples(tmp_path / "codes.png", RANDOM.integers(0, 9, (4, 7, 7)))
    assert size(tmp_path / "codes.png") == (2 * 58 + 2, 2 * 58 + 2)
    points = RANDOM.random((50, 2))
    plots.save_samples(tmp_path / "points.png", points)
    plots.save_samples(tmp_path / "target.png", points, data=points + 0.1)
    alone, target = ((tmp_path / f"{name}.png").read_bytes() for name in ("points", "target"))
    assert alone != target
    with pytest.raises(UsageError, match=r"unknown kind of samples 'of shape \(2, 3, 4, 5\)'"):
        plots.save_samples(tmp_path / "a.png", np.zeros((1, 2, 3, 4, 5)))


def test_models_are_drawn_by_their_kind(tmp_path):
    model = kerasgen.create("gan", image_size=8, hidden_dim=4, latent_dim=2)
    assert plots.plotter_of(model).name == "images"
    plots.save_preview(tmp_path / "a.png", model, n=4)
    plots.save_preview(tmp_path / "b.png", model, n=4)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert plots.plotter_of((3,)).name == "points"

    class OfCodes:
        sample_shape, num_codes = (7, 7), 16

        def generate(self, n, seed=None):
            return np.random.default_rng(seed).integers(0, 16, (n, 7, 7))

    plots.save_preview(tmp_path / "c.png", OfCodes(), n=9)
    assert size(tmp_path / "c.png") == (3 * 58 + 2, 3 * 58 + 2)


PACKAGE = """
from pathlib import Path
from kerasgen.plots import Plotter

def save_samples(path, samples, data, columns, row_names, title):
    Path(path).write_text(f"{samples.shape} {title}")

def save_preview(path, model, data, n, seed, title):
    save_samples(path, model.generate(n, seed), data, None, None, title)

SOUNDS = Plotter("sounds", save_samples, save_preview, preview_size=3)
"""
SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from kerasgen import plots

class Model:
    sample_shape, sample_kind = (100, 1), "sounds"
    def generate(self, n, seed=None):
        return np.zeros((n, 100, 1))

path = Path(sys.argv[1]) / "a.txt"
plots.save_preview(path, Model(), title="epoch 1")
print(path.read_text())
plots.save_samples(path, np.zeros((2, 100, 1)), kind="sounds")
print(path.read_text(), "keras" in sys.modules)
"""


def test_other_packages_add_plotters(tmp_path, run_script):
    (tmp_path / "own_plotter.py").write_text(PACKAGE)
    (tmp_path / "own-1.dist-info").mkdir()
    (tmp_path / "own-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1\n")
    (tmp_path / "own-1.dist-info" / "entry_points.txt").write_text("[kerasgen.plotters]\nsounds = own_plotter:SOUNDS\n")
    lines = run_script(SCRIPT, tmp_path, PYTHONPATH=str(tmp_path)).splitlines()
    assert lines == ["(3, 100, 1) epoch 1", "(2, 100, 1)  False"]
