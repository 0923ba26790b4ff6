"""The content of pages, also of run directories from a stranger."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.errors import KerasgenError, RunError
from kerasgen.report import write_comparison, write_gallery, write_run_page
from kerasgen.report.encoding import to_json
from kerasgen.report.run_page import file_name_of
from kerasgen.report.samples import POINTS, read_denoising, read_points, read_trajectory, write_points
from kerasgen.report.sources import MAX_EPOCHS, MAX_ROWS, read_run, select_epochs
from kerasgen.runs import Run
from tests.report.conftest import page_data, page_run

pytestmark = pytest.mark.once


@pytest.fixture
def copied(vae_run, tmp_path):
    """Return a copy of a run that a test may change."""
    shutil.copytree(vae_run.directory, tmp_path / "vae")
    return Run(tmp_path / "vae")


def change_record(run, **values):
    run.write_recipe(run.read_recipe() | values)


@pytest.mark.slow
def test_settings_data_and_versions(vae_run):
    run = read_run(vae_run)
    facts = {name: dict(rows) for name, rows in run["facts"].items()}
    assert facts["Settings"]["hidden_dim"] == "8"
    assert len(facts["Data"]["fingerprint"]) == 16
    assert facts["Training"]["kerasgen"] == kerasgen.__version__
    assert facts["Training"]["parameters"] == "1,300"


def test_the_command_that_trains_the_same_again(vae_run):
    commands = dict(read_run(vae_run)["commands"])
    backend = vae_run.read_recipe()["backend"]
    assert commands["Train the same again"] == (
        "kerasgen train vae --dataset digits --image-size 8 --epochs 2 --batch-size 400 --set hidden_dim=8 "
        f"--set latent_dim=2 --backend {backend}"
    )
    assert commands["Generate samples"] == f"kerasgen generate {vae_run.directory}"


def test_charts_join_training_and_validation_and_know_the_equilibrium(copied):
    copied.history_path.write_text("epoch,seconds,value,discriminator_loss,val_value\n1,1,-1.0,1.0,-1.1\n")
    charts = {each["key"]: each["equilibrium"] for each in read_run(copied)["charts"]}
    assert charts == {"discriminator_loss": None, "value": pytest.approx(-2 * np.log(2))}


def test_numbers_that_are_none_leave_gaps(copied):
    copied.history_path.write_text("epoch,seconds,loss\n1,1,nan\n2,2,inf\n3,3,\n4,4,1.5\n")
    write_run_page(copied)
    assert page_run(copied.report_path)["history"]["loss"] == [None, None, None, 1.5]


@pytest.mark.once
def test_of_many_rows_some_are_in_the_page_with_the_first_and_the_last(copied):
    rows = "".join(f"{epoch},1,0.5\n" for epoch in range(1, 100_001))
    copied.history_path.write_text("epoch,seconds,loss\n" + rows)
    run = read_run(copied)
    assert len(run["history"]["epoch"]) == len(run["history"]["loss"]) == MAX_ROWS
    assert (run["history"]["epoch"][0], run["history"]["epoch"][-1], run["epochs"]) == (1, 100_000, 100_000)


def test_of_many_epochs_some_are_shown_with_the_first_and_the_last():
    chosen = select_epochs([*range(1000)], MAX_EPOCHS)
    assert len(chosen) == MAX_EPOCHS
    assert (chosen[0], chosen[-1]) == (0, 999)
    assert select_epochs([3, 7], 1) == [7]


def test_a_damaged_picture_is_left_out(copied):
    (copied.samples / "epoch-0001.png").write_bytes(b"no picture")
    assert read_run(copied)["samples"]["epochs"] == [0, 2]


def test_a_huge_picture_is_left_out_and_a_large_one_is_made_smaller(copied):
    Image.new("L", (6000, 6000)).save(copied.samples / "epoch-0003.png")
    Image.new("L", (3000, 10)).save(copied.directory / "neighbors.png")
    run = read_run(copied)
    assert run["samples"]["epochs"] == [0, 1, 2]
    assert run["neighbors"].startswith("data:image/png")


def test_links_are_not_followed(copied, tmp_path):
    (tmp_path / "secret.png").write_bytes((copied.samples / "epoch-0001.png").read_bytes())
    (copied.samples / "epoch-0003.png").symlink_to(tmp_path / "secret.png")
    assert read_run(copied)["samples"]["epochs"] == [0, 1, 2]
    copied.history_path.unlink()
    copied.history_path.symlink_to(tmp_path / "secret.png")
    with pytest.raises(RunError, match="symbolic link"):
        Run.open(copied.directory)


def test_names_with_markup_stay_texts(copied):
    hostile = "</script><img src=x onerror=alert(1)>"
    change_record(copied, dataset=hostile, class_names=[hostile], versions={hostile: hostile}, fingerprint=hostile)
    copied.history_path.write_text(f"epoch,{hostile.replace('=', '')}\n1,2\n")
    write_run_page(copied, name=hostile)
    text = copied.report_path.read_text()
    assert "<img" not in text
    run = page_run(copied.report_path)
    assert run["name"] == hostile
    assert "'</script><img src=x onerror=alert(1)>'" in dict(run["commands"])["Train the same again"]


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("recipe.json", "{", "not valid JSON"),
        ("recipe.json", '{"versions": 3}', "versions is 3"),
        ("recipe.json", "[" * 10_000, "nested too deep"),
        ("history.csv", "epoch,loss\n1,x\n", "not a number"),
        ("history.csv", "", "no finished epoch"),
        ("metrics.json", '{"figures": [{"name": "fid"}]}', "no scores"),
        ("metrics.json", '{"figures": 3}', "run kerasgen evaluate again"),
    ],
)
def test_a_damaged_file_gives_one_clear_line(file, content, words, copied):
    (copied.directory / file).write_text(content)
    with pytest.raises(KerasgenError, match=words) as error:
        write_run_page(copied)
    assert "\n" not in str(error.value)


def test_the_scores_of_the_weights_and_not_of_others(copied):
    figures = [{"name": "fid <b>", "value": 3.5, "spread": "wide", "estimator": None}, {"name": "none", "value": None}]
    (copied.directory / "metrics.json").write_text(json.dumps({"figures": figures}))
    assert read_run(copied)["scores"] == [{"name": "fid <b>", "value": 3.5, "spread": None, "estimator": ""}]
    (copied.directory / "metrics.json").write_text(json.dumps({"figures": figures, "checksum": "0" * 64}))
    run = read_run(copied)
    assert run["scores"] == []
    assert "other weights" in run["scores_note"]


def test_runs_side_by_side(vae_run, copied, tmp_path):
    write_comparison(tmp_path / "both.html", [vae_run.directory, copied.directory])
    data = page_data(tmp_path / "both.html")
    assert len({run["name"] for run in data["runs"]}) == 2


def test_a_gallery_has_a_card_for_each_run(copied, tmp_path):
    page = write_run_page(copied, path=tmp_path / "vae.html") | {"link": "vae.html"}
    index = write_gallery(tmp_path, [page])
    (card,) = page_data(index)["links"]
    assert card["link"] == "vae.html"
    assert card["picture"].startswith("data:image/")


def test_file_names_of_pages_are_harmless_and_differ():
    assert file_name_of("../../etc/passwd", []) == "etc-passwd.html"
    assert file_name_of("index", []) == "index-run.html"
    assert file_name_of("<b>", ["b.html"]) == "b-2.html"
    assert file_name_of("\u4e2d", []) == "run.html"


# -- points


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_points_of_any_dimension(dimensions, tmp_path):
    data = np.random.default_rng(0).standard_normal((50, dimensions)).astype("float32")
    model = kerasgen.zoo.get("gan").create((dimensions,), hidden_dim=4, latent_dim=2)
    write_points(tmp_path / "epoch-0001.json", model, data)
    points = read_points(tmp_path, data)
    assert points["dimensions"] == min(2, dimensions)
    assert (points["epochs"][0]["field"] is None) == (dimensions == 3)


@pytest.mark.parametrize(
    "content",
    [
        *({}, {"points": 3}, {"points": [[1.0]]}, {"points": [["</script>", 0]]}, {"points": [[float("nan"), 0]]}),
        *({"points": [[0, 0]] * (POINTS + 1)}, {"points": [[0, 0]], "field": [0.5]}),
    ],
)
def test_damaged_points_give_one_clear_line(content, tmp_path):
    (tmp_path / "epoch-0001.json").write_text(json.dumps(content))
    with pytest.raises(RunError, match=r"epoch-0001\.json"):
        read_points(tmp_path, np.zeros((4, 2)))


@pytest.mark.parametrize("shape", [(2,), (8, 8, 1)])
def test_the_trajectory_of_a_flow(shape):
    options = {"hidden_dim": 4, "depth": 1} if shape == (2,) else {"width": 4}
    model = kerasgen.zoo.get("flow").create(shape, **options)
    shown = read_trajectory(model, kerasgen.data.load("ring-8") if shape == (2,) else None)
    assert len(shown["times"]) == len(shown["points" if shape == (2,) else "pictures"])
    assert shown["times"][0] == 1.0
    assert len(to_json(shown)) < 200_000


@pytest.mark.parametrize("name", ["denoising-autoencoder", "denoising-unet", "flow"])
def test_denoising_at_several_strengths(name):
    model = kerasgen.create(name, **(kerasgen.zoo.get(name).tiny | {"image_size": 8}))
    shown = read_denoising(model, kerasgen.data.load("digits", image_size=8))
    assert shown["is_absolute"] == (name != "denoising-autoencoder")
    assert len({step["noisy"] for step in shown["steps"]}) == len(shown["steps"])
    assert all(step["denoised"].startswith("data:image/") for step in shown["steps"])
