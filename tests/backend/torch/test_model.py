"""PyTorch: the model class."""

import os
import subprocess
import sys

import pytest

from tests.processes import START

pytestmark = pytest.mark.once

WORKER = """
import sys
import numpy as np
import torch
import kerasgen

rank, size, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.distributed.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=size)
model = kerasgen.create("vae", sample_shape=(4, 4, 1), hidden_dim=4, latent_dim=2)
model.compile()
model.fit(np.zeros((8, 4, 4, 1), "float32"), batch_size=4, verbose=0)
"""


def train_in_a_group(size, path):
    """Return the completed processes, as `(exit code, error output)`."""
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START + WORKER, str(rank), str(size), str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for rank in range(size)
    ]
    return [(process.communicate(timeout=300)[1], process.returncode) for process in processes]


def test_several_processes_are_refused_because_their_gradients_would_not_be_averaged(tmp_path):
    for errors, code in train_in_a_group(2, tmp_path / "group"):
        assert code == 1
        assert "UsageError: torch.distributed has 2 processes" in errors


@pytest.mark.slow
def test_a_group_of_one_process_trains(tmp_path):
    [(errors, code)] = train_in_a_group(1, tmp_path / "group")
    assert code == 0, errors
