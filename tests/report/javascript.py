"""The page's network runtime, run by Node.js."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from kerasgen.report import page

FOLDER = Path(page.__file__).parent / "template"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


def decode(live, latents, labels=None, folder=None):
    """Return the images that the page decodes, (N, H, W, C)."""
    (folder / "live.json").write_text(json.dumps(live))
    points = {"latents": latents.tolist(), "labels": None if labels is None else labels.tolist()}
    (folder / "points.json").write_text(json.dumps(points))
    script = Path(__file__).parent / "decode.mjs"
    files = (FOLDER / "network.js", folder / "live.json", folder / "points.json")
    done = subprocess.run([NODE, script, *files], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout), "float32").reshape(len(latents), *live["image_shape"])
