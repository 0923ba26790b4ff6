"""Make the pictures of the recipes: `python docs/pictures/make.py [RECIPE ...]`.

Each recipe is trained with its defaults, seed 0, and the default backend. Its run directory is in `runs/pictures`; a
finished run is not trained again, and a model `runs/pictures/RECIPE.keras` replaces the run. `RECIPE.png` shows two
rows of samples. `strip.png` has a row for each recipe of `FAMILIES` with a picture. The rows of `pix2pix` and
`cyclegan` come from the pictures of the experiments `outlines` and `ink-chalk`, which train with the same settings.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from kerasgen import data, load, runs, zoo
from kerasgen.models.base.abilities import Generates
from kerasgen.plots import grids

HERE = Path(__file__).parent
ZOO = HERE.parents[1] / "zoo/pictures"
COLUMNS = 10
SIDE = 28  # pixels of an image in the strip, which are doubled
# Recipe -> picture with ten columns and the row to show, from 0 on
FAMILIES = {
    "vae": (HERE / "vae.png", 0),
    "cvae": (HERE / "cvae.png", 0),
    "gan": (HERE / "gan.png", 0),
    "dcgan": (HERE / "dcgan.png", 0),
    "wgan-gp": (HERE / "wgan-gp.png", 0),
    "denoising-unet": (HERE / "denoising-unet.png", 2),
    "pix2pix": (ZOO / "outlines.png", 2),
    "cyclegan": (ZOO / "ink-chalk.png", 1),
}


def rows_of(model, recipe):
    """Return two rows of samples (2, columns, H, W, C), or the rows of a preview of test images."""
    if isinstance(model, Generates):
        labels = {"labels": np.arange(2 * COLUMNS) % model.num_classes} if model.num_classes else {}
        samples = model.generate(2 * COLUMNS, seed=0, **labels)
        return samples.reshape(2, COLUMNS, *samples.shape[1:])
    dataset = data.load(recipe.dataset, image_size=recipe.image_size, kind=recipe.kind)
    return model.preview(dataset.test.first(COLUMNS))


def make(name):
    """Train a recipe with its defaults and write its picture."""
    path = Path("runs/pictures") / f"{name}.keras"
    if not path.exists():
        path = runs.train(runs.resolve(name), out=path.with_suffix("")).model_path
    grids.save_png(HERE / f"{name}.png", grids.grid(rows_of(load(path), zoo.get(name))))


def row_of(path, row):
    """Return a row of a picture with gaps of 2 pixels, uint8 (columns, side, side, 3)."""
    picture = Image.open(path).convert("RGB")
    step = (picture.width - 2) // COLUMNS
    boxes = [(2 + step * column, 2 + step * row, step * (column + 1), step * (row + 1)) for column in range(COLUMNS)]
    return np.stack([np.asarray(picture.crop(box).resize((SIDE, SIDE))) for box in boxes])


def make_strip():
    """Write `strip.png`, a row for each family that has a picture."""
    shown = {name: place for name, place in FAMILIES.items() if place[0].exists()}
    grids.save_rows(HERE / "strip.png", np.stack([row_of(*place) for place in shown.values()]), list(shown))


if __name__ == "__main__":
    for recipe in sys.argv[1:]:
        make(recipe)
    make_strip()
