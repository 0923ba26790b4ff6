"""One picture for each epoch, all from the same latents."""

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import kerasgen
from kerasgen.callbacks import Checkpoint, EventFile, SampleGrid
from kerasgen.errors import UsageError

IMAGES = np.random.default_rng(0).random((16, 8, 8, 1), dtype="float32")


def pictures(directory):
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def test_all_pictures_come_from_the_same_latents_and_images(tmp_path):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2, learning_rate=0.0)
    model.fit(IMAGES, epochs=4, verbose=0, callbacks=[SampleGrid(tmp_path / "a" / "b", images=IMAGES, n=16, every=2)])
    written = pictures(tmp_path / "a" / "b")
    assert list(written) == ["epoch-0000.png", "epoch-0002.png", "epoch-0004.png"]
    assert len(set(written.values())) == 1  # nothing is learnt at a rate of 0


def test_the_pictures_follow_the_training(tmp_path):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2, learning_rate=0.1)
    model.fit(IMAGES, epochs=1, verbose=0, callbacks=[SampleGrid(tmp_path, n=4)])
    assert len(set(pictures(tmp_path).values())) == 2


@pytest.mark.once
def test_tensorboard_has_the_pictures_of_some_epochs_and_of_the_last(tmp_path):
    model = kerasgen.create("vae", image_size=8, hidden_dim=8, latent_dim=2)
    grid = SampleGrid(tmp_path / "samples", n=4, events=EventFile(tmp_path / "logs"))
    model.fit(IMAGES, epochs=7, verbose=0, callbacks=[grid])
    pictures = EventAccumulator(str(tmp_path / "logs"), {"images": 10}).Reload().Images("samples")
    assert [picture.step for picture in pictures] == [0, 1, 2, 4, 7]
    last = (tmp_path / "samples" / "epoch-0007.png").read_bytes()
    assert pictures[-1].encoded_image_string == last


@pytest.mark.once
@pytest.mark.parametrize("kind", [Checkpoint, SampleGrid])
@pytest.mark.parametrize("every", [0, -1, 1.5, True, "often"])
def test_an_interval_that_cannot_be_is_refused_at_once(kind, every, tmp_path):
    with pytest.raises(UsageError, match="every"):
        kind(tmp_path, every=every)
