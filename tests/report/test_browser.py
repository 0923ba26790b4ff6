"""The page in a browser: Chromium, driven by Playwright, without a network."""

import base64
import io
import shutil

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen import zoo
from kerasgen.report import write_comparison, write_run_page
from kerasgen.report.live import read_decoder
from kerasgen.runs import Run
from tests.report.chromium import needs_chromium, write_decoder_page
from tests.report.conftest import page_run
from tests.report.test_network import TOLERANCE, expected_images, has_image_decoder

pytestmark = [needs_chromium, pytest.mark.slow, pytest.mark.once]


def pixels(page, selector):
    """Return the values of a canvas, (H, W, 4)."""
    source = page.eval_on_selector(selector, "canvas => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGBA"))


def settle(page, milliseconds):
    """Wait for an animation of this length, and then until two frames are drawn, however slow the machine is."""
    page.wait_for_timeout(milliseconds)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_the_page_decodes_like_keras_and_the_sliders_move_the_image(visit, vae_run):
    page = visit(vae_run.report_path)
    model = kerasgen.load(vae_run.model_path)
    latents = np.random.default_rng(0).standard_normal((64, 2)).astype("float32")
    images = page.evaluate("latents => latents.map((point) => window.kerasgen.decode(point, 0))", latents.tolist())
    images = np.array(images).reshape(64, 8, 8, 1)
    assert np.abs(images - expected_images(model, latents, None)).max() < TOLERANCE
    settle(page, 300)
    before = pixels(page, ".main-image canvas")
    expected = 255 * model.decode(np.zeros((1, 2), "float32"))[0, ..., 0]
    assert np.abs(before[..., 0] - expected).max() <= 3
    page.locator(".axes input").first.focus()
    page.keyboard.press("End")
    settle(page, 300)
    assert (pixels(page, ".main-image canvas") != before).any()


@pytest.mark.once
def test_a_click_on_a_dot_shows_it_and_a_drag_to_another_interpolates(visit, vae_run):
    page = visit(vae_run.report_path)
    settle(page, 300)
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
    settle(page, 300)
    assert page.locator(".strip").is_visible()
    assert "from test image" in page.locator(".strip figcaption").inner_text().lower()
    assert pixels(page, ".strip canvas")[..., 0].std() > 0


@pytest.mark.once
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


@pytest.mark.once
def test_points_and_a_game(visit, points_run):
    page = visit(points_run.report_path)
    settle(page, 400)
    assert "modes found" in page.locator(".status").inner_text()
    before = pixels(page, "canvas.points")
    page.get_by_label("Epoch", exact=True).focus()
    page.keyboard.press("Home")
    settle(page, 600)
    assert "Epoch 0" in page.locator(".status").inner_text()
    assert (pixels(page, "canvas.points") != before).any()
    assert "equilibrium" in page.locator(".charts").inner_text()


@pytest.mark.once
@pytest.mark.parametrize(
    ("recipe", "options", "settings", "words"),
    [
        ("flow", {"width": 4}, {"image_size": 8}, "From noise to data"),
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


@pytest.mark.once
def test_hostile_texts_have_no_effect(visit, vae_run, tmp_path):
    hostile = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
    write_run_page(vae_run, path=tmp_path / "hostile.html", name=hostile)
    page = visit(tmp_path / "hostile.html")
    assert page.locator("h1").inner_text() == hostile
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.once
def test_hostile_values_of_a_run_directory_have_no_effect(visit, vae_run, tmp_path):
    hostile = "</script><svg onload=alert(1)>\u2028{{script}}"
    shutil.copytree(vae_run.directory, tmp_path / "run")
    run = Run(tmp_path / "run")
    record = run.read_recipe()
    changes = {"class_names": [hostile] * 10, "dataset": hostile, "recipe": hostile, "options": {hostile: hostile}}
    run.write_recipe(record | changes)
    run.history_path.write_text("epoch,seconds,__proto__,constructor,loss\n1,inf,1,1,nan\n2,1,1,1,-inf\n")
    (run.samples / "epoch-<svg onload=alert(1)>.png").write_bytes(b"")
    write_run_page(run, kerasgen.load(vae_run.model_path), kerasgen.data.load("digits", image_size=8))
    page = visit(run.report_path)
    assert page.locator("svg").count() == 0
    assert hostile in page.locator("td").all_text_contents()


UNNAMED = """() => [...document.querySelectorAll("input, select, button, img, canvas")].filter((node) => {
    if (node.matches("button img, .drawing canvas")) return false;  // the element around it has the name
    const labels = [...(node.labels || [])].map((label) => label.textContent).join("");
    return !(node.getAttribute("aria-label") || labels || node.alt || node.textContent.trim());
}).map((node) => node.outerHTML.slice(0, 200))"""


@pytest.mark.once
@pytest.mark.parametrize("name", ["vae_run", "points_run"])
def test_every_control_and_picture_has_a_name_and_a_printed_page_has_no_controls(name, visit, request):
    page = visit(request.getfixturevalue(name).report_path)
    assert page.evaluate(UNNAMED) == []
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})
    assert page.locator("button:visible, input:visible, select:visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    assert page.evaluate("[...document.querySelectorAll('code')].every((code) => code.scrollWidth <= code.clientWidth)")


@pytest.mark.once
def test_the_arrow_keys_move_the_point_of_the_pad(visit, vae_run):
    page = visit(vae_run.report_path)
    page.locator(".pad").focus()
    for key in ("ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    values = [float(value) for value in page.locator(".axes output").all_inner_texts()]
    assert min(values) > 0


@pytest.mark.once
def test_a_comparison_has_a_column_for_each_run(visit, vae_run, make_run, tmp_path):
    other = make_run("vae", {"hidden_dim": 4, "latent_dim": 2}, image_size=8)
    write_comparison(tmp_path / "both.html", [vae_run.directory, other.directory])
    page = visit(tmp_path / "both.html")
    assert page.locator("img.samples").count() == 2
    assert "hidden dim" in page.locator("tr.differs").all_inner_texts()[0]


# A page may take this much of the main thread for a frame: 60 frames a second, and 15 with convolutions
FRAME = {"dense": 1000 / 60, "convolutions": 1000 / 15}


@pytest.mark.once
@pytest.mark.parametrize("name", zoo.own())
def test_a_drag_on_the_pad_is_smooth(name, visit, tmp_path):
    model = kerasgen.create(name)
    if not has_image_decoder(model):
        pytest.skip(f"{name} has no decoder of images from latent vectors")
    live, reason = read_decoder(model, kerasgen.data.load())
    if live is None:
        pytest.skip(reason)
    write_decoder_page(tmp_path / "page.html", live)
    page = visit(tmp_path / "page.html")
    kind = "convolutions" if any("convolve" in each["op"] for each in live["network"]["operations"]) else "dense"
    assert milliseconds_of_a_frame(page) < FRAME[kind]


def milliseconds_of_a_frame(page, frames=40):
    """Return the time of the main thread for a frame of a drag on the pad: events, decoding, drawing and painting."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds():
        return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}[
            "TaskDuration"
        ]

    drag = """frames => new Promise((done) => {
        const pad = document.querySelector(".pad"), {left, top} = pad.getBoundingClientRect();
        pad.setPointerCapture = () => {};
        const send = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, {clientX: left + x, clientY: top + y}));
        send("pointerdown", 2, 2);
        let k = 0;
        const step = () => {
            send("pointermove", 150 + 140 * Math.sin(k / 9), 150 + 140 * Math.cos(k / 7));
            if (++k < frames) return requestAnimationFrame(step);
            send("pointerup", 2, 2);
            done();
        };
        step();
    })"""
    page.evaluate(drag, 5)  # compiles the functions
    before = seconds()
    page.evaluate(drag, frames)
    return 1000 * (seconds() - before) / frames
