"""The switches of the code that is there for speed."""

import re
import runpy

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.backend import allocator, switches
from kerasgen.errors import UsageError

BACKEND = keras.backend.backend()


def imported(monkeypatch, **environment):
    """Return the values of all switches after an import with these environment variables."""
    for name in switches.__all__:
        monkeypatch.delenv(f"KERASGEN_{name.upper()}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    module = runpy.run_path(switches.__file__)
    return {name: module[name] for name in switches.__all__}


@pytest.mark.once
def test_the_docstring_has_a_row_for_each_switch_with_its_default(monkeypatch):
    rows = dict(re.findall(r"^\| `(\w+)` \| (on|off) \|", switches.__doc__, re.MULTILINE))
    assert {name: default == "on" for name, default in rows.items()} == imported(monkeypatch)


@pytest.mark.once
@pytest.mark.parametrize("name", switches.__all__)
def test_the_environment_sets_a_switch(name, monkeypatch):
    defaults = imported(monkeypatch)
    for value in (False, True):
        changed = imported(monkeypatch, **{f"KERASGEN_{name.upper()}": f" {value:d} "})
        assert changed == defaults | {name: value}
    assert imported(monkeypatch, **{f"KERASGEN_{name.upper()}": ""}) == defaults


@pytest.mark.once
def test_another_value_is_refused(monkeypatch):
    message = "the environment variable KERASGEN_FUSED_ADAM is 'yes'; expected 0 or 1"
    with pytest.raises(UsageError, match=message):
        imported(monkeypatch, KERASGEN_FUSED_ADAM="yes")


@pytest.mark.slow
def test_training_does_not_depend_on_the_switches_except_for_rounding(monkeypatch):
    images = np.random.default_rng(0).random((24, 8, 8, 1), dtype="float32")

    def train():
        keras.utils.set_random_seed(0)
        model = kerasgen.create("dcgan", image_size=8, width=2, hidden_dim=4, latent_dim=2)
        model.fit(images, batch_size=8, epochs=2, shuffle=False, verbose=0)
        return [keras.ops.convert_to_numpy(weight) for weight in model.weights]

    with_all = train()
    for name in switches.__all__:
        monkeypatch.setattr(switches, name, False)
    for one, other in zip(with_all, train(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.once
def test_a_library_leaves_the_allocator_alone(monkeypatch):
    calls = []
    monkeypatch.setattr(allocator, "_keep", lambda: calls.append("mallopt"))
    monkeypatch.setattr(allocator, "_glibc", lambda: calls.append("malloc_trim"))
    allocator.keep_freed_memory()
    allocator.return_freed_memory()
    assert not calls
    monkeypatch.setattr(switches, "allocator", True)
    kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2).make_train_function()
    allocator.return_freed_memory()
    assert calls == ["mallopt", "malloc_trim"]


@pytest.mark.slow
@pytest.mark.once
def test_a_command_sets_the_allocator_of_its_process(run_script):
    code = """
from kerasgen.cli import backends
backends.start("torch")
from kerasgen.backend import switches
print(switches.allocator)
"""
    assert run_script(code).strip() == "True"
