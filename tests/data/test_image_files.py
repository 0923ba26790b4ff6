"""Decoding of image files to 8 bits."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from kerasgen.data import eight_bits, image_files
from kerasgen.data.image_files import decode, examine, open_image, pixels, reason
from kerasgen.data.levels import Levels
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
def test_an_image_with_a_broken_exif_block_is_read():
    file = stored(Image.fromarray(COLOURS), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense")
    assert decode(file).size == (8, 8)


def test_pixels_are_cropped_to_the_central_square_and_resized():
    wide = np.zeros((20, 40, 3), np.uint8)
    wide[:, 10:30] = 90
    read = pixels(decode(stored(Image.fromarray(wide))), 3, 10)
    assert read.shape == (10, 10, 3)
    assert (read[:, 2:-2] == 90).all()
    assert pixels(decode(stored(Image.fromarray(wide))), 1).shape == (20, 40, 1)


def test_a_jpeg_decoded_at_a_lower_resolution_looks_like_the_resized_one():
    y, x = np.mgrid[:640, :800]
    photo = np.dstack([x % 256, y % 256, (x + y) // 6]).astype(np.uint8)
    file = stored(Image.fromarray(photo), "JPEG", quality=95)
    small, whole = (pixels(decode(file, size), 3, 32).astype(int) for size in (32, None) if not file.seek(0))
    assert np.abs(small - whole).mean() < 4


def bomb():
    """Return a PNG of a few bytes whose header declares 50,000 x 50,000 pixels."""
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


DEEP = (RAMP.astype(np.uint16) * 257)[..., None]
ALPHA = np.where(np.arange(64).reshape(8, 8) % 3, 255, 0).astype(np.uint8)
ON_WHITE = np.where(ALPHA, RAMP, 255)


def tiff(values, photometric, extra=None):
    """Return a little-endian TIFF file of 16-bit integers or 32-bit floats in one strip; values (H, W, C)."""
    height, width, channels = values.shape
    bits, sample_format = (32, 3) if values.dtype.kind == "f" else (16, 1)
    content = values.astype("<f4" if bits == 32 else "<u2").tobytes()
    tags = {
        256: (3, [width]),
        257: (3, [height]),
        258: (3, [bits] * channels),
        259: (3, [1]),
        262: (3, [photometric]),
        273: (4, [8]),
        277: (3, [channels]),
        278: (3, [height]),
        279: (4, [len(content)]),
        339: (3, [sample_format] * channels),
    } | ({} if extra is None else {338: (3, [extra])})
    tags = dict(sorted(tags.items()))
    entries, more, after = b"", b"", 8 + len(content) + 2 + 12 * len(tags) + 4
    for tag, (kind, numbers) in tags.items():
        packed = struct.pack(f"<{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(packed) > 4:
            packed, more = struct.pack("<I", after + len(more)), more + packed
        entries += struct.pack("<HHI", tag, kind, len(numbers)) + packed.ljust(4, b"\0")
    return io.BytesIO(
        b"II*\0"
        + struct.pack("<I", 8 + len(content))
        + content
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
        + more
    )


def png16(values, colour_type, transparent=None):
    """Return a PNG file of 16 bits; values (H, W, C)."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    trns = b"" if transparent is None else chunk(b"tRNS", struct.pack(f">{len(transparent)}H", *transparent))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + header + trns + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


COLOURS_16 = COLOURS.astype(np.uint16) * 257
ALPHA_16 = ALPHA.astype(np.uint16)[..., None] * 257
COLOURS_ON_WHITE = np.where(ALPHA[..., None], COLOURS, 255)


@pytest.mark.parametrize(
    ("file", "mode", "expected"),
    [
        (lambda: tiff(DEEP, photometric=1), "L", RAMP),
        (lambda: tiff(DEEP, photometric=0), "L", 255 - RAMP),
        (lambda: tiff(DEEP[..., :1] / np.float32(65535), photometric=1), "L", RAMP),
        (lambda: tiff(DEEP[..., :1] / np.float32(65535), photometric=0), "L", 255 - RAMP),
        (lambda: tiff(COLOURS_16, photometric=2), "RGB", COLOURS),
        (lambda: tiff(65535 - np.dstack([COLOURS_16, DEEP * 0 + 65535]), photometric=5), "RGB", COLOURS),
        (lambda: tiff(np.dstack([COLOURS_16, ALPHA_16]), photometric=2, extra=2), "RGB", COLOURS_ON_WHITE),
        (lambda: tiff(np.dstack([COLOURS_16, ALPHA_16 * 0]), photometric=2, extra=0), "RGB", COLOURS),
        (lambda: png16(DEEP, 0), "L", RAMP),
        (lambda: png16(DEEP, 0, transparent=[0]), "L", np.where(RAMP == 0, 255, RAMP)),
        (lambda: png16(COLOURS_16, 2), "RGB", COLOURS),
        (
            lambda: png16(COLOURS_16, 2, transparent=COLOURS_16[0, 0]),
            "RGB",
            np.where((COLOURS[0, 0] == COLOURS).all(-1, keepdims=True), 255, COLOURS),
        ),
        (lambda: png16(np.dstack([DEEP, ALPHA_16]), 4), "L", ON_WHITE),
        (lambda: png16(np.dstack([COLOURS_16, ALPHA_16]), 6), "RGB", COLOURS_ON_WHITE),
    ],
)
def test_16_bits_are_read_as_8_bits_are(file, mode, expected):
    image = decode(file())
    assert image.mode == mode
    assert np.abs(np.asarray(image).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("values", "levels", "expected"),
    [
        (RAMP.astype(np.uint16), None, RAMP),
        (RAMP.astype(np.uint16), Levels(integers=255), RAMP),
        (RAMP.astype(np.uint16) * 16, Levels(integers=4095), RAMP),
        (RAMP.astype(np.uint16), Levels(integers=4095), RAMP // 16),
        (RAMP.astype(np.uint16), Levels(), RAMP // 255),
        ((RAMP > 99).astype(np.int32), None, (RAMP > 99) * 255),
        ((RAMP > 99).astype(np.uint8), Levels(bytes=1), (RAMP > 99) * 255),
        ((RAMP > 99).astype(np.uint8), None, RAMP > 99),
    ],
)
def test_white_is_that_of_the_set(values, levels, expected):
    file = stored(Image.fromarray(values), "TIFF" if values.dtype == np.int32 else "PNG")
    assert np.abs(np.asarray(decode(file, levels=levels)).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (lambda scale: tiff(COLOURS.astype(np.uint16) * scale, photometric=2), COLOURS),
        (lambda scale: tiff(np.dstack([COLOURS.astype(np.uint16) * scale, ALPHA_16]), 2, extra=2), COLOURS_ON_WHITE),
        (lambda scale: png16(COLOURS.astype(np.uint16) * scale, 2), COLOURS),
        (
            lambda scale: png16(COLOURS.astype(np.uint16) * scale, 2, transparent=COLOURS[0, 0].astype(int) * scale),
            np.where((COLOURS[0, 0] == COLOURS).all(-1, keepdims=True), 255, COLOURS),
        ),
        (lambda scale: png16(np.dstack([COLOURS.astype(np.uint16) * scale, ALPHA_16]), 6), COLOURS_ON_WHITE),
        (lambda scale: png16(np.dstack([RAMP.astype(np.uint16) * scale, ALPHA_16]), 4), ON_WHITE),
    ],
)
@pytest.mark.parametrize(("scale", "white"), [(1, 255), (16, 4095), (64, 16383)])
def test_colours_of_8_to_14_bits_in_16_bits_are_scaled(file, expected, scale, white):
    facts = examine(file(scale))
    assert facts.depth == "integers"
    assert facts.brightest == int((RAMP if expected is ON_WHITE else COLOURS).max()) * scale
    for levels in (None, Levels(integers=white)):
        assert np.abs(np.asarray(decode(file(scale), levels=levels)).astype(int) - expected).max() <= 1


def test_colour_masks_are_brightened_too():
    file = stored(Image.fromarray((COLOURS > 99).astype(np.uint8)))
    assert np.array_equal(np.asarray(decode(file, levels=Levels(bytes=1))), (COLOURS > 99) * 255)


def test_a_file_brighter_than_its_set_is_refused():
    with pytest.raises(DataError, match="pixels up to 5000; expected 0 to 4095, as in the other files of the set"):
        decode(stored(Image.fromarray(np.full((8, 8), 5000, np.uint16))), levels=Levels(integers=4095))


@pytest.mark.parametrize(
    ("file", "facts"),
    [
        (lambda: stored(Image.fromarray(RAMP[:6])), ((6, 8), True, "bytes", RAMP[:6].max())),
        (lambda: stored(Image.fromarray(COLOURS // 2)), ((8, 8), False, "bytes", COLOURS.max() // 2)),
        (lambda: png16(DEEP // 16, 0), ((8, 8), True, "integers", 4095)),
        (lambda: png16(np.dstack([DEEP, ALPHA_16]), 4), ((8, 8), True, "integers", 65535)),
        (lambda: stored(Image.fromarray(RAMP.astype(np.int32)), "TIFF"), ((8, 8), True, "integers", 255)),
        (lambda: stored(Image.fromarray(np.full((8, 8), 0.5, np.float32)), "TIFF"), ((8, 8), True, "floats", 0.5)),
    ],
)
def test_facts_about_a_file(file, facts):
    found = examine(file())
    assert (found.size, found.grey, found.depth, found.brightest) == facts


def test_strips_do_not_show(monkeypatch):
    whole = [np.asarray(decode(file())) for file in (sixteen_bits_file, transparent_file)]
    monkeypatch.setattr(eight_bits, "_STRIP", 3 * 8)
    for file, image in zip((sixteen_bits_file, transparent_file), whole, strict=True):
        assert np.array_equal(np.asarray(decode(file())), image)


def sixteen_bits_file():
    return png16(DEEP, 0)


def transparent_file():
    return stored(Image.fromarray(np.dstack([COLOURS, RAMP]), "RGBA"))


@pytest.mark.parametrize("format", ["PPM", "ICO", "TGA", "PDF"])
def test_a_format_is_accepted_by_name_only(format):
    file = stored(Image.fromarray(COLOURS), format)
    with pytest.raises(Exception, match="cannot identify image file"):
        decode(file)
    if format != "PDF":
        file.seek(0)
        with open_image(file, formats=[format]) as image:
            assert image.size in ((8, 8), (16, 16))


def test_a_decompression_bomb_is_an_error_in_one_line():
    with pytest.raises(DataError, match="decompression bomb"), open_image(io.BytesIO(bomb())):
        pass


def test_deep_pixels_take_little_memory():
    file = stored(Image.fromarray(np.zeros((2000, 2000), np.uint16)))
    tracemalloc.start()
    try:
        decode(file)
        assert tracemalloc.get_traced_memory()[1] < 2000 * 2000 * 12  # as float64 it was 16 bytes a pixel
    finally:
        tracemalloc.stop()
