"""README: its length, its test command and its code. Its links and commands are tested with the other pages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def paragraphs(text):
    """Return the paragraphs and the items of lists; not tables, code and comments."""
    text = re.sub(r"```.*?```|<!--.*?-->", "", text, flags=re.DOTALL)
    blocks = re.split(r"\n\s*\n|\n(?=- )", text)
    return [block for block in blocks if not block.lstrip().startswith("|")]


@pytest.mark.once
def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150
    assert len(README.split()) <= 900
    assert max(len(block.split()) for block in paragraphs(README)) <= 45
    before, command, _ = README.partition("```bash")
    assert command
    assert len(before.split()) <= 60


@pytest.mark.once
def test_the_test_command_is_the_one_of_the_continuous_integration():
    (command,) = re.findall(r"<!-- test command -->\n```bash\n(.*?)\n```", README, re.DOTALL)
    assert command.endswith(".venv/bin/python -m tests")
    extract = re.search(r"^test_command=\$\((.*)\)$", (ROOT / ".ci/run").read_text(), re.MULTILINE).group(1)
    done = subprocess.run(["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == command


@pytest.mark.slow
def test_the_code_of_the_readme_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        done = subprocess.run(
            [
                sys.executable,
                "-W",
                "error",
                "-W",
                "ignore::DeprecationWarning",
                "-c",
                re.sub(r"epochs=\d+", "epochs=1", block),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=os.environ,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples.png", "vae.keras"]
