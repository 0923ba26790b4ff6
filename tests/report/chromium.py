"""Pages in Chromium, driven by Playwright."""

import contextlib
import shutil

import numpy as np
import pytest

from kerasgen.report.page import write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None
MISSING = (
    "Playwright is not installed: pip install playwright"
    if sync_playwright is None
    else "Chromium is not installed: apt-get install chromium"
    if CHROMIUM is None
    else None
)
needs_chromium = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
LOCAL = ("file:", "data:")


@contextlib.contextmanager
def started_browser():
    """Context manager that returns a browser and ends it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser, path, faults, **options):
    """Return a page without a network; its errors, dialogs and requests are added to the list `faults`."""
    context = browser.new_context(offline=True, **({"viewport": {"width": 1280, "height": 900}} | options))
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.on("request", lambda request: faults.append(request.url) if not request.url.startswith(LOCAL) else None)
    page.goto(path.resolve().as_uri())
    page.wait_for_selector("footer")
    return page


def write_decoder_page(path, live):
    """Write a page that has only a decoder."""
    run = {"name": "decoder", "recipe": "", "summary": "", "paper": "", "dataset": "", "epochs": 1, "planned": 1}
    run |= {"seconds": None, "facts": {}, "commands": [], "history": {"epoch": [1]}, "charts": [], "samples": None}
    run |= {"scores": [], "scores_note": None, "neighbors": None, "live": live, "live_reason": None}
    write_page(path, {"title": "decoder", "runs": [run]})


def decode(browser, live, latents, labels, folder):
    """Return the images that the page decodes, (N, H, W, C)."""
    write_decoder_page(folder / "decoder.html", live)
    faults = []
    page = open_page(browser, folder / "decoder.html", faults)
    points = [latents.tolist(), [0] * len(latents) if labels is None else labels.tolist()]
    images = page.evaluate("([latents, labels]) => latents.map((z, i) => window.kerasgen.decode(z, labels[i]))", points)
    page.context.close()
    assert not faults
    return np.array(images, "float32").reshape(len(latents), *live["image_shape"])
