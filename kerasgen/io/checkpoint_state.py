"""The state of a checkpoint as files: nested plain values as JSON, arrays as an `.npz` archive.

Everything that is read is validated, because a correct checksum does not make a file valid.
"""

import io
import json
import math
import zipfile
from typing import Any

from kerasgen.io.json_file import parse_json

STATE_FILE = "state.json"
ARRAYS_FILE = "arrays.npz"
MAX_STATE = 2**25  # bytes; a history of 100,000 epochs fits
_FIELDS = {"epoch": int, "step": int, "stopped": bool, "callbacks": list, "identity": dict}
_OPTIONAL = {"values": list, "names": list, "best": dict}


def encode_state(state: dict[str, Any]) -> dict[str, bytes]:
    """Return the files that hold a state, as a dict of name -> contents.

    Args:
        state: dict of plain values; those of the key `callbacks` may hold arrays.

    Raises:
        ValueError: the state is too large to be read again.

    Example:
        >>> list(encode_state({"epoch": 1, "callbacks": []}))
        ['state.json']
    """
    arrays = {}
    text = json.dumps(state | {"callbacks": _extract_arrays(state["callbacks"], arrays)}).encode()
    if len(text) > MAX_STATE:
        raise ValueError(f"the state has {len(text):,} bytes; at most {MAX_STATE:,} can be kept")
    files = {STATE_FILE: text}
    if arrays:
        import numpy as np

        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        files[ARRAYS_FILE] = buffer.getvalue()
    return files


def decode_state(files: dict[str, bytes], epoch: int, step: int) -> dict[str, Any]:
    """Return the state that `encode_state` encoded.

    Args:
        files: name -> contents.
        epoch: number of finished epochs that the state must have.
        step: number of steps in the next epoch that the state must have.

    Raises:
        ValueError: the files hold no such state.

    Example:
        >>> state = {"epoch": 1, "step": 0, "stopped": False, "callbacks": [], "identity": {}}
        >>> decode_state(encode_state(state), epoch=1, step=0)["epoch"]
        1
    """
    try:
        state = parse_json(files[STATE_FILE])
    except ValueError as error:
        raise ValueError(f"its {STATE_FILE}: {error}") from error
    for name, kind in (_FIELDS | _OPTIONAL).items():
        value = state.get(name)
        if type(value) is not kind and not (name in _OPTIONAL and value is None):
            raise ValueError(f"its {STATE_FILE} has no valid {name}")
    if (state["epoch"], state["step"]) != (epoch, step):
        raise ValueError(f"its {STATE_FILE} is of another epoch or step")
    arrays = _read_arrays(files[ARRAYS_FILE]) if ARRAYS_FILE in files else {}
    try:
        return state | {"callbacks": _insert_arrays(state["callbacks"], arrays)}
    except (LookupError, RecursionError) as error:
        raise ValueError(f"its {ARRAYS_FILE} lacks an array") from error


def _extract_arrays(value: Any, arrays: dict[str, Any]) -> Any:
    import numpy as np  # here, so that a dry run starts at once

    if isinstance(value, np.ndarray):
        arrays[str(len(arrays))] = value
        return {"array": str(len(arrays) - 1)}
    if isinstance(value, dict):
        return {key: _extract_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_extract_arrays(item, arrays) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _insert_arrays(value: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(value, dict) and set(value) == {"array"}:
        return arrays[str(value["array"])]
    if isinstance(value, dict):
        return {key: _insert_arrays(item, arrays) for key, item in value.items()}
    return [_insert_arrays(item, arrays) for item in value] if isinstance(value, list) else value


def _read_arrays(contents: bytes) -> dict[str, Any]:
    """Return the arrays of an uncompressed `.npz` archive; none declares more bytes than it has."""
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > len(contents):
                raise ValueError("it is compressed")
            return {info.filename.removesuffix(".npy"): _read_array(archive.read(info)) for info in infos}
    # A wrong header makes zipfile and NumPy raise almost anything
    except Exception as error:
        raise ValueError(f"its {ARRAYS_FILE} is not an archive of arrays ({' '.join(str(error).split())})") from error


def _read_array(contents: bytes) -> Any:
    import numpy as np

    stream = io.BytesIO(contents)
    version = np.lib.format.read_magic(stream)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, is_fortran, dtype = read_header(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(contents) - stream.tell():
        raise ValueError("the size of an array is wrong")
    values = np.frombuffer(contents, dtype, offset=stream.tell())
    return values.reshape(shape, order="F" if is_fortran else "C").copy()
