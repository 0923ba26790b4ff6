"""Check the English of the package: report phrases that plain English avoids (see CONTRIBUTING.md)."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PHRASES = re.compile(
    r"\bof which\b|Tell whether|\banew\b|by itself|in place of|\bbesides?\b|nobody|held against|goes on|"
    r"\bstands\b|\blies\b"
)
PLACES = ("kerasgen", "cli", "zoo", "docs", "README.md")
SUFFIXES = {".py", ".md", ".csv", ".html", ".js", ".css"}


def files():
    """Return the text files of the package."""
    for place in PLACES:
        path = ROOT / place
        yield from sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES) if path.is_dir() else [path]


found = [
    f"{file.relative_to(ROOT)}:{number}: {match.group()}"
    for file in files()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    for match in PHRASES.finditer(line)
]
print("\n".join(found) or "plain English: no phrase to avoid")
sys.exit(bool(found))
