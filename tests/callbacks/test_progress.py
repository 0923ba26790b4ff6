import io
import re
import sys

import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import Progress

IMAGES = np.random.default_rng(0).random((24, 8, 8, 1), dtype="float32")
OPTIONS = {"vae": {"hidden_dim": 8, "latent_dim": 2}, "dcgan": {"width": 2, "latent_dim": 2}}


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
    assert f"{key.replace('_', ' ')} {history[key][1]:.4g}" in lines[1]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_with_the_time_left_before_the_values(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    history = fit("vae")
    last = sys.stderr.getvalue().strip().split("\r")[-1]
    wanted = f"left  epoch 2/2  loss {history['loss'][1]:.4g}  validation {history['val_loss'][1]:.4g}  "
    assert wanted in last
    assert last.startswith("100%")
    assert re.search(r"\d\d:\d\d left", last)


def test_close_before_the_first_epoch_writes_nothing(capsys):
    Progress().close()
    assert capsys.readouterr() == ("", "")
