"""TensorBoard reads the numbers and pictures of event files; links are not followed."""

import io
import os

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kerasgen.callbacks.event_file import EventFile, tag_of

pytestmark = pytest.mark.once


def test_numbers_and_pictures_are_read_by_tensorboard(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.arange(30 * 20, dtype="uint8").reshape(20, 30)).save(buffer, format="PNG")
    events = EventFile(tmp_path / "new" / "logs")
    events.add_scalars(1, {"Train/loss": 0.5, "Test/loss": float("nan")})
    events.add_png(1, "samples", buffer.getvalue())
    events.add_scalars(2, {"Train/loss": 0.25})
    assert [path.name for path in (tmp_path / "new" / "logs").iterdir()] == [events.path.name]
    read = EventAccumulator(str(tmp_path / "new" / "logs")).Reload()
    assert [(event.step, event.value) for event in read.Scalars("Train/loss")] == [(1, 0.5), (2, 0.25)]
    assert np.isnan(read.Scalars("Test/loss")[0].value)
    (picture,) = read.Images("samples")
    assert (picture.step, picture.width, picture.height) == (1, 30, 20)
    with Image.open(io.BytesIO(picture.encoded_image_string)) as image:
        assert image.size == (30, 20)


def test_two_trainings_at_once_have_two_files(tmp_path):
    assert EventFile(tmp_path).path != EventFile(tmp_path).path


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("victim"), os.mkfifo])
def test_nothing_is_written_through_a_link_or_into_a_pipe(make, tmp_path):
    (tmp_path / "victim").write_text("precious")
    events = EventFile(tmp_path)
    make(events.path)
    with pytest.raises(OSError, match="not a regular file") as caught:
        events.add_scalars(1, {"Train/loss": 0.5})
    assert caught.value.filename == str(events.path)
    assert (tmp_path / "victim").read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("loss", "Train/loss"),
        ("val_kl_divergence", "Test/kl_divergence"),
        ("real_accuracy", "Train/real_accuracy"),
        ("value", "Train/value"),
    ],
)
def test_tags(name, tag):
    assert tag_of(name) == tag
