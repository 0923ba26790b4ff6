"""`kerasgen compare`: what differs between runs, and what came of it."""

import pytest
from PIL import Image

from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen

pytestmark = pytest.mark.once


def test_the_table_holds_what_differs_and_what_came_of_it(vae_run, tmp_path):
    other = tmp_path / "other"
    assert kerasgen(*TINY_VAE, "--set", "beta=2", "--out", other).exit_code == 0
    result = kerasgen("compare", vae_run, other, "-o", tmp_path / "both.png")
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line.split()[1:] for line in result.output.splitlines() if line.strip()}
    assert rows["beta"] == ["1.0", "2.0"]
    assert "latent_dim" not in rows
    assert len(rows["loss"]) == len(rows["seconds"]) == len(rows["parameters"]) == 2
    with Image.open(tmp_path / "both.png") as image:
        assert len(image.convert("L").getcolors(256)) > 50


def test_what_cannot_be_compared(vae_run, tmp_path):
    assert_refused(kerasgen("compare", vae_run), 2, "give two or more")
    assert_refused(kerasgen("compare", vae_run, tmp_path), 1, "is not a run")
    (tmp_path / "recipe.json").write_text("{}")
    assert_refused(kerasgen("compare", vae_run, tmp_path), 1, "no finished epoch")
    (tmp_path / "history.csv").write_text("epoch,loss\n1,x\n")
    assert_refused(kerasgen("compare", vae_run, tmp_path), 1, "cannot read")
