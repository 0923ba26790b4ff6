"""JSON files are read, or refused in one line."""

import pytest

from kerasgen.errors import RunError
from kerasgen.io.json_file import parse_json, read_json

pytestmark = pytest.mark.once

DAMAGED = {
    "empty": b"",
    "cut": b'{"epochs": 3',
    "a list": b"[1]",
    "not text": b"\xff\xfe{}",
    "nested too deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested deep in objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "half of a pair of surrogates": b'{"dataset": "\\ud800"}',
    "in a name too": b'{"\\udfff": 1}',
    "a huge number": b'{"value": 1' + b"0" * 400 + b"}",
    "a number that Python refuses": b'{"value": 1' + b"0" * 5000 + b"}",
    "a number of 65 bits": b'{"value": 18446744073709551616}',
    "two objects": b"{}{}",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_is_one_line(kind, tmp_path):
    path = tmp_path / "recipe.json"
    path.write_bytes(DAMAGED[kind])
    with pytest.raises(RunError, match=f"cannot read {path}: it ") as refused:
        read_json(path)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_all_json_values_are_read(tmp_path):
    text = '{"a": [1, -2.5, NaN, Infinity, null, true, "\\u00e4 \\ud83d\\ude00"], "b": {"c": 9223372036854775808}}'
    value = parse_json(text.encode())
    assert value["a"][4:] == [None, True, "ä 😀"]
    assert value["b"] == {"c": 2**63}


def test_links_and_endless_files_are_refused(tmp_path):
    (tmp_path / "recipe.json").symlink_to("/dev/zero")
    with pytest.raises(RunError, match=r"cannot read .*recipe.json: is a symbolic link"):
        read_json(tmp_path / "recipe.json")
    (tmp_path / "large.json").write_text('{"a": "' + "x" * 100 + '"}')
    with pytest.raises(RunError, match="has more than 50 bytes"):
        read_json(tmp_path / "large.json", max_bytes=50)
