import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from kerasgen.data import image_files
from kerasgen.data.image_files import decode, pixels, reason
from kerasgen.errors import DataError

pytestmark = pytest.mark.once

RAMP = np.linspace(0, 255, 64).round().astype(np.uint8).reshape(8, 8)
COLOURS = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


def stored(image, format="PNG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def grey_palette():
    image = Image.fromarray(RAMP, "L").convert("P")
    image.putpalette([value for value in range(256) for _ in range(3)])
    return image


def sixteen_bits():
    return Image.fromarray(RAMP.astype(np.uint16) * 257)


@pytest.mark.parametrize(
    ("file", "mode", "expected"),
    [
        (lambda: stored(Image.fromarray(RAMP)), "L", RAMP),
        (lambda: stored(Image.fromarray(RAMP > 99)), "L", (RAMP > 99) * 255),
        (lambda: stored(sixteen_bits()), "L", RAMP),
        (lambda: stored(sixteen_bits(), "TIFF"), "L", RAMP),
        (lambda: stored(Image.fromarray(RAMP.astype(np.int32) * 257), "TIFF"), "L", RAMP),
        (lambda: stored(Image.fromarray(RAMP.astype(np.float32) / 255), "TIFF"), "L", RAMP),
        (lambda: stored(grey_palette()), "L", RAMP),
        (lambda: stored(Image.fromarray(np.dstack([RAMP, RAMP * 0 + 255]), "LA")), "L", RAMP),
        (lambda: stored(Image.fromarray(np.dstack([RAMP, RAMP * 0]), "LA")), "L", RAMP * 0 + 255),
        (lambda: stored(Image.fromarray(COLOURS)), "RGB", COLOURS),
        (lambda: stored(Image.fromarray(COLOURS), "BMP"), "RGB", COLOURS),
        (lambda: stored(Image.fromarray(COLOURS), "WEBP", lossless=True), "RGB", COLOURS),
        (lambda: stored(Image.fromarray(COLOURS).quantize(64)), "RGB", COLOURS),
        (lambda: stored(Image.fromarray(COLOURS).quantize(64), "GIF"), "RGB", COLOURS),
        (lambda: stored(Image.fromarray(255 - np.dstack([COLOURS, RAMP * 0 + 255]), "CMYK"), "TIFF"), "RGB", COLOURS),
        (lambda: stored(Image.fromarray(np.dstack([COLOURS, RAMP * 0]), "RGBA")), "RGB", COLOURS * 0 + 255),
        (lambda: stored(Image.fromarray(np.dstack([COLOURS, RAMP * 0 + 255]), "RGBA")), "RGB", COLOURS),
    ],
)
def test_every_mode_becomes_the_right_eight_bits(file, mode, expected):
    image = decode(file())
    assert image.mode == mode
    assert np.abs(np.asarray(image).astype(int) - expected).max() <= 1


def test_a_transparent_palette_colour_is_white():
    image = grey_palette()
    read = np.asarray(decode(stored(image, transparency=0)))
    assert read[0, 0] == 255
    assert np.array_equal(read.ravel()[1:], RAMP.ravel()[1:])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation):
    turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation -> the transposition that makes it
    upright = Image.fromarray(COLOURS[:6])
    turned = upright.transpose(turn[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(np.asarray(decode(stored(turned, exif=exif))), COLOURS[:6])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow says that it is broken
def test_a_broken_exif_block_is_no_reason_to_lose_an_image():
    file = stored(Image.fromarray(COLOURS), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense")
    assert decode(file).size == (8, 8)


def test_pixels_are_cut_to_the_central_square_and_resized():
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, 10:30] = 90
    read = pixels(decode(stored(Image.fromarray(wide))), 3, 10)
    assert read.shape == (10, 10, 3)
    assert (read[:, 2:-2] == 90).all()
    assert pixels(decode(stored(Image.fromarray(wide))), 1).shape == (20, 40, 1)


def test_a_large_jpeg_decoded_small_looks_like_the_whole_one_made_small():
    y, x = np.mgrid[:640, :800]
    photo = np.dstack([x % 256, y % 256, (x + y) // 6]).astype(np.uint8)
    file = stored(Image.fromarray(photo), "JPEG", quality=95)
    small, whole = (pixels(decode(file, size), 3, 32).astype(int) for size in (32, None) if not file.seek(0))
    assert np.abs(small - whole).mean() < 4


def bomb():
    """Return a PNG of a few bytes that says it has 50,000 x 50,000 pixels."""
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IDAT"


def cut(format):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    whole = stored(Image.fromarray(noise), format).getvalue()
    return whole[: len(whole) * 2 // 3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is no image", "cannot identify image file"),
        (cut("PNG"), ""),
        (cut("JPEG"), "truncated"),
        (cut("BMP"), "truncated"),
        (bomb(), "decompression bomb"),
        (stored(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF").getvalue(), "nan"),
        (stored(Image.fromarray(np.full((8, 8), 99, np.float32)), "TIFF").getvalue(), "99.0; expected 0 to 1"),
        (stored(Image.fromarray(RAMP), "PPM").getvalue(), "cannot identify image file"),
    ],
)
def test_bad_files_have_a_reason_in_one_line(content, words):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Pillow has no common error
        decode(io.BytesIO(content))
    why = reason(caught.value)
    assert words in why
    assert why
    assert "\n" not in why


def test_images_of_too_many_pixels_are_refused(monkeypatch):
    monkeypatch.setattr(image_files, "MAX_PIXELS", 40)
    with pytest.raises(DataError, match="8x8 is more than 40 pixels"):
        decode(stored(Image.fromarray(RAMP)))
