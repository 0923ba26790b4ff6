"""Arrays as text, and JSON inside of a script element."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from kerasgen.report.encoding import encode_array, encode_picture, pack_bits, quantize, to_json

pytestmark = pytest.mark.once
RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("bits", [1, 7, 8, 10, 13, 16])
def test_packed_numbers_can_be_read_bit_by_bit(bits):
    numbers = RANDOM.integers(0, 2**bits, size=(7, 5))
    digits = np.unpackbits(np.frombuffer(base64.b64decode(pack_bits(numbers, bits)), np.uint8))
    rows = digits[: bits * numbers.size].reshape(-1, bits)
    read = rows @ (2 ** np.arange(bits - 1, -1, -1))
    np.testing.assert_array_equal(read, numbers.ravel())


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_rounded_weights_are_within_half_a_step(axis):
    kernel = RANDOM.standard_normal((3, 4, 5)).astype("float32")
    kernel[0, 0, 0] = 0
    numbers, scales = quantize(kernel, axis, bits=10)
    assert numbers.min() >= 0
    assert numbers.max() < 2**10
    shape = [-1 if i == axis else 1 for i in range(3)]
    restored = (numbers - 511) * scales.reshape(shape)
    assert (np.abs(restored - kernel) <= 0.501 * scales.reshape(shape)).all()


def test_a_kernel_of_zeros_stays_zero():
    numbers, scales = quantize(np.zeros((2, 2), "float32"), 1, bits=8)
    assert ((numbers - 127) * scales == 0).all()


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--<script>", "a & b", "\u2028", 'quote " \\']
)
def test_no_text_can_end_the_script_element(text):
    written = to_json({text: [text]})
    assert not {"<", ">", "&", "\u2028"} & {*written}
    assert json.loads(written) == {text: [text]}


def test_numbers_that_are_none_become_null():
    assert json.loads(to_json([float("nan"), float("inf"), 1.5, (2,)])) == [None, None, 1.5, [2]]


def test_arrays_are_little_endian():
    assert base64.b64decode(encode_array(np.array([1.0]))) == b"\x00\x00\x80\x3f"


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_keeps_its_size_and_nearly_its_values(mode):
    values = np.linspace(0, 255, 64, dtype=np.uint8).reshape(8, 8).repeat(8, axis=0).repeat(8, axis=1)
    picture = Image.fromarray(values).convert(mode)
    text = encode_picture(picture)
    kind, data = text.split(";base64,")
    assert kind.startswith("data:image/")
    import io

    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert(mode), int)
    assert shown.shape == np.asarray(picture).shape
    assert np.abs(shown - np.asarray(picture)).max() <= 12
