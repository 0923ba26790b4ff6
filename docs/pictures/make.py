"""Make the pictures of the recipes: `python docs/pictures/make.py [RECIPE ...]`.

Each recipe is trained with its defaults, seed 0, and the default backend. Its run directory is in `runs/pictures`; a
finished run is not trained again. `RECIPE.png` shows two rows of samples. `strip.png` has one row for each recipe of
`FAMILIES` with a picture.
"""

import sys
from pathlib import Path

import numpy as np

from kerasgen import data, load, runs, zoo
from kerasgen.models.base.abilities import Generates
from kerasgen.plots import grids

HERE = Path(__file__).parent
COLUMNS = 10
FAMILIES = ("vae", "gan", "dcgan", "wgan-gp", "denoising-unet", "pix2pix", "cyclegan")
SIDE = 28  # pixels of an image in the strip, which are doubled


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
    folder = Path("runs/pictures") / name
    run = runs.train(runs.resolve(name), out=folder)
    grids.save_png(HERE / f"{name}.png", grids.grid(rows_of(load(run.model_path), zoo.get(name))))


def make_strip():
    """Write `strip.png`: the last row of the picture of each family, in colour, with its name."""
    from PIL import Image

    rows, names = [], []
    for name in FAMILIES:
        path = HERE / f"{name}.png"
        if path.exists():
            picture = Image.open(path).convert("RGB")
            step = (picture.width - 2) // COLUMNS
            row = picture.crop((0, picture.height - step - 2, picture.width, picture.height))
            boxes = [(2 + step * column, 2, step * (column + 1), step) for column in range(COLUMNS)]
            images = [np.asarray(row.crop(box).resize((SIDE, SIDE))) for box in boxes]
            rows.append(np.stack(images))
            names.append(name)
    grids.save_rows(HERE / "strip.png", np.stack(rows) / 255.0, names)


if __name__ == "__main__":
    for recipe in sys.argv[1:] or FAMILIES:
        make(recipe)
    make_strip()
