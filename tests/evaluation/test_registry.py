"""The registry of evaluators: what applies, what is named, and evaluators of other packages."""

import sys

import pytest

import kerasgen
from kerasgen import data, zoo
from kerasgen.errors import UsageError
from kerasgen.evaluation import available_groups, parse_groups, select_groups
from kerasgen.samplers import LatentMixture
from tests.processes import START

pytestmark = pytest.mark.once

DIGITS = data.load("digits", image_size=8)


def test_each_kind_of_model_has_its_groups():
    create = kerasgen.create
    ring, stacked = data.load("ring-8"), data.load("stacked-digits", image_size=8)
    tiny = {"hidden_dim": 4, "latent_dim": 2}
    autoencoder = create("autoencoder", image_size=8, **tiny)
    for model, dataset, groups in (
        (create("vae", image_size=8, **tiny), DIGITS, ["likelihood", "classifier", "fid"]),
        (create("gan", image_size=8, **tiny), DIGITS, ["classifier", "fid"]),
        (create("gan", image_size=8, channels=3, **tiny), stacked, ["modes", "fid"]),
        (autoencoder, DIGITS, ["similarity"]),
        (LatentMixture(autoencoder, DIGITS.test[:50]), DIGITS, ["classifier", "fid"]),
        (zoo.get("gan").create((2,), **tiny), ring, ["modes"]),
        (zoo.get("vae").create((2,), likelihood="gaussian", **tiny), ring, ["likelihood", "modes"]),
        (object(), DIGITS, []),
    ):
        assert available_groups(model, dataset) == groups
        selected = [each.name for each in select_groups(model, dataset)]
        assert selected == [name for name in groups if name != "fid"]
        assert [each.name for each in select_groups(model, dataset, groups)] == groups


def test_names_are_checked():
    assert parse_groups(" fid , modes") == ["fid", "modes"]
    with pytest.raises(UsageError, match="unknown group of scores 'fit'; did you mean fid"):
        parse_groups("likelihood,fit")
    with pytest.raises(UsageError, match="modes does not apply to a GAN; available: classifier, fid"):
        select_groups(kerasgen.create("gan", image_size=8), DIGITS, ["modes"], "a GAN")


PACKAGE = """
from kerasgen.evaluation import Evaluator, Score

def compute(evaluation):
    images = evaluation.model.reconstruct(evaluation.dataset.test[:evaluation.samples])
    return [Score("brightness", float(images.mean()), f"mean over {len(images)} images")]

def broken(*arguments):
    raise RuntimeError("out of order")

def applies(model, dataset):
    return hasattr(model, "reconstruct")

GOOD = Evaluator("brightness", "Brightness of reconstructions.", applies, compute, on_request=True)
TAKEN = Evaluator("fid", "Another one.", applies, compute)
BROKEN = [Evaluator("broken", "Fails.", applies, broken), Evaluator("fails", "Fails at once.", broken, compute)]
OTHER = "no evaluator"
"""
SCRIPT = """
import json, sys
START
import kerasgen
from kerasgen import data, evaluation
from kerasgen.errors import KerasgenError

digits = data.load("digits", image_size=8)
model = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
found = {"groups": evaluation.available_groups(model, digits)}
found["scores"] = [score.name for score in evaluation.evaluate(model, digits, 20)]
(score,) = evaluation.evaluate(model, digits, 20, groups=["brightness"])
found["brightness"] = 0 <= score.value <= 1
try:
    evaluation.evaluate(model, digits, 20, groups=["broken"])
except KerasgenError as error:
    found["broken"] = str(error)
found["left_out"] = evaluation.EVALUATORS.left_out()
json.dump(found, sys.stdout)
"""


@pytest.mark.slow
def test_other_packages_add_evaluators_and_a_broken_one_is_reported(tmp_path, run_script):
    import json

    (tmp_path / "own_scores.py").write_text(PACKAGE)
    (tmp_path / "ruins.py").write_text("1 / 0")
    (tmp_path / "own-1.dist-info").mkdir()
    (tmp_path / "own-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1\n")
    points = [f"{name} = own_scores:{name.upper()}" for name in ("good", "taken", "broken", "other")]
    points += ["ruins = ruins:SCORES", "exits = exits:SCORES"]
    (tmp_path / "exits.py").write_text("raise SystemExit(3)")
    (tmp_path / "own-1.dist-info" / "entry_points.txt").write_text("[kerasgen.evaluators]\n" + "\n".join(points) + "\n")
    path = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    found = json.loads(run_script(SCRIPT.replace("START", START), backend="torch", **path).splitlines()[-1])
    assert found["groups"] == ["similarity", "brightness", "broken"]
    assert found["scores"] == ["MSE", "PSNR", "SSIM"]  # in spite of the broken one; brightness is on request only
    assert found["brightness"]
    assert "'broken' failed: RuntimeError: out of order" in found["broken"]
    told = "\n".join(found["left_out"])
    for words in (
        "'fid' of own_scores:TAKEN has the name of another one",
        "own_scores:OTHER is not a kerasgen.evaluation.registry.Evaluator",
        "ruins:SCORES cannot be imported: ZeroDivisionError",
        "exits:SCORES cannot be imported: SystemExit",
        "'broken' failed",
        "'fails' failed",
    ):
        assert words in told
    assert sys.modules.get("own_scores") is None
