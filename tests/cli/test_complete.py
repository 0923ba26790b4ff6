"""`kerasgen complete`."""

import pytest

from tests.cli.conftest import assert_refused, kerasgen, pixels


@pytest.mark.slow
@pytest.mark.once
def test_complete_shows_the_originals_and_two_completions(vae_run, here):
    options = ["width=2", "blocks=1", "kernel=3", "first_kernel=3", "head=2"]
    settings = [word for option in options for word in ("--set", option)]
    trained = kerasgen(
        "train", "pixelcnn", "--dataset", "digits", "--image-size", 8, "--epochs", 1, "--batch-size", 800, *settings
    )
    assert trained.exit_code == 0, trained.output
    assert "kerasgen complete" in trained.output
    assert kerasgen("complete", "runs/pixelcnn-1", "-n", 3, "-o", "whole.png").exit_code == 0
    assert pixels("whole.png").shape[0] == 3 * 58 + 2
    assert_refused(kerasgen("complete", "runs/pixelcnn-1", "--rows", 9), 2, "from 0 to 8")
    assert_refused(kerasgen("complete", vae_run), 2, "is a VAE, which cannot complete")
