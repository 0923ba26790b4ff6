"""One HTML file of style, scripts and data, which loads nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import os
import re
from pathlib import Path
from typing import Any

from kerasgen.io.files import atomic_write
from kerasgen.report.encoding import to_json

_TEMPLATE = Path(__file__).parent / "template"
_STYLES = ("vendor/uPlot.min.css", "page.css")
_SCRIPTS = (
    *("vendor/uPlot.iife.min.js", "network.js", "elements.js", "pictures.js", "charts.js"),
    *("pad.js", "decoder.js", "points.js", "trajectory.js", "results.js", "tables.js", "page.js"),
)
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def write_page(path: str | os.PathLike, data: dict[str, Any]) -> None:
    """Write an HTML page; a reader never gets an incomplete file.

    Args:
        path: path of the file.
        data: `title`, and `runs` or `links`; see `kerasgen.report.sources.read_run`.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> write_page("/tmp/page.html", {"title": "two runs", "runs": []})  # doctest: +SKIP
    """
    with atomic_write(path) as temporary:
        temporary.write_text(render(data), encoding="utf-8")


def render(data: dict[str, Any]) -> str:
    """Return the HTML of a page.

    The content security policy permits only the style and the script of the template, by their hashes, and pictures in
    the page itself. Texts of the data are inserted as text by the script.

    Args:
        data: as for `write_page`.

    Example:
        >>> "<title>a &lt; b</title>" in render({"title": "a < b", "runs": []})
        True
    """
    style, script = _bundle(_STYLES), '"use strict";' + _bundle(_SCRIPTS)
    parts = {
        "title": html.escape(str(data.get("title", "kerasgen"))),
        "policy": _policy(style, script),
        "style": style,
        "script": script,
        "data": to_json(data),
    }
    # One pass, so that braces in the parts have no meaning
    return _PLACE.sub(lambda place: parts[place[1]], _read("page.html"))


def _policy(style, script):
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@functools.cache
def _bundle(names):
    return "\n" + "\n".join(_read(name) for name in names) + "\n"


def _read(name):
    return (_TEMPLATE / name).read_text(encoding="utf-8")
