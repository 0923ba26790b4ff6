import json
import re

import pytest

from kerasgen import runs
from kerasgen.report import add_page
from tests.report import chromium

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


@pytest.fixture(scope="session")
def points_run(make_run):
    """Return the run of a tiny GAN of points with a page; do not change it."""
    return make_run("gan", {"hidden_dim": 4, "latent_dim": 2}, dataset="ring-8", batch_size=50_000)


@pytest.fixture(scope="session")
def browser():
    """Return Chromium, or None if it is not installed."""
    if chromium.MISSING:
        yield None
        return
    with chromium.started_browser() as started:
        yield started


@pytest.fixture
def visit(browser):
    """Return a function that opens a page; the test fails if it has an error or makes a request."""
    faults, pages = [], []

    def open_page(path, **options):
        pages.append(chromium.open_page(browser, path, faults, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()
    assert not faults


def page_data(path):
    """Return the data in a page."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])


def page_run(path):
    """Return the data of the only run in a page."""
    (run,) = page_data(path)["runs"]
    return run
