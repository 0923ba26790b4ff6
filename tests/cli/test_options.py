"""Options that several commands share."""

import os

import pytest

from tests.cli.conftest import assert_refused, kerasgen

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", ["vae-1", "runs/vae1", "vea-1"])
@pytest.mark.parametrize("command", ["generate", "evaluate", "resume", "animate", "compare"])
def test_a_run_that_does_not_exist_is_answered_with_the_nearest(command, name, here):
    (here / "runs" / "vae-1").mkdir(parents=True)
    (here / "runs" / "cgan-1").mkdir()
    assert_refused(
        kerasgen(command, name), 2, f"'{name}' does not exist; did you mean {os.path.join('runs', 'vae-1')}?"
    )
