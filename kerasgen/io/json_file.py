"""Reading JSON files that may be damaged or made by a stranger."""

import json
import os
from typing import Any

from kerasgen.errors import RunError
from kerasgen.io.regular_files import read_regular

MAX_BYTES = 2**20
MAX_NUMBER = 2**63  # larger whole numbers overflow arrays and floats


def read_json(path: str | os.PathLike, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return the JSON object in a file as a dict.

    Args:
        path: file to read; it is not followed if it is a link.
        max_bytes: size above which the file is refused.

    Raises:
        RunError: the file cannot be read, or is not a JSON object of bounded depth with numbers of at most 64 bits and
            valid text.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "recipe.json"
        >>> _ = path.write_text('{"epochs": 3}')
        >>> read_json(path)
        {'epochs': 3}
    """
    try:
        return parse_json(read_regular(path, max_bytes))
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise RunError(f"cannot read {path}: {error}") from error


def parse_json(contents: bytes) -> dict[str, Any]:
    """Return the JSON object in `contents` as a dict.

    Args:
        contents: UTF-8 text.

    Raises:
        ValueError: as `read_json`; the message is one line.

    Example:
        >>> parse_json(b'{"loss": NaN}')
        {'loss': nan}
    """
    try:
        value = json.loads(contents.decode("utf-8"), parse_int=_parse_int)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # an escaped half of a pair of surrogates fails here
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except UnicodeError:
        raise ValueError("it contains text that is not valid Unicode") from None
    except ValueError as error:
        raise ValueError(f"it is not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object {...}")
    return value


def _parse_int(text: str) -> int:
    if len(text) > 25 or abs(int(text)) > MAX_NUMBER:
        raise ValueError(f"the number {text[:20]}... has more than 64 bits")
    return int(text)
