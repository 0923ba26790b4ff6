"""Make the pictures of the recipes: `python docs/pictures/make.py [RECIPE ...]`.

Each recipe is trained with its defaults and seed 0. Its run directory is in `runs/pictures`; a
finished run is not trained again, and a model `runs/pictures/RECIPE.keras` replaces the run. `RECIPE.png` shows two
rows of samples; of a `vq-vae`, samples of a PixelCNN that is trained on its codes. `strip.png` has a row for each
recipe of `FAMILIES` with a picture. Until `pix2pix` and `cyclegan` have one, their rows come from the experiments
`outlines` and `ink-chalk`, which have the same options and coarser digits.

`settings.json` has a hash of the default settings with which each picture was made. A test compares it with the
defaults of today.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from kerasgen import data, load, runs, zoo
from kerasgen.models.base.abilities import Generates, Translates
from kerasgen.plots import grids

HERE = Path(__file__).parent
HASHES = HERE / "settings.json"
ZOO = HERE.parents[1] / "zoo/pictures"
OF_EXPERIMENTS = {"pix2pix": (ZOO / "outlines.png", 2), "cyclegan": (ZOO / "ink-chalk.png", 1)}  # picture and row
COLUMNS = 10
SIDE = 28  # pixels of an image in the strip, which are doubled
# Recipe -> row of its picture that the strip shows, from 0 on
FAMILIES = {
    "vae": 0,
    "cvae": 0,
    "vq-vae": 0,
    "vae-gan": 0,
    "gan": 0,
    "cgan": 0,
    "dcgan": 0,
    "wgan-gp": 0,
    "made": 0,
    "pixelcnn": 0,
    "realnvp": 0,
    "diffusion": 0,
    "flow": 0,
    "meanflow": 0,
    "latent-diffusion": 0,
    "denoising-unet": 2,
    "pix2pix": 1,
    "cyclegan": 1,
}


def settings_hash(name):
    """Return a hash of the settings with which a picture is made: data, length and options of the recipe."""
    recipes = [zoo.get(each) for each in ((name, "pixelcnn") if name == "vq-vae" else (name,))]
    facts = [
        (each.dataset, each.image_size, each.epochs, each.batch_size, each.version, each.resolve({}))
        for each in recipes
    ]
    facts += [dict(each.codes) for each in recipes if each.codes]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def hashes():
    """Return the recorded hashes, a dict of recipe -> hash."""
    return json.loads(HASHES.read_text(encoding="utf-8")) if HASHES.exists() else {}


def rows_of(model, recipe):
    """Return two rows of samples (2, columns, H, W, C), or the rows of a preview of test images."""
    if isinstance(model, Generates):
        labels = {"labels": np.arange(2 * COLUMNS) % model.num_classes} if getattr(model, "num_classes", 0) else {}
        samples = model.generate(2 * COLUMNS, seed=0, **labels)
        return samples.reshape(2, COLUMNS, *samples.shape[1:])
    test = data.load(recipe.dataset, image_size=recipe.image_size, kind=recipe.kind).test
    if not isinstance(model, Translates):
        return model.preview(test.first(COLUMNS))
    a, b = (
        np.asarray(domain[:COLUMNS]) / 255 for domain in ((test.a, test.b) if recipe.kind == "domains" else test[:])
    )
    both = [a, model.translate(a, seed=0)]
    return np.stack(both + ([b, model.translate(b, "BtoA")] if len(model.directions) > 1 else [b]))


def trained(name):
    """Return the path of the model of a recipe, which is trained if there is none."""
    path = Path("runs/pictures") / f"{name}.keras"
    if path.exists():
        return path
    run = path.with_suffix("")
    if name != "vq-vae":
        return runs.train(runs.resolve(name), out=run).model_path
    codes = run.with_name("vq-vae-codes")
    runs.train(runs.resolve(name), out=codes)
    return runs.train(runs.resolve("pixelcnn", dataset=str(codes)), out=run).model_path


def make(name):
    """Train a recipe with its defaults and write its picture and the hash of its settings."""
    rows = rows_of(load(trained(name)), zoo.get(name))
    grids.save_png(HERE / f"{name}.png", grids.grid(rows))
    text = json.dumps(dict(sorted((hashes() | {name: settings_hash(name)}).items())), indent=2)
    HASHES.write_text(f"{text}\n", encoding="utf-8")


def place_of(name):
    """Return the picture with the samples of a recipe and their row in it."""
    own = (HERE / f"{name}.png", FAMILIES[name])
    return own if own[0].exists() else OF_EXPERIMENTS.get(name, own)


def row_of(path, row):
    """Return a row of a picture with gaps of 2 pixels, uint8 (columns, side, side, 3)."""
    picture = Image.open(path).convert("RGB")
    step = (picture.width - 2) // COLUMNS
    boxes = [(2 + step * column, 2 + step * row, step * (column + 1), step * (row + 1)) for column in range(COLUMNS)]
    return np.stack([np.asarray(picture.crop(box).resize((SIDE, SIDE))) for box in boxes])


def make_strip():
    """Write `strip.png`, a row for each family that has a picture."""
    places = {name: place_of(name) for name in FAMILIES}
    places = {name: place for name, place in places.items() if place[0].exists()}
    grids.save_rows(HERE / "strip.png", np.stack([row_of(*place) for place in places.values()]), list(places))


if __name__ == "__main__":
    for recipe in sys.argv[1:]:
        make(recipe)
    make_strip()
