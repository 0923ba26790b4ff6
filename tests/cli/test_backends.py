"""Choice and start of the backend."""

import os
import subprocess
import sys

import keras
import pytest

from kerasgen.cli import backends
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen


@pytest.mark.once
@pytest.mark.parametrize("asked", ["option", "environment"])
@pytest.mark.parametrize("name", backends.INSTALL)
def test_a_backend_that_is_not_installed_names_the_remedy(name, asked, monkeypatch, here):
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not there
    monkeypatch.setenv("KERAS_BACKEND", name if asked == "environment" else "")
    option = ["--backend", name] if asked == "option" else []
    assert_refused(kerasgen("train", "vae", "--dry-run", *option), 1, f"not installed: {backends.INSTALL[name]}")


@pytest.mark.once
@pytest.mark.parametrize(
    ("asked", "environment", "settings", "expected"),
    [
        ("torch", "jax", '{"backend": "tensorflow"}', ("torch", "--backend")),
        (None, "jax", '{"backend": "torch"}', ("jax", "KERAS_BACKEND")),
        (None, "", '{"backend": "torch"}', ("torch", "keras.json")),
        (None, "", "{", ("tensorflow", "the default")),
        (None, "", None, ("tensorflow", "the default")),
    ],
)
def test_the_backend_is_chosen_in_the_order_of_keras(asked, environment, settings, expected, monkeypatch, here):
    monkeypatch.setenv("KERAS_BACKEND", environment)
    monkeypatch.setenv("KERAS_HOME", str(here))
    if settings is not None:
        (here / "keras.json").write_text(settings)
    name, why = backends.choose(asked)
    assert (name, os.path.basename(why)) == expected


@pytest.mark.once
def test_a_wrong_backend_in_the_environment(monkeypatch, here):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    assert_refused(kerasgen("train", "vae"), 2, "'theano' (KERAS_BACKEND)")


@pytest.mark.slow
@pytest.mark.once
def test_a_package_that_has_imported_keras_does_not_change_the_backend():
    code = "import keras\nfrom kerasgen.cli.backends import start\nstart('jax')"
    environment = os.environ | {"KERAS_BACKEND": "tensorflow"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert "UsageError: Keras already runs on tensorflow, not on jax" in ended.stderr


@pytest.mark.slow
def test_a_real_process_writes_nothing_but_its_answer(here):
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    backend = environment.pop("KERAS_BACKEND", "tensorflow")
    done = subprocess.run(
        [sys.executable, "-m", "kerasgen", *TINY_VAE, "--out", "run", "--backend", backend],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["epoch"]  # the progress, and no chatter
    assert (here / "run" / "model.keras").is_file()


COMMANDS = """
import sys
from click.testing import CliRunner
from kerasgen import cli
for words in (sys.argv[1:], ["generate", "run", "-n", "4"]):
    result = CliRunner().invoke(cli.main, words)
    assert result.exit_code == 0, result.output
print("tensorflow" in sys.modules)
"""


@pytest.mark.slow
def test_tensorflow_is_loaded_only_where_it_is_the_backend(here, run_script):
    loaded = run_script(COMMANDS, *TINY_VAE, "--out", "run").splitlines()[-1]
    assert loaded == str(keras.backend.backend() == "tensorflow")


@pytest.mark.slow
@pytest.mark.once
def test_commands_on_jax_keep_compiled_programs_in_the_users_cache(monkeypatch, run_script, tmp_path):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    code = (
        "from kerasgen.cli.backends import start\nstart('jax')\n"
        "import jax\nprint(jax.jit(lambda x: (x @ x).sum())(jax.numpy.ones((3, 3))))"
    )
    environment = {"XDG_CACHE_HOME": str(tmp_path), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    assert run_script(code, **environment) == "27.0\n"
    assert list((tmp_path / "kerasgen" / "jax").iterdir())
    assert run_script(code, KERASGEN_PLAIN="1", XDG_CACHE_HOME=str(tmp_path / "plain")) == "27.0\n"
    assert not (tmp_path / "plain" / "kerasgen").exists()
