"""Make `report.png`, the picture of the page of a run in the documentation.

    kerasgen train vae --epochs 6 --set latent_dim=2 -o runs/vae-1
    python docs/pictures/make_report.py runs/vae-1/report.html

It needs Playwright and Chromium: `pip install playwright` and `apt-get install chromium`.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

SIZE = {"width": 1180, "height": 940}


def main(page_path: Path, out: Path) -> None:
    """Write the picture: a test image is selected and interpolated to another one."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="dark", offline=True)
        page.goto(page_path.resolve().as_uri())
        page.wait_for_timeout(4000)  # for the decoded map
        box = page.locator(".pad").bounding_box()
        places = page.evaluate("""() => {
            const { live } = JSON.parse(document.getElementById("data").textContent).runs[0];
            const means = floatsOf(live.dots.means), side = document.querySelector(".pad").clientWidth;
            return Array.from({ length: live.dots.count }, (_, i) => [0, 1].map((k) =>
                (1 + (k ? -1 : 1) * means[2 * i + k] / live.ranges[k]) * side / 2));
        }""")
        start, end = min(places), max(places)
        page.mouse.move(box["x"] + start[0], box["y"] + start[1])
        page.mouse.down()
        page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=10)
        page.mouse.up()
        page.wait_for_timeout(4000)
        page.screenshot(path=f"{folder}/page.png")
        browser.close()
        Image.open(f"{folder}/page.png").convert("RGB").quantize(256).save(out, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("report.png"))
