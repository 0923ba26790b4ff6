"""Arrays in files: bounded, and without memory maps."""

import io
import os
import tracemalloc
import zipfile

import numpy as np
import pytest

from kerasgen.data import npy_files
from kerasgen.data.npy_files import NpyFile, NpzFile
from kerasgen.errors import DataError

pytestmark = pytest.mark.once

ARRAY = np.arange(60, dtype=np.int16).reshape(20, 3)


def declared(shape, dtype="|u1", content=b"\0" * 100):
    """Return a `.npy` file whose header declares any shape and type."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + content


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "rows", [slice(None), slice(3, 9), [5], [7, 2, 3, 4, 4, 19, 0], [], slice(None, None, -2)], ids=str
)
def test_rows_are_those_of_the_array(order, rows, tmp_path):
    np.save(tmp_path / "a.npy", np.asarray(ARRAY, order=order))
    file = NpyFile(tmp_path / "a.npy")
    assert (file.shape, file.dtype, file.ndim, len(file), file.nbytes) == ((20, 3), np.int16, 2, 20, 120)
    rows = rows if isinstance(rows, slice) else np.array(rows, int)
    np.testing.assert_array_equal(file[rows], ARRAY[rows])


def test_a_file_that_becomes_shorter_gives_an_error(tmp_path):
    np.save(tmp_path / "a.npy", ARRAY)
    file = NpyFile(tmp_path / "a.npy")
    os.truncate(tmp_path / "a.npy", 150)
    assert file[:2].tolist() == ARRAY[:2].tolist()
    with pytest.raises(DataError, match=r"a\.npy has become shorter since it was opened"):
        file[10:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (declared((10**12, 28, 28)), "declares 784,000,000,000,000 bytes and has 100"),
        (declared((2, 3, -4)), "negative"),
        (declared((5,), "|O"), "Python objects"),
        (declared((), "|u1"), "one value"),
        (declared((1,), f"<U{10**6}"), "4,000,000 bytes"),
        (b"\x93NUMPY\x09\x00v\x00", "version"),
        (b"", "damaged"),
    ],
)
def test_a_declaration_that_cannot_be_true_is_refused(content, words, tmp_path):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        NpyFile(tmp_path / "a.npy")
    assert "\n" not in str(caught.value)


def write_npz(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_members_that_are_no_arrays_are_listed(tmp_path):
    np.savez(tmp_path / "a.npz", x=ARRAY, objects=np.array([{}]))
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("README.txt", "hello")
        archive.writestr("text.npy", "hello")
        archive.writestr("short.npy", declared((10**12,)))
    file = NpzFile(tmp_path / "a.npz")
    assert sorted(file.headers) == ["objects", "x"]
    assert sorted(file.others) == ["README.txt", "short.npy", "text.npy"]
    np.testing.assert_array_equal(file.read("x"), ARRAY)
    with pytest.raises(DataError, match=r"objects in .*a\.npz holds Python objects"):
        file.read("objects")


def test_only_arrays_that_are_read_take_memory(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=ARRAY, large=np.zeros((2**26,), np.uint8))
    tracemalloc.start()
    try:
        NpzFile(tmp_path / "a.npz").read("x")
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


def test_arrays_that_are_too_large_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(npy_files, "MAX_BYTES", 200)
    np.savez(tmp_path / "a.npz", x=ARRAY, y=ARRAY)
    file = NpzFile(tmp_path / "a.npz")
    file.read("x")
    with pytest.raises(DataError, match=r"more than .* GiB; save the images as \.npy"):
        file.read("y")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + b"\0" * 50])
def test_a_file_that_is_no_archive_is_refused(content, tmp_path):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"cannot read .*a\.npz: it is damaged or not a NumPy file"):
        NpzFile(tmp_path / "a.npz")


def test_a_damaged_member_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=ARRAY)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.index(ARRAY.tobytes()) + 10] ^= 255
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        NpzFile(tmp_path / "a.npz").read("x")
