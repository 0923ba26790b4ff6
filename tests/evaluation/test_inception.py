"""FID and KID against torch-fidelity's own, with a file of random weights; skipped where it is not installed."""

import importlib.util
import json
import pickle

import numpy as np
import pytest

from kerasgen import data, metrics
from kerasgen.errors import ModelFileError, UsageError
from kerasgen.evaluation import Evaluation, features, runner
from kerasgen.evaluation.inception import InceptionFeatures
from tests.cli.conftest import assert_refused, kerasgen

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch_fidelity") is None, reason="torch-fidelity is not installed"
)


@pytest.fixture(scope="module")
def fidelity():
    """Return torch-fidelity, also where torchvision is of another build of PyTorch: its operators are not used."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor a, Tensor b, float c) -> Tensor")
    return importlib.import_module("torch_fidelity")


@pytest.fixture(scope="module")
def weights(fidelity, tmp_path_factory):
    """Return a cache of torch.hub, with random weights under the name of the reference's."""
    import torch

    class Untrained(fidelity.FeatureExtractorInceptionV3):
        def load_state_dict(self, state):
            torch.manual_seed(0)
            for parameter in self.parameters():
                if parameter.ndim == 4:
                    torch.nn.init.kaiming_normal_(parameter)

    home = tmp_path_factory.mktemp("torch")
    path = home / "hub" / "checkpoints" / "weights-inception-2015-12-05-6726825d.pth"
    path.parent.mkdir(parents=True)
    torch.save({}, path)
    torch.save(Untrained("untrained", ["2048"], str(path)).state_dict(), path)
    return home


@pytest.fixture
def in_cache(weights, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(weights))
    return weights


def digits_and_noise(n=7):
    images = data.load("digits", image_size=8).train[:n]
    return images, np.random.default_rng(0).integers(0, 256, images.shape, np.uint8)


@pytest.mark.slow
@pytest.mark.once
def test_fid_and_kid_are_those_of_torch_fidelity(fidelity, in_cache):
    from torch import from_numpy
    from torch.utils.data import Dataset

    class Colours(Dataset):
        def __init__(self, images):
            self.images = images.repeat(3, axis=3).transpose(0, 3, 1, 2)

        def __len__(self):
            return len(self.images)

        def __getitem__(self, row):
            return from_numpy(self.images[row])

    real, fake = digits_and_noise()
    evaluation = Evaluation(runner._Samples(fake / np.float32(255)), None, len(fake), reference=real)
    found = {score.name: score for score in features.score_with_inception(evaluation)}
    theirs = fidelity.calculate_metrics(
        input1=Colours(real),
        input2=Colours(fake),
        kid=True,
        kid_subsets=2,
        kid_subset_size=len(real),
        cuda=False,
        save_cpu_ram=True,  # no processes of its own
        verbose=False,
    )
    # Their FID takes minutes for the eigenvalues of 2048 x 2048; tests/metrics/test_distances.py has values of it
    expected = metrics.frechet_distance(*(InceptionFeatures()(images) for images in (real, fake)))
    assert found["FID"].value == pytest.approx(expected, rel=1e-5)
    assert found["KID"].value == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-5)
    assert {"Inception precision", "Inception recall", "Inception density", "Inception coverage"} <= set(found)
    assert "torch-fidelity" in found["FID"].estimator
    assert "not the reference's 6726825d" in found["FID"].estimator
    assert "7 samples, 7 real images" in found["FID"].estimator


@pytest.mark.slow
def test_features_are_of_8_bits_in_colour_whatever_the_batch(fidelity, in_cache):
    _, images = digits_and_noise(5)
    features = InceptionFeatures()
    expected = features(images.repeat(3, axis=3))
    assert expected.shape == (5, 2048)
    np.testing.assert_allclose(features((images + 0.3) / 255.0, batch_size=2), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(UsageError, match="NaN"):
        features(np.full((2, 8, 8, 1), np.nan))
    with pytest.raises(UsageError, match=r"\(2, 8, 8, 2\)"):
        features(np.zeros((2, 8, 8, 2)))


@pytest.mark.once
def test_weights_that_are_not_there_or_broken_are_named(fidelity, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    path = tmp_path / "hub" / "checkpoints" / "weights-inception-2015-12-05-6726825d.pth"
    np.save(tmp_path / "images.npy", digits_and_noise()[0])
    call = ["evaluate", "--real", tmp_path / "images.npy", "--fake", tmp_path / "images.npy", "--metrics", "fid"]
    refused = kerasgen(*call)
    assert_refused(refused, 1, f"no file {path}: get it from https://github.com/toshas/torch-fidelity/")
    assert not path.exists()
    path.parent.mkdir(parents=True)
    for content in (b"damaged", pickle.dumps(kerasgen), pickle.dumps({})):
        path.write_bytes(content)
        with pytest.raises(ModelFileError, match="does not hold the weights"):
            InceptionFeatures()


@pytest.mark.slow
@pytest.mark.once
def test_two_unlabelled_sets_have_an_fid(fidelity, in_cache, tmp_path):
    for name, images in zip(("real", "fake"), digits_and_noise()):
        np.save(tmp_path / f"{name}.npy", images)
    sets = ["--real", tmp_path / "real.npy", "--fake", tmp_path / "fake.npy"]
    found = kerasgen("evaluate", *sets, "--metrics", "fid", "-o", tmp_path / "metrics.json")
    assert found.exit_code == 0, found.output
    scores = {score["name"]: score for score in json.loads((tmp_path / "metrics.json").read_text())["scores"]}
    assert list(scores)[:2] == ["FID", "KID"]
    assert scores["FID"]["value"] > 0
    assert "100 subsets of 7" in scores["KID"]["estimator"]
