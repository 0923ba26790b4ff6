import json
import re

import pytest

from kerasgen import runs
from kerasgen.report import add_page

TINY = {"dataset": "digits", "epochs": 2, "batch_size": 400}


@pytest.fixture(scope="session")
def make_run(tmp_path_factory):
    """Return a function that trains a recipe for two epochs, with its page, and returns the `Run`."""

    def make(recipe, options, **settings):
        resolved = runs.resolve(recipe, options, **(TINY | settings))
        out = tmp_path_factory.mktemp("runs") / recipe
        return runs.train(resolved, out=out, progress=False, add_callbacks=add_page)

    return make


@pytest.fixture(scope="session")
def vae_run(make_run):
    """Return the run of a tiny VAE with a page; do not change it."""
    return make_run("vae", {"hidden_dim": 8, "latent_dim": 2}, image_size=8)


def page_data(path):
    """Return the data in a page."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])


def page_run(path):
    """Return the data of the only run in a page."""
    (run,) = page_data(path)["runs"]
    return run
