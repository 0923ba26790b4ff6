"""What strangers do: own folders, odd names, places that cannot be written, Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import assert_refused, kerasgen

pytestmark = pytest.mark.once

FOLDER = "Meine Fotos ä"


@pytest.fixture
def photos(here):
    """Return the name of a folder with 16 small photographs in two classes, all with odd names."""
    for number in range(16):
        path = here / FOLDER / ("Katzen 猫" if number % 2 else "Hunde") / f"bild {number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (20, 24, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    return FOLDER


@pytest.mark.slow
def test_spaces_and_other_letters_in_every_name(photos, here):
    out = "mein lauf ü"
    settings = ["--image-size", 8, "--epochs", 1, "--set", "hidden_dim=8", "--set", "latent_dim=2"]
    result = kerasgen("train", "cvae", "--dataset", photos, *settings, "-o", out)
    assert result.exit_code == 0, result.output
    assert f"kerasgen generate '{out}' --label all" in result.stdout
    result = kerasgen("generate", out, "--label", "Katzen 猫", "-n", 2, "-o", "ein ordner/bild ü.png")
    assert result.exit_code == 0, result.output
    assert (here / "ein ordner" / "bild ü.png").is_file()
    assert_refused(kerasgen("generate", out, "--label", "katzen"), 2, "did you mean Katzen 猫?")
    again = kerasgen("train", "cvae", "--dataset", "digits", *settings, "-o", out)
    assert_refused(again, 1, f"{out} exists already, with other settings")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "pix2pix", "--dataset", FOLDER], 1, "looks like one photograph"),
        (["train", "cyclegan", "--dataset", FOLDER], 1, "expected images in the subfolders trainA"),
        (["train", FOLDER], 2, "unknown recipe"),
        (["generate", FOLDER], 1, "is a directory without a model.keras"),
        (["resume", FOLDER], 1, "is not a run"),
        (["animate", FOLDER], 1, "is not a run"),
        (["compare", FOLDER, FOLDER], 1, "is not a run"),
        (["evaluate", "--real", "digits", "--fake", FOLDER], 2, "give --image-size"),
        (["show", "ring-8"], 2, "unknown recipe 'ring-8'"),
        (["train", "vae", "gan"], 2, "unexpected extra argument (gan)"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_answered_in_one_line(arguments, code, words, photos, here):
    before = sorted(here.rglob("*"))
    assert_refused(kerasgen(*arguments), code, words)
    assert sorted(here.rglob("*")) == before


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder in which nobody can write")
def test_a_folder_that_cannot_be_written(monkeypatch):
    monkeypatch.chdir("/proc")
    assert_refused(kerasgen("train", "vae", "--dataset", "digits"), 1, "cannot make a run in runs/vae-1")


def test_ctrl_c_ends_a_command_with_one_line(vae_run, here):
    shutil.copytree(vae_run, here / "run")
    command = [sys.executable, "-m", "kerasgen", "evaluate", "run", "--likelihood-samples", "1000000"]
    # A shell starts its background jobs with this signal ignored.
    hear = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear)
    time.sleep(3.0)  # while packages are imported, or later; earlier, Python itself may still be starting
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, output) == (130, "")
    assert errors.splitlines()[-1] == "Error: interrupted"
    assert "Traceback" not in errors
