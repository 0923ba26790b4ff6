"""Files that were made to harm, and damaged files: refused before Keras deserializes anything, or without effect.

`python -m checks.hostile_files` tries more of them and keeps the figures.
"""

import json

import numpy as np
import pytest

import kerasgen
from checks import hostile
from checks.hostile.material import Material
from checks.hostile.trial import attempt
from kerasgen.errors import ModelFileError
from kerasgen.io import archive
from kerasgen.models import load as model_files

pytestmark = pytest.mark.once
CASES = hostile.cases()


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return Material(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def expected(material):
    return kerasgen.load(material.path).generate(2, seed=0)


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused_before_keras_deserializes_it(material, tmp_path, name):
    path = tmp_path / "model.keras"
    CASES[name](material, path)
    outcome, seconds, megabytes, error = attempt(path, hostile.needs_optimizer(name))
    assert outcome == "refused"
    assert hostile.effects(tmp_path) == []
    assert seconds < 5  # the first save imports TensorFlow
    assert megabytes < 100
    assert str(path) in str(error)
    assert str(error).isprintable()  # one line, without escape sequences
    archive.checksum_of(path)  # of a hostile file raises nothing


def test_the_number_of_cases_and_the_file_that_they_are_made_of(material, tmp_path, expected):
    assert len(CASES) >= 240
    material.pack_config(tmp_path / "model.keras", lambda config: None)
    assert kerasgen.load(tmp_path / "model.keras", compile=True).compiled
    np.testing.assert_array_equal(kerasgen.load(tmp_path / "model.keras").generate(2, seed=0), expected)


@pytest.mark.parametrize("name", hostile.ignored())
def test_a_false_config_beside_a_recipe_has_no_effect(material, tmp_path, name, expected):
    path = tmp_path / "model.keras"
    hostile.ignored()[name](material, path)
    outcome, _, megabytes, _ = attempt(path, hostile.needs_optimizer(name))
    assert outcome in ("accepted", "refused")
    assert hostile.effects(tmp_path) == []
    assert megabytes < 100
    if outcome == "accepted":
        loaded = kerasgen.load(path, compile=True)
        np.testing.assert_array_equal(loaded.generate(2, seed=0), expected)
        assert hostile.effects(tmp_path) == []


@pytest.mark.slow
def test_an_origin_with_anything_in_any_place_is_refused_or_loaded(material, tmp_path):
    rng = np.random.default_rng(0)
    others = [None, True, -1, 10**9, 0.5, "", "dcgan", "x" * 99, [], [[]], [1], {}, {"class_name": []}]
    path, messages = tmp_path / "model.keras", []
    for _ in range(200):
        origin = json.loads(json.dumps(material.origin))
        place, key = random_place(origin, rng)
        place[key] = others[rng.integers(len(others))]
        material.pack(path, origin=origin)
        try:
            kerasgen.load(path, compile=True)
        except ModelFileError as error:
            messages.append(str(error))
    assert len(messages) > 100
    assert all(map(str.isprintable, messages))
    assert hostile.effects(tmp_path) == []


def random_place(value, rng):
    """Return a dict or list somewhere in a nest, and one of its keys."""
    while True:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = keys[rng.integers(len(keys))]
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.15:
            return value, key
        value = inner


def test_a_flipped_bit_is_refused_or_changes_nothing(material, tmp_path, expected):
    whole = material.path.read_bytes()
    rng = np.random.default_rng(0)
    # The headers are at both ends of the file; most bytes are weights.
    ends = [*range(0, 60), *range(len(whole) - len(material.comment) - 250, len(whole))]
    refused = 0
    for byte in [*rng.choice(len(whole), 64, replace=False), *rng.choice(ends, 64, replace=False)]:
        data = bytearray(whole)
        data[byte] ^= 1 << int(rng.integers(8))
        (tmp_path / "model.keras").write_bytes(data)
        try:
            loaded = kerasgen.load(tmp_path / "model.keras")
        except ModelFileError:
            refused += 1
        else:
            np.testing.assert_array_equal(loaded.generate(2, seed=0), expected)
    assert refused > 100


def test_a_truncated_file_says_so(material, tmp_path):
    whole, path = material.path.read_bytes(), tmp_path / "model.keras"
    for length in np.linspace(0, len(whole) - 1, 64).astype(int):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match="not written to the end") as caught:
            kerasgen.load(path)
        assert str(path) in str(caught.value)


def test_restore_refuses_what_load_refuses(material, tmp_path):
    """The optimizer's checks apply, because a training continues from this file."""
    path, model = tmp_path / "model.keras", kerasgen.load(material.path, compile=True)
    for name in ("bomb: 1 GB in gzip", "wrong checksum of a member", "one array missing", "optimizer: NaN"):
        CASES[name](material, path)
        with pytest.raises(ModelFileError):
            model_files.restore(model, path)


def test_the_checksum_of_a_hostile_path_is_none(material, tmp_path):
    for name in ("pipe", "device", "link to itself", "text", "header 60,000 deep"):
        path = tmp_path / f"{CASES[name].__hash__()}.keras"
        CASES[name](material, path)
        assert archive.checksum_of(path) is None
