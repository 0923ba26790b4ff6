"""One file that loads nothing, and whose texts cannot become markup."""

import base64
import hashlib
import re

import pytest

from kerasgen.report.page import render, write_page

pytestmark = pytest.mark.once
HOSTILE = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>{{script}}"


def test_the_policy_permits_only_the_styles_and_scripts_of_the_page_itself():
    text = render({"title": "run", "runs": []})
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    style, script = (re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1] for tag in ("style", "script"))
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in (script, style)
    ]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {hashes[0]}",
        f"style-src {hashes[1]}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_texts_of_the_data_are_no_markup():
    text = render({"title": HOSTILE, "runs": [{"name": HOSTILE}]})
    assert text.count("<script") == 2  # of the data, and of the page
    assert "<img" not in text
    assert text.count("</title>") == 1


def test_the_chart_library_keeps_its_licence():
    text = render({"title": "run", "runs": []})
    assert "https://github.com/leeoniya/uPlot" in text


def test_a_page_that_exists_is_replaced(tmp_path):
    path = tmp_path / "page.html"
    for title in ("first", "second"):
        write_page(path, {"title": title, "runs": []})
    assert "<title>second</title>" in path.read_text(encoding="utf-8")
    assert [*tmp_path.iterdir()] == [path]
