"""A folder with all kinds of files that people, cameras and broken downloads leave behind."""

import io
import os
import struct
import time
import unicodedata
import zlib

import numpy as np
import pytest
from PIL import Image

from kerasgen import data, runs
from kerasgen.data import bad_files
from kerasgen.data import dataset as dataset_module
from kerasgen.data.image_folder import scan
from kerasgen.data.splits import split_by_hash
from kerasgen.errors import DataError, UsageError
from tests.cli.conftest import TINY_VAE, assert_refused, kerasgen

pytestmark = pytest.mark.once

SIDE = 16
HALVES = np.zeros((SIDE, SIDE, 3), np.uint8)  # red at the top, blue at the bottom left, green at the bottom right
HALVES[:8] = 255, 0, 0
HALVES[8:, :8] = 0, 0, 255
HALVES[8:, 8:] = 0, 255, 0
GREY = np.asarray(Image.fromarray(HALVES).convert("L"))
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation -> the transposition by the camera


def image_as(mode):
    """Return the picture as an opaque Pillow image of that mode."""
    if mode == "I;16":
        return Image.fromarray(GREY.astype(np.uint16) * 257)
    if mode in ("RGBA", "LA"):
        image = Image.fromarray(HALVES if mode == "RGBA" else GREY)
        image.putalpha(255)
        return image
    if mode == "P":
        return Image.fromarray(HALVES).quantize(8)
    if mode == "CMYK":
        return Image.fromarray(np.dstack([255 - HALVES, HALVES[..., 0] * 0]), "CMYK")
    return Image.fromarray(HALVES).convert(mode)


def png_header(width, height):
    """Return a PNG file that ends after its header."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IDAT"


def good_files(root):
    """Write the picture in every mode, orientation and kind of name; return the number of files."""
    root.mkdir(parents=True, exist_ok=True)
    for mode in ("RGB", "RGBA", "LA", "L", "P", "CMYK", "I;16"):
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            image = image_as(mode)
            image = image.transpose(TURNS[orientation]) if orientation > 1 else image
            format, suffix = ("TIFF", "tif") if mode == "CMYK" else ("PNG", "png")
            image.save(root / f"{mode.replace(';', '')}-{orientation}.{suffix}", format, exif=exif)
    frames = [Image.fromarray(HALVES), Image.fromarray(255 - HALVES)]
    frames[0].save(root / "animated.gif", save_all=True, append_images=frames[1:])
    frames[0].save(root / "animated.webp", save_all=True, append_images=frames[1:], lossless=True)
    names = ["with space", "new\nline", "emoji 🙂", "LONG" * 60, "'; rm -rf", "-n", "%s", "UPPER.PNG"]
    names += [unicodedata.normalize(form, "größe é") for form in ("NFC", "NFD")]
    for name in names:
        Image.fromarray(HALVES).save(root / name, "PNG")
    return 7 * 8 + 2 + len(names)


def bad_ones(root):
    """Write files that are not images, and links; return their names."""
    photo = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(photo, "JPEG")
    files = {
        "truncated.jpg": photo.getvalue()[: len(photo.getvalue()) // 2],
        "zero.png": b"",
        "text.png": b"this is no picture",
        "bomb.png": png_header(50_000, 50_000),
        "bomb.gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + bytes(9),
    }
    for name, content in files.items():
        (root / name).write_bytes(content)
    os.symlink(root, root / "loop")
    os.symlink("two", root / "one")
    os.symlink("one", root / "two")
    os.symlink("nowhere", root / "dangling.png")
    os.mkfifo(root / "pipe.png")
    return [*files, "loop", "one", "two", "dangling.png", "pipe.png"]


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "photos"
    return root, good_files(root), bad_ones(root)


def test_every_good_file_is_read_and_every_bad_one_named_once(folder):
    root, good, bad = folder
    start = time.perf_counter()
    dataset = data.load(root)
    assert time.perf_counter() - start < 10
    assert len(dataset.train) + len(dataset.test) == good
    assert [path for path, _ in dataset.skipped] == sorted(bad)
    lines = bad_files.skipped_lines(dataset)
    assert lines[0] == f"skipped {len(bad)} files that are not images:"
    assert len(lines) == 1 + len(bad)
    for (path, reason), line in zip(dataset.skipped, lines[1:], strict=True):
        assert reason
        assert line == f"  {path} ({reason})"


def test_colours_and_orientation_are_right_within_one_level(folder):
    root, *_ = folder
    dataset = data.load(root)
    paths = [file.path for file in scan(root)[0]]
    rows = split_by_hash(paths, 0.1)
    wrong = {}
    for images, part in zip((dataset.train, dataset.test), rows, strict=True):
        for image, row in zip(images[:], part, strict=True):
            grey = paths[row].split("-")[0] in ("L", "LA", "I16")
            expected = np.repeat(GREY[..., None], 3, axis=2) if grey else HALVES
            difference = np.abs(image.astype(int) - expected).max()
            if difference > 1:
                wrong[paths[row]] = difference
    assert wrong == {}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_of_a_camera_is_upright_at_any_size(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    large = Image.fromarray(HALVES.repeat(16, 0).repeat(20, 1))  # not square: its sides are cropped
    for name in "ab":
        turned = large.transpose(TURNS[orientation]) if orientation > 1 else large
        turned.save(tmp_path / f"{name}.jpg", exif=exif, quality=95, subsampling=0)
    image = data.load(tmp_path, image_size=8).train[0].astype(int)
    assert np.abs(image[1, 1] - [255, 0, 0]).max() <= 4
    assert np.abs(image[6, 1] - [0, 0, 255]).max() <= 4
    assert np.abs(image[6, 6] - [0, 255, 0]).max() <= 4


def test_half_transparent_pixels_are_half_white(tmp_path):
    for name in "ab":
        Image.fromarray(np.dstack([HALVES, np.full((SIDE, SIDE), 128, np.uint8)]), "RGBA").save(
            tmp_path / f"{name}.png"
        )
    expected = HALVES * (128 / 255) + 255 * (127 / 255)
    assert np.abs(data.load(tmp_path).train[0] - expected).max() <= 1


def settings(root):
    return runs.resolve(
        "vae", {"hidden_dim": 4, "latent_dim": 2}, dataset=str(root), image_size=8, batch_size=10, epochs=1
    )


def grey_images(root, count):
    root.mkdir()
    for number in range(count):
        Image.new("L", (8, 8), 255 - number).save(root / f"{number:03}.bmp")


@pytest.mark.slow
def test_one_file_in_a_hundred_may_be_bad_and_more_are_an_error(tmp_path):
    grey_images(tmp_path / "photos", 198)
    lines = []
    for number in range(2):
        (tmp_path / "photos" / f"bad {number}.png").write_bytes(b"")
    runs.train(settings(tmp_path / "photos"), out=tmp_path / "run", progress=False, report=lines.append)
    for number in range(2):
        assert "\n".join(lines).count(f"bad {number}.png (empty file)") == 1
    (tmp_path / "photos" / "bad 2.png").write_bytes(b"")
    with pytest.raises(
        DataError, match=r"photos: 3 of 201 files are not images, such as bad 0\.png \(empty file\)"
    ) as e:
        runs.train(settings(tmp_path / "photos"), out=tmp_path / "other", progress=False)
    assert not (tmp_path / "other").exists()
    share = float(str(e.value).split("--max-bad ")[1])
    bad_files.check(data.load(tmp_path / "photos"), share)


def test_one_bad_file_is_allowed_unless_the_limit_is_0(tmp_path):
    grey_images(tmp_path / "photos", 3)
    bad_files.check(data.load(tmp_path / "photos"), 0)
    (tmp_path / "photos" / "notes.txt").write_text("three photos")
    dataset = data.load(tmp_path / "photos")
    bad_files.check(dataset)
    line = "skipped 1 file that is not an image: notes.txt (cannot identify image file)"
    assert bad_files.skipped_lines(dataset) == [line]
    with pytest.raises(DataError, match=r"1 of 4 files are not images, such as notes\.txt"):
        bad_files.check(dataset, 0)
    with pytest.raises(UsageError, match="between 0 and 1"):
        bad_files.check(dataset, 2)


def test_files_that_vanish_during_training_are_named_once_and_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_module, "MEMORY_BUDGET", 0)  # otherwise the images stay in memory
    grey_images(tmp_path / "photos", 40)
    lines = []

    def report(line):
        lines.append(line)
        for number in range(0, 40, 10):
            (tmp_path / "photos" / f"{number:03}.bmp").unlink(missing_ok=True)
        (tmp_path / "photos" / "001.bmp").write_bytes(b"no picture any more")

    run = runs.train(settings(tmp_path / "photos"), out=tmp_path / "run", progress=False, report=report)
    assert run.model_path.is_file()
    named = [line.strip() for line in lines if line.endswith(".bmp")]
    assert len(named) == len(set(named)) >= 3  # the incomplete last batch of an epoch is left out
    assert set(named) <= {"000.bmp", "001.bmp", "010.bmp", "020.bmp", "030.bmp"}


def test_the_command_stops_in_one_line_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grey_images(tmp_path / "photos", 9)
    (tmp_path / "photos" / "notes.txt").write_text("nine photos")
    assert_refused(
        kerasgen(*TINY_VAE, "--dataset", "photos", "--batch-size", 4, "--max-bad", "0"),
        1,
        "1 of 10 files are not images",
    )
    assert_refused(kerasgen(*TINY_VAE, "--dataset", "photos", "--batch-size", 4, "--max-bad", "2"), 2, "--max-bad")
    assert not (tmp_path / "runs").exists()
