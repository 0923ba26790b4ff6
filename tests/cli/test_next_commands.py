"""The commands that a training prints under "Try next": each of them works on that run."""

import shlex

import pytest

from kerasgen import zoo
from kerasgen.cli import train
from tests.cli.conftest import kerasgen

RUNS = {
    "vae": (["vae"], ["generate", "generate", "reconstruct", "latents", "animate"]),
    "gan": (["gan"], ["generate", "animate"]),
    "cgan": (["cgan"], ["generate", "animate"]),
    "cvae": (["cvae"], ["generate", "reconstruct", "latents", "animate"]),
    "vae-gan": (["vae-gan"], ["generate", "reconstruct", "latents", "animate"]),
    "autoencoder-conv": (["autoencoder-conv"], ["reconstruct", "generate", "latents", "animate"]),
    "vq-vae": (["vq-vae"], ["reconstruct", "encode", "train", "animate"]),
    "autoencoder": (["autoencoder"], ["reconstruct", "latents", "animate"]),
    "latent-diffusion": (["latent-diffusion"], ["generate", "interpolate", "reconstruct", "animate"]),
    "denoising-autoencoder": (["denoising-autoencoder"], ["denoise", "animate"]),
    "pix2pix": (["pix2pix"], ["translate", "animate"]),
    "cyclegan": (["cyclegan"], ["translate", "animate"]),
    "gan of points": (["gan", "--dataset", "ring-8"], ["generate", "animate"]),
    "vae of points": (
        ["vae", "--dataset", "ring-8", "--set", "likelihood=gaussian"],
        ["generate", "generate", "latents", "animate"],
    ),
}


def next_commands(output):
    """Return the commands under "Try next"."""
    lines = output.split("Try next\n")[1].splitlines()
    assert all(line.startswith("  kerasgen ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("case", RUNS)
def test_every_command_to_try_next_works_on_the_run(case, here):
    arguments, names = RUNS[case]
    recipe = zoo.get(arguments[0])
    tiny = {name: value for name, value in recipe.tiny.items() if name in recipe.options}
    settings = [word for name, value in tiny.items() for word in ("--set", f"{name}={value}")]
    size = ["--image-size", recipe.tiny.get("image_size", 8), "--batch-size", 100]
    if "--dataset" in arguments:  # 100,000 points
        size = ["--batch-size", 5000]
    out = here / "my first run"
    result = kerasgen("train", *arguments, *settings, *size, "--epochs", 1, "--out", out)
    assert result.exit_code == 0, result.output
    commands = next_commands(result.output)
    assert [command[0] for command in commands] == names
    assert len(commands) <= train.MAX_NEXT
    for command in commands:
        is_training = command[0] == "train"
        done = kerasgen(*command, *(["--dry-run"] if is_training else []))
        assert done.exit_code == 0, done.output
        assert is_training or "Wrote " in done.output
    if recipe.options.get("conditional") and recipe.options["conditional"].default:
        assert commands[0] == ["generate", str(out), "--label", "all"]
