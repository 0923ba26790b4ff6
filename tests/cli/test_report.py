"""`kerasgen report`: pages of runs, a gallery, and a comparison as a page."""

import json
import shutil

import pytest

from kerasgen.cli import report
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen
from tests.report.conftest import page_data, page_run

pytestmark = pytest.mark.once


def test_a_run_of_before_gets_a_page(vae_run, tmp_path):
    shutil.copytree(vae_run, tmp_path / "old")
    (tmp_path / "old" / "report.html").unlink()
    result = kerasgen("report", tmp_path / "old", "--no-open")
    assert result.exit_code == 0, result.output
    assert "report.html: " in result.output
    run = page_run(tmp_path / "old" / "report.html")
    assert run["live"]["encodes"]


@pytest.mark.slow
def test_no_page_in_training_if_it_is_not_wanted(tmp_path):
    assert kerasgen(*TINY_VAE, "-o", tmp_path / "run", "--no-report").exit_code == 0
    assert not (tmp_path / "run" / "report.html").exists()


def test_a_gallery_links_to_a_page_for_each_run(vae_run, gan_run, tmp_path):
    result = kerasgen("report", vae_run, gan_run, "-o", tmp_path / "site", "--no-open")
    assert result.exit_code == 0, result.output
    links = [card["link"] for card in page_data(tmp_path / "site" / "index.html")["links"]]
    assert links == ["vae.html", "gan.html"]
    assert page_run(tmp_path / "site" / "gan.html")["live"]["encodes"] is False


def test_the_page_is_opened_in_a_browser_where_there_is_a_display(vae_run, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(report.webbrowser, "open", opened.append)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(report, "has_display", lambda: True)
    kerasgen("report", vae_run, "-o", tmp_path / "site")
    assert opened == [(tmp_path / "site" / "index.html").as_uri()]


def test_no_browser_over_ssh(monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not report.has_display()


def test_a_run_without_its_model_or_data_has_a_page_of_its_files(vae_run, tmp_path):
    shutil.copytree(vae_run, tmp_path / "run")
    (tmp_path / "run" / "model.keras").write_bytes(b"no model")
    result = kerasgen("report", tmp_path / "run", "--no-open")
    assert result.exit_code == 0, result.output
    assert "the page has no model: " in result.stderr
    assert "live" not in page_run(tmp_path / "run" / "report.html")


def test_data_that_are_gone_leave_the_decoder(vae_run, tmp_path):
    shutil.copytree(vae_run, tmp_path / "run")
    path = tmp_path / "run" / "recipe.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dataset": str(tmp_path / "gone")}))
    result = kerasgen("report", tmp_path / "run", "--no-open")
    assert result.exit_code == 0, result.output
    assert "the page has no test images: " in result.stderr
    live = page_run(tmp_path / "run" / "report.html")["live"]
    assert "dots" not in live


def test_what_is_no_run_is_refused_in_one_line(tmp_path):
    assert_refused(kerasgen("report", tmp_path), 1, "is not a run")
    (tmp_path / "recipe.json").write_text("{")
    assert_refused(kerasgen("report", tmp_path, "--no-open"), 1, "recipe.json")


def test_a_comparison_as_a_page(vae_run, gan_run, tmp_path):
    result = kerasgen("compare", vae_run, gan_run, "--html", tmp_path / "both.html")
    assert result.exit_code == 0, result.output
    assert [run["name"] for run in page_data(tmp_path / "both.html")["runs"]] == ["vae", "gan"]
    assert_refused(kerasgen("compare", vae_run, gan_run, "--html", tmp_path / "both.png"), 2, "ends in .html")
    both = ("--html", tmp_path / "b.html", "-o", tmp_path / "b.png")
    assert_refused(kerasgen("compare", vae_run, gan_run, *both), 2, "give one of them")
