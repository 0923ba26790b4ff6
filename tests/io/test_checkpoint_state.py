"""The state of a checkpoint is restored bit for bit, and validated whatever its checksum."""

import io
import json
import zipfile

import numpy as np
import pytest

from kerasgen.io import checkpoint_state
from kerasgen.io.checkpoint_state import decode_state, encode_state

pytestmark = pytest.mark.once

STATE = {"epoch": 2, "step": 3, "stopped": False, "values": [[0.1], 5], "names": [["loss"]], "callbacks": []}
STATE |= {"identity": {"seed": 0}, "best": None}


def test_values_and_arrays_come_back_bit_for_bit():
    arrays = [np.arange(5.0), np.float32([[0.1, np.nan]]).T, np.zeros((0, 3), "int64"), np.asfortranarray(np.eye(3))]
    state = STATE | {"callbacks": [{"best": float("inf"), "weights": arrays}, {"wait": np.int64(3), "none": None}]}
    again = decode_state(encode_state(state), 2, 3)
    for array, same in zip(arrays, again["callbacks"][0].pop("weights"), strict=True):
        assert same.dtype == array.dtype
        np.testing.assert_array_equal(same, array)
        same += 1  # not read-only
    assert again["callbacks"] == [{"best": float("inf")}, {"wait": 3, "none": None}]
    assert {name: again[name] for name in STATE if name != "callbacks"} == {
        name: value for name, value in STATE.items() if name != "callbacks"
    }
    assert "arrays.npz" not in encode_state(STATE)


INVALID = {
    "nothing": {},
    "an epoch below 0": STATE | {"epoch": -5},
    "another epoch": STATE | {"epoch": 1},
    "another step": STATE | {"step": 0},
    "true as an epoch": STATE | {"epoch": True},
    "no callbacks": {name: value for name, value in STATE.items() if name != "callbacks"},
    "no identity": STATE | {"identity": None},
    "values that are no list": STATE | {"values": {}},
    "names that are no list": STATE | {"names": "loss"},
    "a best that is no object": STATE | {"best": 3},
    "an array that is not there": STATE | {"callbacks": [{"array": "0"}]},
    "an array of an odd name": STATE | {"callbacks": [{"array": ["0"]}]},
}


@pytest.mark.parametrize("kind", INVALID)
def test_a_state_of_another_form_is_refused(kind):
    with pytest.raises(ValueError, match=r"its (state.json|arrays.npz)"):
        decode_state({"state.json": json.dumps(INVALID[kind]).encode()}, 2, 3)


def nested(depth):
    text = json.dumps(STATE).replace('"callbacks": []', f'"callbacks": [{"[" * depth}{"]" * depth}]')
    return decode_state({"state.json": text.encode()}, 2, 3)


def test_a_state_that_is_nested_too_deep_is_refused():
    nested(100)
    for depth in (900, 2000, 100_000):
        with pytest.raises(ValueError, match=r"its (state.json|arrays.npz)"):
            nested(depth)


def archive_of(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, contents in members.items():
            archive.writestr(name, contents)
    return buffer.getvalue()


def array_of(shape, descr="<f4", contents=b""):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + contents


ARRAYS = {
    "junk": b"PK\3\4junk",
    "empty": b"",
    "compressed": archive_of({"0.npy": array_of((10**6,), "|u1", bytes(10**6))}, zipfile.ZIP_DEFLATED),
    "declares terabytes": archive_of({"0.npy": array_of((2**40,))}),
    "declares less than it has": archive_of({"0.npy": array_of((1,), contents=bytes(8))}),
    "a negative size": archive_of({"0.npy": array_of((-1, -1), contents=bytes(4))}),
    "pickled objects": archive_of({"0.npy": array_of((1,), "|O", b"cos\nsystem\n")}),
    "not an array": archive_of({"0.npy": b"hello"}),
    "an unknown version": archive_of({"0.npy": b"\x93NUMPY\x09\x00" + bytes(100)}),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_that_are_not_as_numpy_writes_them_are_refused(kind):
    state = json.dumps(STATE | {"callbacks": [{"array": "0"}]}).encode()
    with pytest.raises(ValueError, match=r"its arrays.npz"):
        decode_state({"state.json": state, "arrays.npz": ARRAYS[kind]}, 2, 3)


def test_a_state_that_could_not_be_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr(checkpoint_state, "MAX_STATE", 100)
    with pytest.raises(ValueError, match="at most 100 can be kept"):
        encode_state(STATE | {"identity": {"text": "x" * 100}})
