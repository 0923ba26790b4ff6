"""Files that someone has made to harm, and files that were damaged: refused before Keras sees them.

`benchmarks/hostile_files.py` tries more of them and keeps the figures.
"""

import keras
import numpy as np
import pytest

import kerasgen
from benchmarks import hostile
from benchmarks.hostile.material import Material
from benchmarks.hostile.trial import attempt
from kerasgen.errors import ModelFileError
from kerasgen.models import load as model_files

pytestmark = pytest.mark.once
CASES = hostile.cases()


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return Material(tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused_before_keras_sees_it(material, tmp_path, name):
    path = tmp_path / "model.keras"
    CASES[name](material, path)
    outcome, seconds, megabytes = attempt(path, hostile.needs_optimizer(name))
    assert outcome == "refused"
    assert hostile.effects(tmp_path) == []
    assert seconds < 1
    assert megabytes < 100
    with pytest.raises(ModelFileError) as caught:
        model_files.check(model_files.find(path), hostile.needs_optimizer(name))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_there_are_sixty_cases_and_the_file_that_they_are_made_of_is_good(material, tmp_path):
    assert len(CASES) >= 60
    material.pack_config(tmp_path / "model.keras", lambda config: None)
    assert kerasgen.load(tmp_path / "model.keras", compile=True).compiled


def test_a_payload_in_the_optimizer_is_not_looked_at_without_it(material, tmp_path):
    path = tmp_path / "model.keras"
    for name in filter(hostile.needs_optimizer, CASES):
        CASES[name](material, path)
        assert not kerasgen.load(path).compiled
        assert hostile.effects(tmp_path) == []


def test_images_that_are_larger_than_memory_are_refused(tmp_path):
    latents, images = keras.Input((1,)), keras.Input((64**3, 64**3, 1))
    x = keras.layers.Reshape((1, 1, 1))(latents)
    for _ in range(3):
        x = keras.layers.UpSampling2D(64)(x)
    judged = images
    for _ in range(3):
        judged = kerasgen.layers.Conv2D(1, 1, 64)(judged)
    judged = kerasgen.layers.Dense(1)(keras.layers.Flatten()(judged))
    kerasgen.models.GAN(keras.Model(latents, x), keras.Model(images, judged)).save(tmp_path / "model.keras")
    with pytest.raises(ModelFileError, match="makes images of"):
        kerasgen.load(tmp_path / "model.keras")


def test_a_config_with_anything_in_any_place_is_refused_or_loaded(material, tmp_path):
    rng = np.random.default_rng(0)
    others = [None, True, -1, 10**9, 0.5, "", "kerasgen>GAN", "x" * 99, [], [[]], [1], {}, {"class_name": []}]
    path, refused = tmp_path / "model.keras", 0
    for attempt_ in range(200):
        config = material.config()
        place, key = random_place(config, rng)
        place[key] = others[rng.integers(len(others))]
        material.pack_config(path, lambda _, config=config: config)
        try:
            model_files.check(path, compile=True)
            if attempt_ % 20 == 0:
                kerasgen.load(path, compile=True)
        except ModelFileError:
            refused += 1
    assert refused > 20
    assert hostile.effects(tmp_path) == []


def random_place(config, rng):
    """Return a dict or list somewhere in the config, and a key of it."""
    while True:
        keys = list(config) if isinstance(config, dict) else range(len(config))
        key = keys[rng.integers(len(keys))]
        inner = config[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.15:
            return config, key
        config = inner


def test_a_flipped_bit_is_refused_or_changes_nothing(material, tmp_path):
    whole, expected = material.path.read_bytes(), kerasgen.load(material.path).generate(2, seed=0)
    rng = np.random.default_rng(0)
    # the archive's headers lie at the two ends, and most of the bytes between them
    ends = [*range(0, 60), *range(len(whole) - 300, len(whole))]
    refused = 0
    for byte in [*rng.choice(len(whole), 64, replace=False), *rng.choice(ends, 32, replace=False)]:
        data = bytearray(whole)
        data[byte] ^= 1 << int(rng.integers(8))
        (tmp_path / "model.keras").write_bytes(data)
        try:
            loaded = kerasgen.load(tmp_path / "model.keras")
        except ModelFileError:
            refused += 1
        else:
            np.testing.assert_array_equal(loaded.generate(2, seed=0), expected)
    assert refused > 64


def test_a_file_that_is_cut_off_says_so(material, tmp_path):
    whole, path = material.path.read_bytes(), tmp_path / "model.keras"
    for length in np.linspace(0, len(whole) - 1, 64).astype(int):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match="not written to the end") as caught:
            kerasgen.load(path)
        assert str(path) in str(caught.value)
