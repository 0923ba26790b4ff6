import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from kerasgen.cli import main

TINY = ["--image-size", "8", "--epochs", "1", "--batch-size", "400", "--dataset", "digits"]
TINY_VAE = ["train", "vae", *TINY, "--set", "hidden_dim=16", "--set", "latent_dim=2"]
TINY_GAN = ["train", "dcgan", *TINY, "--set", "width=2", "--set", "hidden_dim=4", "--set", "latent_dim=2"]
TINY_CONDITIONAL = [*TINY, "--set", "hidden_dim=8", "--set", "latent_dim=2"]


def kerasgen(*arguments):
    """Run the command line in this process; a bug, which would show a traceback, is raised."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def pixels(path):
    """Return the picture in a file as an array."""
    with Image.open(path) as image:
        return np.asarray(image)


def assert_refused(result, code, words):
    """Assert the exit code, and that stderr is one line with these words in it."""
    assert result.exit_code == code, result.output
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("Error: ")
    assert words in result.stderr


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty directory and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def vae_run(tmp_path_factory):
    """Return the directory of a run of a tiny VAE."""
    out = tmp_path_factory.mktemp("runs") / "vae"
    result = kerasgen(*TINY_VAE, "--out", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="session")
def gan_run(tmp_path_factory):
    """Return the directory of a run of a tiny GAN."""
    out = tmp_path_factory.mktemp("runs") / "gan"
    result = kerasgen(*TINY_GAN, "-o", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="session")
def cgan_run(tmp_path_factory):
    """Return the directory of a run of a tiny conditional GAN."""
    out = tmp_path_factory.mktemp("runs") / "cgan"
    result = kerasgen("train", "cgan", *TINY_CONDITIONAL, "-o", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="session")
def cvae_run(tmp_path_factory):
    """Return the directory of a run of a tiny conditional VAE."""
    out = tmp_path_factory.mktemp("runs") / "cvae"
    result = kerasgen("train", "cvae", *TINY_CONDITIONAL, "-o", out)
    assert result.exit_code == 0, result.output
    return out
