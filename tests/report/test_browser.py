"""The page in a browser: Chromium, driven by Playwright, without a network."""

import shutil

import numpy as np
import pytest

import kerasgen
from kerasgen.report import write_comparison, write_run_page
from tests.report.conftest import page_run
from tests.report.test_network import TOLERANCE, expected_images

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None
pytestmark = [
    pytest.mark.skipif(sync_playwright is None, reason="Playwright is not installed: pip install playwright"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Return a function that opens a page; the test fails if it has an error or makes a request."""
    faults, contexts = [], []

    def open_page(path, **options):
        context = browser.new_context(offline=True, **({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        local = ("file:", "data:")
        page.on("request", lambda request: faults.append(request.url) if not request.url.startswith(local) else None)
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("footer")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


def pixels(page, selector):
    """Return the values of a canvas, (H, W, 4)."""
    values = page.eval_on_selector(
        selector,
        "canvas => { const {width, height} = canvas; return [height, width, Array.from("
        "canvas.getContext('2d').getImageData(0, 0, width, height).data)]; }",
    )
    return np.array(values[2], "uint8").reshape(values[0], values[1], 4)


def test_the_page_decodes_like_keras_and_the_sliders_move_the_image(visit, vae_run):
    page = visit(vae_run.report_path)
    model = kerasgen.load(vae_run.model_path)
    latents = np.random.default_rng(0).standard_normal((64, 2)).astype("float32")
    images = page.evaluate("latents => latents.map((point) => window.kerasgen.decode(point, 0))", latents.tolist())
    images = np.array(images).reshape(64, 8, 8, 1)
    assert np.abs(images - expected_images(model, latents, None)).max() < TOLERANCE
    page.wait_for_timeout(300)
    before = pixels(page, ".main-image canvas")
    expected = 255 * model.decode(np.zeros((1, 2), "float32"))[0, ..., 0]
    assert np.abs(before[..., 0] - expected).max() <= 3
    page.locator(".axes input").first.focus()
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    assert (pixels(page, ".main-image canvas") != before).any()


def test_a_click_on_a_dot_shows_it_and_a_drag_to_another_interpolates(visit, vae_run):
    page = visit(vae_run.report_path)
    page.wait_for_timeout(300)
    live = page_run(vae_run.report_path)["live"]
    means = kerasgen.load(vae_run.model_path).encode(kerasgen.data.load("digits", image_size=8).test[:])
    pad = page.locator(".pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    places = (means / np.array(live["ranges"]) * [1, -1] + 1) * box["width"] / 2 + [box["x"], box["y"]]
    start, end = places[np.argmin(places[:, 0])], places[np.argmax(places[:, 0])]
    page.mouse.move(*start)
    page.mouse.down()
    assert page.locator(".pair").is_visible()
    assert page.locator(".strip").is_hidden()
    page.mouse.move(*end, steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert page.locator(".strip").is_visible()
    assert "from test image" in page.locator(".strip figcaption").inner_text().lower()
    assert pixels(page, ".strip canvas")[..., 0].std() > 0


def test_the_slider_of_the_epochs_moves_pictures_and_charts(visit, vae_run):
    page = visit(vae_run.report_path)
    image = page.locator("img.samples").nth(1)
    last = image.get_attribute("src")
    page.get_by_label("Epoch", exact=True).focus()
    page.keyboard.press("Home")
    assert image.get_attribute("src") != last
    assert "epoch 0" in image.get_attribute("alt")
    page.get_by_text("Two epochs side by side").click()
    assert page.locator("img.samples").first.is_visible()
    assert page.locator(".chart").count() == 3


def test_points_and_a_game(visit, make_run):
    run = make_run("gan", {"hidden_dim": 4, "latent_dim": 2}, dataset="ring-8", batch_size=50_000)
    page = visit(run.report_path)
    page.wait_for_timeout(400)
    assert "modes found" in page.locator(".status").inner_text()
    before = pixels(page, "canvas.points")
    page.get_by_label("Epoch", exact=True).focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(600)
    assert "Epoch 0" in page.locator(".status").inner_text()
    assert (pixels(page, "canvas.points") != before).any()
    assert "equilibrium" in page.locator(".charts").inner_text()


@pytest.mark.parametrize(
    ("recipe", "options", "settings", "words"),
    [
        ("cvae", {"hidden_dim": 8, "latent_dim": 4}, {"image_size": 8}, "Class"),
        ("cgan", {"hidden_dim": 8, "latent_dim": 4}, {"image_size": 8}, "New directions"),
        ("denoising-autoencoder", {}, {"image_size": 8}, "With noise"),
        ("pix2pix", {"width": 2, "receptive_field": "16"}, {"dataset": "outlines", "image_size": 16}, "Wipe"),
    ],
)
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_other_models_fit_the_width(recipe, options, settings, words, width, visit, other_run):
    run = other_run(recipe, options, settings)
    page = visit(run.report_path, viewport={"width": width, "height": 800}, color_scheme="dark")
    assert words in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(scope="module")
def other_run(make_run):
    """Return a function that trains a recipe for an epoch at its first call."""
    made = {}

    def get(recipe, options, settings):
        if recipe not in made:
            made[recipe] = make_run(recipe, options, **({"epochs": 1} | settings))
        return made[recipe]

    return get


def test_hostile_texts_have_no_effect(visit, vae_run, tmp_path):
    hostile = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
    write_run_page(vae_run, path=tmp_path / "hostile.html", name=hostile)
    page = visit(tmp_path / "hostile.html")
    assert page.locator("h1").inner_text() == hostile
    assert page.locator("img[src=x]").count() == 0


def test_a_comparison_has_a_column_for_each_run(visit, vae_run, make_run, tmp_path):
    other = make_run("vae", {"hidden_dim": 4, "latent_dim": 2}, image_size=8)
    write_comparison(tmp_path / "both.html", [vae_run.directory, other.directory])
    page = visit(tmp_path / "both.html")
    assert page.locator("img.samples").count() == 2
    assert "hidden dim" in page.locator("tr.differs").all_inner_texts()[0]
