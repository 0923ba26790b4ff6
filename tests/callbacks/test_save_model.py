import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import SaveModel

IMAGES = np.random.default_rng(0).random((16, 8, 8, 1), dtype="float32")


def test_the_file_is_the_model_of_the_last_epoch(tmp_path):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    model.fit(IMAGES, batch_size=8, epochs=3, verbose=0, callbacks=[SaveModel(tmp_path / "new" / "model.keras")])
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["model.keras"]
    saved = keras.saving.load_model(tmp_path / "new" / "model.keras")
    assert int(saved.optimizer.iterations) == 6
    np.testing.assert_array_equal(saved.generate(4, seed=0), model.generate(4, seed=0))


SAVING = """
import sys, numpy as np, kerasgen
model = kerasgen.create("vae", image_size=8, hidden_dim=256, latent_dim=2)
save = kerasgen.callbacks.SaveModel(sys.argv[1])
save.set_model(model)
while True:
    save.save()
"""


@pytest.mark.once
def test_a_kill_leaves_a_whole_file(tmp_path):
    path = tmp_path / "model.keras"
    process = subprocess.Popen([sys.executable, "-c", SAVING, path], stderr=subprocess.PIPE, text=True)
    started = time.monotonic()
    while not path.exists():
        assert process.poll() is None, process.stderr.read()[-2000:]
        assert time.monotonic() - started < 120
        time.sleep(0.01)
    time.sleep(np.random.default_rng().uniform(0.0, 0.5))
    process.kill()
    process.communicate()
    assert np.isfinite(keras.saving.load_model(path).generate(2, seed=0)).all()
