"""The switches of the code that is there for speed."""

import re

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.backend import switches

BACKEND = keras.backend.backend()


@pytest.mark.once
def test_the_docstring_has_a_row_for_each_switch_with_its_default(run_script):
    rows = re.findall(r"^\| `(\w+)` \| (on|off) \|", switches.__doc__, re.MULTILINE)
    assert sorted(name for name, _ in rows) == switches.__all__
    code = "from kerasgen.backend import switches\nprint({name: getattr(switches, name) for name in switches.__all__})"
    defaults = run_script(code, backend="torch")
    assert eval(defaults) == {name: default == "on" for name, default in rows}


@pytest.mark.once
def test_the_environment_sets_the_switches(run_script):
    code = (
        "from kerasgen.backend import switches\nprint(switches.traced_steps, switches.allocator, switches.fused_adam)"
    )
    environment = {"KERASGEN_TRACED_STEPS": "0", "KERASGEN_ALLOCATOR": " 1 ", "KERASGEN_FUSED_ADAM": ""}
    assert run_script(code, backend="torch", **environment).split() == ["False", "True", "True"]


@pytest.mark.once
def test_another_value_is_refused(run_script):
    code = """
from kerasgen.errors import UsageError
try:
    import kerasgen.backend
except UsageError as error:
    print(error)
"""
    said = run_script(code, backend="torch", KERASGEN_FUSED_ADAM="yes")
    assert "the environment variable KERASGEN_FUSED_ADAM is 'yes'; expected 0 or 1" in said


def test_training_does_not_depend_on_the_switches_except_for_rounding(monkeypatch):
    images = np.random.default_rng(0).random((24, 8, 8, 1), dtype="float32")

    def train():
        keras.utils.set_random_seed(0)
        model = kerasgen.create("dcgan", image_size=8, width=2, latent_dim=2)
        model.fit(images, batch_size=8, epochs=2, shuffle=False, verbose=0)
        return [keras.ops.convert_to_numpy(weight) for weight in model.weights]

    with_all = train()
    for name in switches.__all__:
        monkeypatch.setattr(switches, name, False)
    for one, other in zip(with_all, train(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.once
def test_a_library_leaves_the_allocator_alone_and_the_commands_set_it(run_script):
    code = """
import sys
import numpy as np
if sys.argv[1] == "command":
    from kerasgen.cli import backends
    backends.start("torch")
import kerasgen
from kerasgen.backend import allocator
calls = []
allocator._keep = lambda: calls.append("mallopt")
model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2)
model.fit(np.zeros((4, 8, 8, 1), "float32"), verbose=0)
print(calls)
"""
    assert run_script(code, "library", backend="torch").strip() == "[]"
    assert run_script(code, "command", backend="torch").strip() == "['mallopt']"
    assert run_script(code, "command", backend="torch", KERASGEN_ALLOCATOR="0").strip() == "[]"
