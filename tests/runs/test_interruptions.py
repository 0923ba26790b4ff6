"""Interrupted and failing trainings: the files that are kept and those that are removed."""

import errno
import itertools
import os
import resource
import signal

import keras
import numpy as np
import pytest

from kerasgen import runs
from kerasgen.callbacks import run_log
from kerasgen.data import Batches
from kerasgen.errors import RunError
from kerasgen.io import history
from kerasgen.io.checkpoints import Checkpoints


def settings(**overrides):
    tiny = {
        "dataset": "digits",
        "epochs": 2,
        "batch_size": 400,
        "image_size": 8,
        "options": {"hidden_dim": 8, "latent_dim": 2},
    }
    return runs.resolve("vae", **(tiny | overrides))


def failing(error, after):
    """Return a `Batches.__getitem__` that raises `error` from batch number `after` on."""
    get, asked = Batches.__getitem__, iter(range(10**9))

    def get_or_fail(self, index):
        if next(asked) >= after:
            raise error
        return get(self, index)

    return get_or_fail


@pytest.mark.parametrize("progress", [True, False])
def test_ctrl_c_before_the_first_step_leaves_nothing_or_the_beginning(progress, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Batches, "__getitem__", failing(KeyboardInterrupt, after=0))
    with pytest.raises(KeyboardInterrupt):
        runs.train(settings(), out=tmp_path / "run", progress=progress)
    if (tmp_path / "run").exists():  # TensorFlow asks for a batch before the training begins, JAX afterwards
        assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["lock", "epoch-0000"]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_middle_of_a_step_waits_for_its_end(number, code, tmp_path, monkeypatch):
    get, asked = Batches.__getitem__, itertools.count()

    def get_and_interrupt(self, index):
        if next(asked) == 7:
            os.kill(os.getpid(), number)
        return get(self, index)

    monkeypatch.setattr(Batches, "__getitem__", get_and_interrupt)
    before = signal.getsignal(number)
    with pytest.raises(runs.Interrupted) as interrupted:
        runs.train(settings(epochs=50), out=tmp_path / "run", progress=False)
    assert interrupted.value.exit_code == code
    assert signal.getsignal(number) is before
    model = keras.saving.load_model(interrupted.value.run.model_path)
    assert 0 < int(model.optimizer.iterations) < 40
    assert np.isfinite(model.generate(2, seed=0)).all()


@pytest.mark.slow
@pytest.mark.once
def test_a_failure_in_the_first_epoch_leaves_nothing_so_that_the_same_command_works_again(tmp_path):
    def fail(self, data):
        raise RuntimeError("out of memory")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("kerasgen.models.VAE.train_step", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            runs.train(settings(), out=tmp_path / "deep" / "run", progress=False)
    assert not (tmp_path / "deep" / "run").exists()
    run = runs.train(settings(), out=tmp_path / "deep" / "run", progress=False)
    assert len(run.history_path.read_text().splitlines()) == 3


@pytest.mark.slow
@pytest.mark.once
def test_a_failure_after_the_first_epoch_was_drawn_leaves_nothing(tmp_path, monkeypatch):
    write, written = Checkpoints.write, itertools.count()

    def write_or_fail(self, *args):
        if next(written) == 1:
            raise OSError(28, "No space left on device")
        return write(self, *args)

    monkeypatch.setattr(Checkpoints, "write", write_or_fail)
    with pytest.raises(RunError, match="No space left on device"):
        runs.train(settings(), out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.once
def test_files_of_others_in_the_directory_stay(tmp_path, monkeypatch):
    def fail(self, data):
        (tmp_path / "run" / "notes.txt").write_text("mine")
        raise RuntimeError("out of memory")

    monkeypatch.setattr("kerasgen.models.VAE.train_step", fail)
    with pytest.raises(RuntimeError):
        runs.train(settings(), out=tmp_path / "run", progress=False)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


@pytest.fixture
def small_files():
    """Limit all files to 30,000 bytes; writing more fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.once
@pytest.mark.usefixtures("small_files")
def test_a_disk_that_takes_no_more_is_one_clear_error(tmp_path):
    with pytest.raises(RunError, match="training stopped: "):
        runs.train(settings(), out=tmp_path / "run", progress=False)
    assert list(tmp_path.glob("run/.*")) == []


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("epoch", [1, 2])
def test_a_full_disk_names_the_file_and_the_last_checkpoint_that_is_left(epoch, tmp_path, monkeypatch):
    """Here the table cannot be written; before the first checkpoint of a trained model none is promised."""
    write = history.write_history

    def write_or_fail(path, rows):
        if len(rows) == epoch:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, rows)

    monkeypatch.setattr(run_log, "write_history", write_or_fail)
    with pytest.raises(RunError) as stopped:
        runs.train(settings(), out=tmp_path / "run", progress=False)
    message = f"training stopped: {tmp_path / 'run' / 'history.csv'}: No space left on device"
    if epoch == 1:
        assert str(stopped.value) == message
        assert not (tmp_path / "run").exists()
    else:
        kept = tmp_path / "run" / "checkpoints" / "epoch-0001"
        assert str(stopped.value) == f"{message}; the last checkpoint is {kept}"
        assert Checkpoints(kept.parent).newest()[0].path == kept
