"""Samplers by name, their options, and samplers of other packages."""

import numpy as np
import pytest

import kerasgen
from kerasgen import samplers
from kerasgen.errors import UsageError
from tests.processes import START

pytestmark = pytest.mark.once

IMAGES = np.random.default_rng(0).random((50, 8, 8, 1), dtype="float32")


def test_names_have_a_suffix_for_their_main_option():
    assert samplers.get("prior").images == 0
    assert samplers.get("gmm").settings == {}
    assert samplers.get("gmm-100").settings == {"components": 100}
    assert samplers.get("gmm", components="7").settings == {"components": 7}
    for name in ("gmm-0", "gmm-", "gmm-x", "gmm-1.5"):
        with pytest.raises(UsageError, match="components"):
            samplers.get(name)
    for name, settings, says in (
        ("normal", {}, "unknown sampler 'normal'; known: flow, gmm, prior, realnvp"),
        ("prior-3", {}, "unknown sampler 'prior-3'"),
        ("gmm", {"size": 3}, "gmm has no option size"),
    ):
        with pytest.raises(UsageError, match=says):
            samplers.get(name, **settings)


def test_a_sampler_is_fitted_to_a_model():
    autoencoder = kerasgen.create("autoencoder", image_size=8, hidden_dim=4, latent_dim=2)
    gan = kerasgen.create("gan", image_size=8, hidden_dim=4, latent_dim=2)
    assert samplers.get("prior").fit(gan) is gan
    mixture = samplers.get("gmm-3").fit(autoencoder, IMAGES)
    assert mixture.mixture.n_components == 3
    assert mixture.generate(2, seed=0).shape == (2, 8, 8, 1)
    for name, model, images, says in (
        ("prior", autoencoder, None, "needs a model that can generate; this Autoencoder can reconstruct"),
        ("gmm", gan, IMAGES, "needs a model that can encode"),
        ("gmm", autoencoder, None, "fitted to training images; received none"),
    ):
        with pytest.raises(UsageError, match=says):
            samplers.get(name).fit(model, images)


PACKAGE = """
from kerasgen import Option
from kerasgen.samplers import Sampler

def create(model, images, factor):
    class Wide:
        sample_shape = model.sample_shape
        def generate(self, n, seed=None):
            return model.decode(factor * model.draw_latents(n, (model.latent_dim,), seed))
    return Wide()

WIDE = Sampler("wide", "Normal latents of another scale.", create, "decode", 0,
               {"factor": Option(2.0, "Scale.")}, "factor")
"""
SCRIPT = """
START
import kerasgen
from kerasgen import samplers
model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
print(samplers.SAMPLERS.names, samplers.get("wide").fit(model).generate(3, seed=0).shape)
print(samplers.get("wide-0.5").settings, samplers.SAMPLERS.left_out())
"""


@pytest.mark.slow
def test_other_packages_add_samplers(tmp_path, run_script):
    (tmp_path / "own_sampler.py").write_text(PACKAGE)
    (tmp_path / "own-1.dist-info").mkdir()
    (tmp_path / "own-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1\n")
    (tmp_path / "own-1.dist-info" / "entry_points.txt").write_text("[kerasgen.samplers]\nwide = own_sampler:WIDE\n")
    lines = run_script(SCRIPT.replace("START", START), backend="torch", PYTHONPATH=str(tmp_path)).splitlines()
    assert lines[-2:] == ["['prior', 'gmm', 'flow', 'realnvp', 'wide'] (3, 8, 8, 1)", "{'factor': 0.5} []"]
