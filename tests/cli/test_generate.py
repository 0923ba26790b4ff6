"""`kerasgen generate`."""

import shutil

import numpy as np
import pytest

import kerasgen as library
from tests.cli.conftest import assert_refused, kerasgen, pixels


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-n", "0"], 2, "-n"),
        (["-n", str(10**19)], 2, "from 1 to 100,000"),
        (["-o", "grid.jpg"], 2, "ends in .png"),
        (["-o", "model.keras"], 2, "ends in .png"),
        (["--separate", "mine"], 1, "not an empty folder"),
    ],
)
def test_what_generate_refuses_before_it_loads_a_model(arguments, code, words, here):
    (here / "mine").mkdir()
    (here / "mine" / "photo.png").write_text("")
    (here / "model.keras").write_text("")
    assert_refused(kerasgen("generate", "model.keras", *arguments), code, words)
    assert (here / "mine" / "photo.png").read_text() == (here / "model.keras").read_text() == ""


@pytest.mark.slow
def test_generate_repeats_itself_with_the_same_seed(vae_run, here):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        result = kerasgen("generate", vae_run, "-n", 9, "-o", f"new/{name}.png", "--seed", seed)
        assert result.exit_code == 0
        assert f"{name}.png" in result.stdout
    a, b, c = (pixels(here / "new" / f"{name}.png") for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


@pytest.mark.once
def test_generate_prints_its_seed(vae_run, here):
    output = kerasgen("generate", vae_run, "-n", 4, "-o", "first.png").stdout
    seed = output.split("--seed ")[1].strip()
    kerasgen("generate", vae_run, "-n", 4, "-o", "second.png", "--seed", seed)
    np.testing.assert_array_equal(pixels("first.png"), pixels("second.png"))


@pytest.mark.slow
@pytest.mark.once
def test_the_default_output_is_in_the_folder_of_the_model(gan_run, here):
    model = shutil.copy(gan_run / "model.keras", here)
    assert kerasgen("generate", model).exit_code == 0
    assert pixels(here / "generated.png").ndim == 2


@pytest.mark.once
def test_generate_writes_single_images(gan_run, here):
    result = kerasgen("generate", gan_run / "model.keras", "-n", 3, "--separate", "singles", "--seed", 5)
    assert result.exit_code == 0
    assert sorted(path.name for path in here.rglob("*.png")) == ["0001.png", "0002.png", "0003.png"]
    expected = library.load(gan_run).generate(3, seed=5)[1, ..., 0]
    np.testing.assert_allclose(pixels("singles/0002.png") / 255, expected, atol=0.003)


@pytest.fixture(params=["cgan_run", "cvae_run"])
def run(request):
    """Return the directory of a run of a tiny conditional model, on the digits."""
    return request.getfixturevalue(request.param)


@pytest.mark.slow
def test_a_label_draws_that_class_and_all_a_row_of_each(run, here):
    for name, label in (("one", 7), ("other", 3), ("all", "all")):
        result = kerasgen("generate", run, "--label", label, "-n", 20, "--seed", 1, "-o", f"{name}.png")
        assert result.exit_code == 0, result.output
    one, other, every = (pixels(f"{name}.png") for name in ("one", "other", "all"))
    assert one.shape == other.shape
    assert not np.array_equal(one, other)
    assert every.shape[0] == 10 * 58 + 2  # 8x8 images, enlarged to 56, and the gaps between them
    assert 2 * 58 + 10 < every.shape[1] < 3 * 58  # with the names of the classes


@pytest.mark.slow
@pytest.mark.once
def test_a_class_is_given_by_its_name(here):
    names = ["cat", "dog", "10", "all"]
    options = {"image_size": 8, "hidden_dim": 4, "latent_dim": 2}
    model = library.create("cgan", num_classes=4, class_names=names, **options)
    model.save("model.keras")
    call = ["generate", "model.keras", "-n", 4, "--seed", 1]
    result = kerasgen(*call, "--label", "dog", "-o", "dog.png", "--separate", "dogs")
    assert result.exit_code == 0, result.output
    expected = model.generate(4, seed=1, labels=1)
    np.testing.assert_allclose(pixels("dogs/0002.png") / 255, expected[1, ..., 0], atol=0.003)
    assert_refused(kerasgen(*call, "--label", "1"), 2, "unknown class '1'")
    assert_refused(kerasgen(*call, "--label", "dgo"), 2, "did you mean dog?")
    assert "Rows from the top: cat, dog, 10, all" in kerasgen(*call, "--label", "all").stdout


@pytest.mark.once
@pytest.mark.parametrize("label", ["10", "-1", "cat"])
def test_a_class_that_does_not_exist_is_refused(cvae_run, label):
    assert_refused(kerasgen("generate", cvae_run, "--label", label), 2, f"unknown class {label!r}; ")


@pytest.mark.once
def test_a_model_without_labels_refuses_one(gan_run):
    assert_refused(kerasgen("generate", gan_run, "--label", 1), 2, "trained without labels")


@pytest.mark.slow
@pytest.mark.once
def test_points_are_trained_drawn_and_generated(here):
    options = ["--set", "hidden_dim=4", "--set", "latent_dim=2"]
    result = kerasgen(
        "train", "gan", "--dataset", "ring-8", "--epochs", 1, "--batch-size", 5000, *options, "--out", "run"
    )
    assert result.exit_code == 0, result.output
    assert "100,000 points in 2-D" in result.stdout
    assert (here / "run" / "samples" / "epoch-0001.png").is_file()
    result = kerasgen("generate", "run", "-n", 100, "-o", "points.png")
    assert result.exit_code == 0, result.output
    assert pixels("points.png").shape[0] > 300
    (here / "run" / "recipe.json").rename(here / "recipe.json")
    assert kerasgen("generate", "run", "-n", 100, "--seed", 1, "-o", "alone.png").exit_code == 0
    call = ["generate", "run", "-n", 100, "--seed", 1, "-o", "target.png", "--dataset", "ring-8"]
    assert kerasgen(*call).exit_code == 0
    dark = [(pixels(f"{name}.png")[..., :3].max(axis=2) < 60).sum() for name in ("alone", "target")]
    assert dark[1] > dark[0] + 50  # the data are black
    assert_refused(kerasgen("generate", "run", "--separate", "each"), 2, "--separate")


@pytest.mark.slow
@pytest.mark.once
def test_samplers_of_latents_draw_classes_if_they_know_them(vae_run, here):
    run = shutil.copytree(vae_run, here / "run")
    one = kerasgen("generate", run, "-n", 4, "--sampler", "flow-2", "--label", "7", "--set", "steps=2", "--seed", 1)
    assert one.exit_code == 0, one.output
    every = kerasgen("generate", run, "-n", 20, "--sampler", "flow-2", "--label", "all", "--seed", 1)
    assert "Rows from the top: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in every.output
    assert kerasgen("generate", run, "-n", 4, "--sampler", "flow-2", "--set", "guidance=1").exit_code == 0
    assert kerasgen("generate", run, "-n", 4, "--sampler", "realnvp-2").exit_code == 0
    assert {"flow-2", "realnvp-2-affine"} <= {path.name for path in (run / "samplers").iterdir()}
    (here / "moved").mkdir()
    shutil.copy(run / "model.keras", here / "moved")
    shutil.copytree(run / "samplers", here / "moved" / "samplers")
    for folder in ("run", "moved"):
        made = kerasgen("generate", folder, "-n", 4, "--sampler", "flow-2", "--seed", 1, "-o", f"{folder}.png")
        assert "using mnist-10k" not in made.stderr
    np.testing.assert_array_equal(pixels("run.png"), pixels("moved.png"))
    for arguments, words in (
        (["--sampler", "flow-2", "--label", "11"], "unknown class '11'"),
        (["--sampler", "realnvp-2", "--label", "7"], "this sampler has no classes; leave one of them out"),
        (["--sampler", "realvnp"], "did you mean realnvp?"),
        (["--sampler", "flow-0"], "option training_steps of flow is a whole number of 1 or more"),
        (["--sampler", "realnvp", "--set", "coupling=spilne"], "did you mean spline?"),
    ):
        assert_refused(kerasgen("generate", run, *arguments), 2, words)
