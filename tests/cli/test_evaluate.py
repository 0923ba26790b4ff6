"""`kerasgen evaluate`: each kind of model has its figures, the same again for the same seed."""

import json
import re
import sys
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

from kerasgen import create as kerasgen_create
from kerasgen import data, evaluation, zoo
from kerasgen.errors import UsageError
from kerasgen.evaluation.classifier_cache import _IN_ZOO, _VERSION
from kerasgen.samplers.latent_mixture import LatentMixture
from tests.cli.conftest import TINY, assert_refused, kerasgen

pytestmark = pytest.mark.once

FIGURES = {
    "vae": {"ELBO", "log-likelihood", "active units", "classifier Frechet distance", "precision", "coverage"},
    "autoencoder": {"MSE", "PSNR", "SSIM"},
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.slow
@pytest.mark.parametrize("recipe", FIGURES)
def test_each_kind_of_model_has_its_figures(recipe, cache, vae_run, tmp_path):
    run = vae_run
    if recipe != "vae":
        run = tmp_path / "run"
        kerasgen("train", recipe, *TINY, "--out", run, "--set", "hidden_dim=16", "--set", "latent_dim=3")
    options = ["--samples", "60", "--likelihood-samples", "3"]
    first = kerasgen("evaluate", run, *options)
    assert first.exit_code == 0, first.output
    written = json.loads((run / "metrics.json").read_text())
    values = {figure["name"]: figure["value"] for figure in written["scores"]}
    assert FIGURES[recipe] <= set(values)
    assert "FID" not in values
    assert all(name in first.output for name in values)
    kept = list(cache.rglob("classifier-*.keras"))
    assert len(kept) == (recipe == "vae")
    if recipe == "vae":
        assert values["ELBO"] <= values["log-likelihood"] + 1
        kerasgen("evaluate", run, *options)  # with the classifier that was kept
        assert json.loads((run / "metrics.json").read_text()) == written
    else:
        result = kerasgen("evaluate", run, "--sampler", "gmm", "--samples", "60")
        assert "classifier Frechet distance" in result.output
        for name, sampler in (("a.png", "gmm"), ("b.png", "gmm-20"), ("c.png", "gmm-2")):
            made = kerasgen("generate", run, "--sampler", sampler, "--seed", "1", "-n", "4", "-o", tmp_path / name)
            assert made.exit_code == 0, made.output
        pictures = [(tmp_path / f"{name}.png").read_bytes() for name in "abc"]
        assert pictures[0] == pictures[1]  # 20 Gaussians are the default
        assert pictures[0] != pictures[2]


@pytest.mark.slow
def test_only_the_figures_that_are_asked_for_are_computed(kept, vae_run, gan_run, tmp_path):
    before = sorted(kept.rglob("*.keras"))
    options = ["--samples", 40, "--likelihood-samples", 2, "-o", tmp_path / "metrics.json"]
    found = kerasgen("evaluate", vae_run, "--metrics", "likelihood", *options)
    assert found.exit_code == 0, found.output
    assert set(figures_in(tmp_path / "metrics.json")) == {"ELBO", "KL divergence", "log-likelihood", "active units"}
    assert sorted(kept.rglob("*.keras")) == before
    found = kerasgen("evaluate", vae_run, "--metrics", " classifier , likelihood", *options)
    assert {"ELBO", "classifier Frechet distance"} <= set(figures_in(tmp_path / "metrics.json"))
    for model, names, words in (
        (gan_run, "likelihood", "likelihood does not apply to GAN on digits; available: classifier, fid"),
        (vae_run, "likelihood,modes", "modes does not apply to VAE on digits; available: likelihood, classifier, fid"),
        (vae_run, "clasifier", "unknown group of scores 'clasifier'; did you mean classifier?"),
        (vae_run, "", "unknown group of scores ''; known: "),
    ):
        assert_refused(kerasgen("evaluate", model, "--metrics", names), 2, words)
    sampled = kerasgen("evaluate", vae_run, "--sampler", "gmm", "--metrics", "likelihood")
    assert_refused(sampled, 2, "likelihood does not apply to LatentMixture on digits; available: classifier, fid")


def test_points_and_translations_have_one_group_each(tmp_path):
    zoo.get("gan").create((2,), hidden_dim=4, latent_dim=2).save(tmp_path / "points.keras")
    kerasgen_create("pix2pix", image_size=8, channels=3, width=2, receptive_field="1").save(tmp_path / "pairs.keras")
    for name, group, dataset, expected in (
        ("points", "modes", "ring-8", {"modes", "high quality", "reverse KL"}),
        ("pairs", "similarity", "outlines", {"MSE", "PSNR", "SSIM"}),
    ):
        call = ["evaluate", tmp_path / f"{name}.keras", "--dataset", dataset, "--samples", 20]
        for options in ([], ["--metrics", group]):
            result = kerasgen(*call, *options)
            assert result.exit_code == 0, result.output
            assert set(figures_in(tmp_path / "metrics.json")) == expected
        assert_refused(kerasgen(*call, "--metrics", f"{group},fid"), 2, f"available: {group}")


def test_fid_without_torch_fidelity_says_what_to_install(gan_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    refused = kerasgen("evaluate", gan_run, "--metrics", "fid,classifier")
    assert_refused(refused, 1, "pip install torch-fidelity")
    assert "FID needs torch-fidelity" in refused.stderr


def test_a_mixture_of_latents_is_only_for_models_that_encode(gan_run, vae_run):
    assert_refused(kerasgen("generate", gan_run, "--sampler", "gmm"), 2, "cannot encode")
    assert_refused(kerasgen("generate", vae_run, "--sampler", "gmm", "--label", "3"), 2, "leave one of them out")
    for suffix in ("0", "", "x"):
        words = f"option components of gmm is a whole number of 1 or more, such as 20; received {suffix!r}"
        assert_refused(kerasgen("generate", vae_run, "--sampler", f"gmm-{suffix}"), 2, words)
    assert_refused(kerasgen("generate", vae_run, "--sampler", f"gmm-{'9' * 9}"), 2, "is at most")
    assert_refused(kerasgen("generate", vae_run, "--sampler", "priors"), 2, "did you mean prior?")


def test_a_mixture_of_latents_looks_like_the_latents():
    model = kerasgen_create("autoencoder", image_size=8, hidden_dim=8, latent_dim=2)
    images = np.random.default_rng(0).random((300, 8, 8, 1), dtype="float32")
    latents = model.encode(images)
    sampled = LatentMixture(model, images, components=3).sample_latents(3000, seed=0)
    np.testing.assert_allclose(sampled.mean(axis=0), latents.mean(axis=0), atol=0.1 * latents.std())
    np.testing.assert_allclose(sampled.std(axis=0), latents.std(axis=0), rtol=0.1)
    with pytest.raises(UsageError, match="two or more images"):
        LatentMixture(model, images[:1])


def test_a_mixture_of_latents_of_points_is_judged_as_points():
    model = zoo.get("autoencoder").create((2,), hidden_dim=8, latent_dim=2, loss="mean_squared_error")
    ring = data.load("ring-8")
    found = evaluation.evaluate(LatentMixture(model, ring.train.first(100)), ring, samples=50)
    assert [figure.name for figure in found] == ["modes", "high quality", "reverse KL"]


@pytest.mark.parametrize(("different", "components"), [(1, 1), (2, 1), (4, 3)])
def test_a_mixture_has_fewer_components_than_there_are_latents_that_differ(different, components, recwarn):
    model = kerasgen_create("autoencoder", image_size=8, hidden_dim=8, latent_dim=2)
    images = np.random.default_rng(0).random((different, 8, 8, 1), dtype="float32").repeat(6, axis=0)
    mixture = LatentMixture(model, images)
    assert mixture.mixture.n_components == components
    assert mixture.generate(5, seed=0).shape == (5, 8, 8, 1)
    assert not [warning for warning in recwarn if "onverge" in type(warning.message).__name__]


@pytest.mark.slow
def test_a_classifier_of_the_zoo_is_taken_before_one_is_trained(cache, tmp_path, monkeypatch):
    digits = data.load("digits", image_size=8)
    trained, accuracy = evaluation.classifier_of(digits)
    (file,) = cache.rglob("*.keras")
    monkeypatch.setattr("kerasgen.evaluation.classifier_cache._IN_ZOO", file.parent)
    found, again = evaluation.classifier_of(digits, tmp_path / "elsewhere")
    assert again == accuracy
    assert all(np.array_equal(*pair) for pair in zip(found.network.get_weights(), trained.network.get_weights()))
    assert not (tmp_path / "elsewhere").exists()


def test_a_classifier_that_cannot_be_kept_serves_all_the_same(tmp_path):
    (tmp_path / "file").touch()  # in the place of a folder
    _, accuracy = evaluation.classifier_of(data.load("digits", image_size=8), tmp_path / "file" / "cache")
    assert accuracy > 0.8


@pytest.mark.slow
def test_a_damaged_classifier_is_trained_anew(kept):
    digits = data.load("digits", image_size=8)
    _, accuracy = evaluation.classifier_of(digits)
    (file,) = kept.rglob(f"*{digits.fingerprint}.keras")
    whole = file.read_bytes()
    half = len(whole) // 2
    for broken in (whole[:half], whole[:half] + bytes([whole[half] ^ 255]) + whole[half + 1 :]):
        file.write_bytes(broken)
        assert evaluation.classifier_of(digits)[1] == accuracy
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None


def test_labels_that_are_all_the_same_train_no_classifier(vae_run, tmp_path):
    images, _ = outputs_to_images(0)
    np.savez(tmp_path / "threes.npz", x=images, y=np.full(len(images), 3))
    call = ["evaluate", vae_run, "--dataset", tmp_path / "threes.npz", "-o", tmp_path / "metrics.json"]
    assert_refused(kerasgen(*call, "--metrics", "classifier"), 2, "only one class")
    assert kerasgen(*call, "--likelihood-samples", 2).exit_code == 0
    assert "classifier Frechet distance" not in figures_in(tmp_path / "metrics.json")


def test_what_a_vae_cannot_take_is_refused(vae_run, tmp_path):
    images, labels = outputs_to_images(0, 1)
    np.savez(tmp_path / "colour.npz", x=images.repeat(3, axis=-1), y=labels)
    np.savez(tmp_path / "more.npz", x=images, y=labels + 14)
    cvae = tmp_path / "cvae.keras"
    kerasgen_create("cvae", image_size=8, num_classes=10, hidden_dim=4, latent_dim=2).save(cvae)
    for model, dataset, words in ((vae_run, "colour", "takes (N, 8, 8, 1)"), (cvae, "more", "has the class '14'")):
        call = ["evaluate", model, "--dataset", tmp_path / f"{dataset}.npz", "-o", tmp_path / "metrics.json"]
        assert_refused(kerasgen(*call, "--metrics", "likelihood"), 1, words)
    few = kerasgen("evaluate", vae_run, "--dataset", tmp_path / "colour.npz", "--samples", 2)
    assert_refused(few, 2, "give 6 or more of each")  # before the likelihood, which could not be computed either


@pytest.mark.parametrize("shape", [(5, 5, 1), (2,)])
def test_images_too_small_for_ssim_have_the_other_figures(shape):
    model = zoo.get("autoencoder").create(shape, hidden_dim=4, latent_dim=2)
    images = np.random.default_rng(0).random((30, *shape), dtype="float32")
    dataset = data.dataset.split_array("small", data.array_source.ArraySource(images), None, None, 0.2, "")
    assert {figure.name for figure in evaluation.evaluate(model, dataset)} == {"MSE", "PSNR"}


def test_what_is_no_number_is_null_in_the_file(tmp_path):
    points = zoo.get("gan").create((2,), hidden_dim=4, latent_dim=2)
    for weight in points.generator.weights:
        weight.assign(weight * 0 + 1e6)  # far from all modes
    points.save(tmp_path / "points.keras")
    result = kerasgen("evaluate", tmp_path / "points.keras", "--dataset", "ring-8", "--samples", 20)
    assert result.exit_code == 0, result.output
    assert figures_in(tmp_path / "metrics.json") == {"modes": 0, "high quality": 0, "reverse KL": None}


def test_the_classifier_that_comes_with_the_zoo_is_of_mnist():
    (file,) = _IN_ZOO.iterdir()
    assert file.name.startswith(f"classifier-{_VERSION}-")
    network = keras.saving.load_model(file, compile=False)
    assert network.input_shape == (None, 28, 28, 1)
    assert network.output_shape == (None, 10)
    assert evaluation.Classifier(network).features(np.zeros((2, 28, 28, 1), "float32")).shape == (2, 128)


# -- two sets of images in place of a model


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def kept(classifiers, monkeypatch):
    """Return the cache that the tests below share: each classifier is trained once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(classifiers))
    return classifiers


def outputs_to_images(*digits, n=30):
    """Return n of the digits of each class, (N, 8, 8, 1) uint8, and their labels."""
    found = data.load("digits", image_size=8).train
    rows = np.concatenate([np.flatnonzero(found.labels == digit)[:n] for digit in digits])
    return found[rows], found.labels[rows]


def write_folder(root, images, labels=None):
    for number, image in enumerate(images):
        folder = root if labels is None else root / f"digit {labels[number]}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(folder / f"{number:03}.png")
    return root


def figures_in(path):
    return {figure["name"]: figure["value"] for figure in json.loads(path.read_text())["scores"]}


@pytest.mark.slow
def test_two_folders_are_compared_and_left_as_they_are(kept, tmp_path):
    real = write_folder(tmp_path / "real", *outputs_to_images(0, 1, 2))
    fake = write_folder(tmp_path / "fake", outputs_to_images(0, 0, 2)[0])
    before, others = sorted(tmp_path.rglob("*.*")), len(list(kept.rglob("*.keras")))
    same = kerasgen("evaluate", "--real", real, "--fake", real, "-o", tmp_path / "out" / "same.json")
    assert same.exit_code == 0, same.output
    assert "90 samples, 90 real images" in same.stdout
    assert "say little" not in same.stderr
    assert float(re.search(r"with ([0-9.]+)% accuracy", same.stdout)[1]) > 75  # of 9; trained on 81
    other = kerasgen("evaluate", "--real", real, "--fake", fake, "--out", tmp_path / "out" / "other.json")
    assert other.exit_code == 0, other.output
    assert len(list(kept.rglob("*.keras"))) - others == 1  # the classifier of `real`, for both
    same, other = (figures_in(tmp_path / "out" / name) for name in ("same.json", "other.json"))
    assert same["classifier Frechet distance"] == pytest.approx(0, abs=1e-3)
    assert (same["precision"], same["recall"], same["coverage"]) == (1, 1, 1)
    assert other["classifier Frechet distance"] > 0.01
    assert other["coverage"] < 0.9  # no ones
    assert json.loads((tmp_path / "out" / "other.json").read_text())["fake"] == str(fake)
    assert sorted(path for path in tmp_path.rglob("*.*") if "out" not in path.parts) == before


def test_images_without_labels_are_judged_by_the_classifier_of_another_set(kept, tmp_path):
    np.save(tmp_path / "real.npy", outputs_to_images(3, 4)[0])
    np.save(tmp_path / "fake.npy", outputs_to_images(3, 3)[0].repeat(2, axis=1).repeat(2, axis=2) / 255.0)
    sets = ["--real", tmp_path / "real.npy", "--fake", tmp_path / "fake.npy", "--image-size", 8]
    assert_refused(kerasgen("evaluate", *sets), 2, "real has no labels")
    found = kerasgen("evaluate", *sets, "--dataset", "digits", "--samples", 40, "-o", tmp_path / "found.json")
    assert found.exit_code == 0, found.output
    assert "classifier of digits" in found.stdout
    assert "40 samples, 40 real images" in found.stdout
    balance = figures_in(tmp_path / "found.json")["class balance"]
    assert balance == pytest.approx(0.5, abs=0.25)  # the fours are missing
    assert 0.5 < figures_in(tmp_path / "found.json")["confident samples"] <= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "MODEL is missing"),
        (["--real", "digits"], "--fake is missing"),
        (["--fake", "."], "--real is missing"),
        ([".", "--fake", "."], "give MODEL, or --real and --fake without it"),
        (["--real", "digits", "--fake", "gone"], "'gone' does not exist"),
        (["--real", "digits", "--fake", ".", "--sampler", "gmm"], "--sampler is for MODEL"),
        (["--real", "digits", "--fake", ".", "--set", "components=3"], "--set is for MODEL"),
        (["--real", "digits", "--fake", ".", "-o", "figures.txt"], "ends in .json"),
        ([".", "--image-size", "8"], "--image-size is for --real and --fake"),
        (["--real", "digits", "--fake", ".", "--metrics", "fit"], "unknown group of scores 'fit'; did you mean fid?"),
    ],
)
def test_a_call_is_either_of_a_model_or_of_two_sets(arguments, words, here):
    assert_refused(kerasgen("evaluate", *arguments), 2, words)


def test_sets_that_cannot_be_compared_are_named(here, kept):
    before = sorted(kept.rglob("*.keras"))
    images, labels = outputs_to_images(0, 1)
    write_folder(here / "real", images, labels)
    write_folder(here / "one", images, np.zeros_like(labels))
    write_folder(here / "few", images[:5])
    write_folder(here / "large", images.repeat(2, axis=1).repeat(2, axis=2))
    (here / "empty").mkdir()
    for real, fake, code, words in (
        ("./real", "empty", 1, "no images in empty"),
        ("./empty", "real", 1, "no images in empty"),
        ("./gone", "real", 1, "no such file or folder: gone"),
        ("./real", "few", 2, "give 6 or more of each"),
        ("./few", "real", 2, "or use --metrics fid"),
        ("./one", "real", 2, "one has only one class"),
        (
            "./real",
            "large",
            2,
            "large contains 16x16 greyscale images, but real, which the classifier is trained on, 8x8 greyscale images",
        ),
    ):
        assert_refused(kerasgen("evaluate", "--real", real, "--fake", fake), code, words)
    sets = ["--real", "./real", "--fake", "one"]
    assert_refused(kerasgen("evaluate", *sets, "--metrics", "similarity"), 2, "available: classifier, fid")
    assert sorted(kept.rglob("*.keras")) == before


@pytest.mark.slow
def test_grey_and_colour_are_compared_as_the_real_ones_are(kept, tmp_path):
    images, labels = outputs_to_images(0, 1)
    grey, colour = tmp_path / "grey.npz", tmp_path / "colour.npz"
    np.savez(grey, x=images, y=labels)
    np.savez(colour, x=images.repeat(3, axis=3), y=labels)
    for real, fake, words in (
        (grey, colour, "colour converted to greyscale"),
        (colour, grey, "grey converted to colour"),
    ):
        found = kerasgen("evaluate", "--real", real, "--fake", fake, "-o", tmp_path / "found.json")
        assert found.exit_code == 0, found.output
        assert words in found.stdout
        figures = figures_in(tmp_path / "found.json")
        assert figures["classifier Frechet distance"] == pytest.approx(0, abs=1e-3)
        assert figures["coverage"] == 1


@pytest.mark.slow
def test_a_classifier_that_reads_next_to_nothing_is_warned_of(kept, tmp_path):
    images, _ = outputs_to_images(0, 1)
    labels = np.random.default_rng(0).integers(0, 4, len(images))  # of nothing that can be seen
    np.savez(tmp_path / "set.npz", x=images, y=labels)
    sets = ["--real", tmp_path / "set.npz", "--fake", tmp_path / "set.npz"]
    found = kerasgen("evaluate", *sets, "-o", tmp_path / "found.json")
    assert found.exit_code == 0, found.output
    assert found.stderr.count("\n") == 1
    assert "its scores are unreliable" in found.stderr
    assert figures_in(tmp_path / "found.json")["class balance"] == 0  # its errors are the same on both sides
    assert all(figure["warning"] for figure in json.loads((tmp_path / "found.json").read_text())["scores"])


def test_images_that_a_model_has_trained_on_are_named_as_such(kept):
    digits = data.load("digits", image_size=8)
    for count, words in ((len(digits.test), "180 real images; the real images are test images"), (200, "are training")):
        figures = evaluation.score_samples(digits.train.first(count), digits, ["classifier"], seed=0)
        assert all(words in figure.estimator for figure in figures)
        assert not any(figure.warning for figure in figures)


# -- stacked digits


def test_modes_of_stacked_digits_are_counted_by_a_classifier_of_digits(kept, tmp_path):
    stacked = data.load("stacked-digits", image_size=8)
    modes, divergence = (figure.value for figure in evaluation.score_samples(stacked.test[:], stacked, ["modes"]))
    present = np.unique(stacked.test.labels).size
    assert 0.9 * present < modes <= 1000
    collapsed = stacked.test[np.arange(900) % 3]
    few, far = (figure.value for figure in evaluation.score_samples(collapsed, stacked, ["modes"]))
    assert few <= 3
    assert divergence < 1 < far
    kerasgen_create("dcgan", image_size=8, channels=3, width=2, latent_dim=2).save(tmp_path / "model.keras")
    result = kerasgen("evaluate", tmp_path / "model.keras", "--dataset", "stacked-digits", "--samples", 50)
    assert result.exit_code == 0, result.output
    assert set(figures_in(tmp_path / "metrics.json")) == {"modes", "reverse KL"}
    assert stacked.fingerprint not in " ".join(path.name for path in kept.rglob("*.keras"))
