"""`kerasgen compare`: what differs between runs, and what came of it."""

import json
import os
import shutil

import pytest
from PIL import Image

from kerasgen.runs import finished
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen

pytestmark = pytest.mark.once


@pytest.mark.slow
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


@pytest.fixture
def two_runs(vae_run, tmp_path):
    """Return two copies of a run, both called `vae`, in different folders. Scores of other tests are left out."""
    without = shutil.ignore_patterns("metrics.json")
    return [shutil.copytree(vae_run, tmp_path / folder / "vae", ignore=without) for folder in "ab"]


def test_runs_are_told_apart_wherever_they_are_named_from(two_runs, monkeypatch):
    monkeypatch.chdir(two_runs[0])
    assert [run.name for run in finished.read_runs([".", "../../b/vae"])] == [f"a{os.sep}vae", f"b{os.sep}vae"]
    assert [run.name for run in finished.read_runs([".", "."])] == ["vae", "vae"]
    runs = finished.read_runs(two_runs)
    runs[0].record["epochs"] = 7
    _, rows = finished.table(runs)
    assert [row[1:] for row in rows if row[0] == "epochs"] == [("1", "1")]


def test_the_picture_is_of_the_last_epoch(two_runs):
    for epoch in ("9999", "10000"):
        (two_runs[0] / "samples" / f"epoch-{epoch}.png").touch()
    assert finished.FinishedRun(two_runs[0], "a").picture.name == "epoch-10000.png"


@pytest.mark.slow
def test_figures_of_other_weights_or_other_data_are_left_out(two_runs, tmp_path):
    measured = kerasgen("evaluate", two_runs[0], "--metrics", "likelihood", "--samples", 20, "--likelihood-samples", 2)
    assert measured.exit_code == 0, measured.output
    path = two_runs[0] / "metrics.json"
    record = json.loads(path.read_text())

    def compared(**changes):
        path.write_text(json.dumps(record | changes))
        result = kerasgen("compare", *two_runs, "-o", tmp_path / "both.png")
        assert result.exit_code == 0, result.output
        return "ELBO" in result.stdout, result.stderr

    assert compared() == (True, "")
    assert compared(checksum=None) == (True, "")  # of a version that did not write it
    shown, says = compared(dataset="other", fingerprint="0")
    assert (shown, says.count("\n"), "on other, other data" in says) == (False, 1, True)
    shown, says = compared(checksum="kerasgen sha256:0")
    assert (shown, says.count("\n"), "other weights than those in model.keras" in says) == (False, 1, True)
    figures = [{"name": "ELBO", "value": None}, {"name": "reverse KL", "value": float("inf")}]
    assert compared(scores=figures) == (False, "")
    assert kerasgen("resume", two_runs[0], "--epochs", 2).exit_code == 0
    assert "other weights" in compared()[1]


def test_what_cannot_be_compared(vae_run, tmp_path):
    assert_refused(kerasgen("compare", vae_run), 2, "give two or more")
    assert_refused(kerasgen("compare", vae_run, tmp_path), 1, "is not a run")
    (tmp_path / "recipe.json").write_text("{}")
    assert_refused(kerasgen("compare", vae_run, tmp_path), 1, "no finished epoch")
    (tmp_path / "history.csv").write_text("epoch,loss\n1,x\n")
    assert_refused(kerasgen("compare", vae_run, tmp_path), 1, "cannot read")


def test_a_picture_that_cannot_be_read_is_named(two_runs, tmp_path):
    (two_runs[0] / "samples" / "epoch-9999.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0")
    result = kerasgen("compare", *two_runs, "-o", tmp_path / "both.png")
    assert result.exit_code == 0
    assert "epoch-9999.png: cannot identify image file; its samples are left out" in result.stderr
    result = kerasgen("animate", two_runs[0])
    assert_refused(result, 1, "epoch-9999.png: cannot identify image file")
