"""The command line as a whole: help, wrong calls, start-up, streams and exit codes."""

import resource
import subprocess
import sys

import pytest

import kerasgen as library
from kerasgen.cli import COMMANDS
from tests.cli.conftest import TINY_GAN, TINY_VAE, assert_refused, kerasgen

HEAVY = {"keras", "numpy", "tensorflow", "jax", "torch", "matplotlib", "PIL", "sklearn"}
LOOK_UPS = [["--help"], ["list"], ["show", "vae"], ["train", "--help"]]


def test_the_help_names_every_command():
    result = kerasgen("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout
        assert kerasgen(command, "--help").exit_code == 0
    assert kerasgen().stdout == result.stdout
    assert library.__version__ in kerasgen("--version").stdout


@pytest.mark.once
def test_looking_up_imports_nothing_heavy(run_script):
    code = f"""
import sys
from kerasgen.cli import main
for arguments in {LOOK_UPS + [[command, "--help"] for command in [*COMMANDS] if command != "evaluate"] + [["evaluate", "--help"]]}:
    try:
        main(arguments)
    except SystemExit as end:
        assert end.code == 0, arguments
    allowed = {{"numpy", "sklearn"}} if arguments == ["evaluate", "--help"] else set()
    heavy = {HEAVY} & set(sys.modules) - allowed
    assert not heavy, (arguments, heavy)
"""
    assert run_script(code).count("Usage:") == 2 + len(COMMANDS)


@pytest.mark.once
@pytest.mark.parametrize("arguments", [["--help"], ["list"]], ids=" ".join)
def test_looking_up_takes_a_moment(arguments):
    def seconds():  # of the processor, which the machine's other work does not change much
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "kerasgen", *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.3


USAGE = {
    "unknown command": (["trian", "vae"], "did you mean train or translate?"),
    "unknown option": (["train", "vae", "--epoch", "3"], "--epoch"),
    "no recipe": (["train"], "RECIPE"),
    "unknown recipe": (["train", "vea"], "did you mean vae"),
    "unknown recipe to show": (["show", "dcgna"], "did you mean dcgan"),
    "unknown setting": (["train", "vae", "--set", "latent_dims=3"], "did you mean latent_dim"),
    "setting without a value": (["train", "vae", "--set", "beta"], "give name=value"),
    "setting of a wrong type": (["train", "vae", "--set", "latent_dim=many"], "latent_dim of vae is a whole number"),
    "zero epochs": (["train", "vae", "--epochs", "0"], "--epochs"),
    "negative epochs": (["train", "vae", "--epochs", "-1"], "--epochs"),
    "zero batch size": (["train", "vae", "--batch-size", "0"], "--batch-size"),
    "zero image size": (["train", "vae", "--image-size", "0"], "--image-size"),
    "empty out": (["train", "vae", "--out", ""], "--out is empty"),
    "negative seed": (["train", "vae", "--seed", "-1"], "--seed"),
    "a setting given twice": (["train", "vae", "--set", "beta=1", "--set", "beta=2"], "beta is given twice"),
    "two directions": (
        ["train", "pix2pix", "--direction", "AtoB", "--set", "direction=BtoA"],
        "direction is given twice",
    ),
    "more epochs than can be": (["train", "vae", "--epochs", "1000001"], "from 1 to 1,000,000"),
    "dry run with a set of another kind": (["train", "pix2pix", "--dry-run", "--dataset", "digits"], "give outlines"),
    "unknown backend": (["train", "vae", "--backend", "theano"], "'tensorflow', 'jax', 'torch'"),
    "missing model": (["generate", "runs/vae-1/model.keras"], "does not exist"),
    "unknown data set": ([*TINY_VAE, "--dataset", "digts"], "did you mean digits"),
    "batch larger than the set": ([*TINY_VAE, "--batch-size", "5000"], "5000"),
    "image size that the network cannot make": ([*TINY_GAN, "--image-size", "15"], "15"),
}


@pytest.mark.parametrize("case", USAGE)
def test_a_wrong_call_ends_with_2(case, here):
    arguments, words = USAGE[case]
    assert_refused(kerasgen(*arguments), 2, words)
    assert not any(here.iterdir())
