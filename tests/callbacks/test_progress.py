import fcntl
import io
import os
import pty
import re
import select
import struct
import sys
import termios

import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import Progress

pytestmark = pytest.mark.once

IMAGES = np.random.default_rng(0).random((24, 8, 8, 1), dtype="float32")
OPTIONS = {"vae": {"hidden_dim": 8, "latent_dim": 2}, "dcgan": {"width": 2, "hidden_dim": 4, "latent_dim": 2}}


def fit(recipe):
    model = kerasgen.create(recipe, image_size=8, **OPTIONS[recipe])
    history = model.fit(IMAGES, validation_data=IMAGES, batch_size=8, epochs=2, verbose=0, callbacks=[Progress()])
    return history.history


@pytest.mark.parametrize("recipe", OPTIONS)
def test_a_line_for_each_epoch_where_there_is_no_terminal(recipe, capsys):
    history = fit(recipe)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    key = "loss" if recipe == "vae" else "generator_loss"
    assert f"{key} {history[key][1]:#.4g}" in lines[1]  # the name that it has in the table


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_with_the_time_left_before_the_values(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    history = fit("vae")
    last = sys.stderr.getvalue().strip().split("\r")[-1]
    values = f"loss {history['loss'][1]:#.4g} +val_loss {history['val_loss'][1]:#.4g}"
    assert re.search(f"left  epoch 2/2 00:00 left  {values}  ", last)
    assert last.startswith("100%")
    assert re.search(r"\d\d:\d\d left", last)


def test_lines_have_the_time_that_is_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    progress = Progress()
    progress.set_params({"epochs": 4, "steps": 1})
    progress.on_train_begin()
    for epoch, seconds in enumerate([60.0, 10.0, 30.0, 20.0]):  # the first one with the compilation
        progress.on_epoch_begin(epoch)
        now[0] += seconds
        progress.on_epoch_end(epoch, {"loss": 1.0})
    left = [re.search(r" s +([\d:]+) left$", line) for line in capsys.readouterr().err.splitlines()]
    assert [match and match[1] for match in left] == ["03:00", "00:20", "00:20", None]


def test_the_bar_of_a_resumed_training_starts_where_it_was(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = Progress()
    progress.set_params({"epochs": 10, "steps": 5})
    progress.on_train_begin()
    progress.on_epoch_begin(8)
    for batch in range(5):
        progress.on_train_batch_end(batch)
    progress.on_epoch_end(8, {"loss": 1.0})
    assert " 90% " in sys.stderr.getvalue().split("\r")[-1]
    progress.on_train_end()


def test_close_before_the_first_epoch_writes_nothing(capsys):
    Progress().close()
    assert capsys.readouterr() == ("", "")


def test_the_lines_of_all_epochs_have_the_same_columns(capsys):
    progress = Progress()
    progress.set_params({"epochs": 100, "steps": 1})
    progress.on_train_begin()
    for epoch, loss in enumerate([12345.6, 0.5, 1e-12, -3.0, 1.0, 999.96, 1000.0]):
        progress.on_epoch_begin(epoch)
        progress.on_epoch_end(epoch, {"loss": loss, "kl_divergence": 10.0 * loss, "val_kl_divergence": 5.0})
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  loss ")[0] for line in lines] == [f"epoch {epoch:>3}/100" for epoch in range(1, 8)]
    columns = {
        (line.index("kl_divergence"), line.index(" s")) for line in lines[2:]
    }  # as wide as the widest until then
    assert len(columns) == 1
    assert "val_kl_divergence" not in lines[0]
    assert [line.split()[3] for line in lines] == [
        "1.235e+04",
        "0.5000",
        "1.000e-12",
        "-3.000",
        "1.000",
        "1000",
        "1000",
    ]


@pytest.mark.parametrize(("columns", "shown"), [(0, "epoch 1/1  loss 0.5000"), (80, "100%")])
def test_a_terminal_of_no_width_gets_lines(columns, shown, monkeypatch):
    """Some containers and editors have such terminals, and tqdm writes nothing there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        progress = Progress()
        progress.set_params({"epochs": 1, "steps": 1})
        progress.on_train_begin()
        progress.on_epoch_begin(0)
        progress.on_train_batch_end(0, {"loss": 0.5})
        progress.on_epoch_end(0, {"loss": 0.5})
        progress.on_train_end()
        terminal.flush()
        written = ""
        while shown not in written:  # the terminal passes the text on in pieces
            assert select.select([master], [], [], 10)[0], written
            written += os.read(master, 10_000).decode()
    os.close(master)
