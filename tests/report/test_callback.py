"""The page of a run that trains."""

import numpy as np
import pytest

import kerasgen
from kerasgen.report import ReportPage
from kerasgen.runs import Run
from tests.report.conftest import TINY, page_run


@pytest.mark.slow
@pytest.mark.once
def test_training_writes_a_page_of_the_last_epoch(vae_run):
    run = page_run(vae_run.report_path)
    assert run["epochs"] == 2
    assert run["samples"]["epochs"] == [0, 1, 2]
    assert run["live"]["latent_dim"] == 2
    assert run["live"]["dots"]["count"] == 180
    assert vae_run.report_path.stat().st_size < 500_000


@pytest.mark.slow
@pytest.mark.once
def test_points_of_the_epochs_are_kept_for_the_page(points_run):
    # The epochs are so short that there is no time for the points of the first one
    assert {path.name for path in points_run.samples.glob("*.json")} >= {"epoch-0000.json", "epoch-0002.json"}
    shown = page_run(points_run.report_path)
    assert {0, 2} <= {each["epoch"] for each in shown["points"]["epochs"]}
    assert shown["points"]["field_name"] == "D(x)"
    assert len(shown["points"]["modes"]) == 8
    assert shown["samples"] is None


@pytest.mark.once
def test_pages_are_left_out_while_they_would_take_too_much_of_the_time(vae_run):
    page = ReportPage(vae_run, dataset=None)
    page.set_params({"epochs": 5})
    page.set_model(kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2))
    page.on_train_begin()
    written = []
    page._write = lambda: written.append(page._epoch)
    page.on_epoch_end(0)
    assert written == [1]
    page._page._took = 1e6
    page.on_epoch_end(1)
    assert written == [1]
    page.on_epoch_end(4)
    page.on_train_end()
    assert written == [1, 5]


@pytest.mark.once
def test_a_page_that_cannot_be_written_does_not_end_the_training(tmp_path):
    lines = []
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    page = ReportPage(Run(tmp_path / "nowhere"), dataset=None, report=lines.append)
    model.fit(np.zeros((4, 8, 8, 1), "float32"), epochs=3, verbose=0, callbacks=[page])
    assert len(lines) == 1
    assert "no page of the run was written: " in lines[0]


@pytest.mark.slow
def test_the_page_does_not_change_the_training(make_run, vae_run, tmp_path):
    from kerasgen import runs

    resolved = runs.resolve("vae", {"hidden_dim": 8, "latent_dim": 2}, image_size=8, **TINY)
    plain = runs.train(resolved, out=tmp_path / "plain", progress=False)
    assert not plain.report_path.exists()
    for a, b in zip(kerasgen.load(plain.model_path).get_weights(), kerasgen.load(vae_run.model_path).get_weights()):
        np.testing.assert_array_equal(a, b)
