"""Build the wheel and check that it installs the command and all packages, and nothing called `zoo` or `cli`.

Of the dependencies only click is installed, because `kerasgen --help` and `kerasgen list` need no more.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAXIMUM_BYTES = 8 * 10**6
NEEDED = {"kerasgen/py.typed", "kerasgen/zoo/results.csv", "kerasgen/zoo/vae.py", "kerasgen/cli/train.py"}


def run(*command):
    """Run a command outside of the checkout, to avoid importing the packages of the checkout."""
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, cwd=tempfile.gettempdir())


def sources():
    """Return the paths in the wheel of all modules and data files of the checkout."""
    inside = {"kerasgen": "kerasgen", "zoo": "kerasgen/zoo", "cli": "kerasgen/cli"}
    files = [
        (ROOT / top, path, place)
        for top, place in inside.items()
        for pattern in ("*.py", "*.keras", "*.npz", "*.LICENSE.txt", "*.html", "*.js", "*.css")
        for path in (ROOT / top).rglob(pattern)
    ]
    return {f"{place}/{path.relative_to(top).as_posix()}" for top, path, place in files}


with tempfile.TemporaryDirectory() as folder:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    (wheel,) = Path(folder).glob("*.whl")
    assert wheel.stat().st_size < MAXIMUM_BYTES, wheel.stat().st_size
    names = set(zipfile.ZipFile(wheel).namelist())
    roots = {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert roots == {"kerasgen"}, roots
    assert sources() | NEEDED <= names, sorted((sources() | NEEDED) - names)

    venv = Path(folder) / "venv"
    run(sys.executable, "-m", "venv", venv)
    run(venv / "bin/pip", "install", "-q", "click")
    run(venv / "bin/pip", "install", "-q", "--no-deps", wheel)
    (site,) = (venv / "lib").glob("python*/site-packages")
    assert (site / "kerasgen" / "zoo").is_dir()
    assert (site / "kerasgen" / "cli").is_dir()
    assert not (site / "zoo").exists()
    assert not (site / "cli").exists()
    assert "train" in run(venv / "bin/kerasgen", "--help").stdout
    assert "dcgan" in run(venv / "bin/kerasgen", "list").stdout

print(f"{wheel.name}: {len(names)} files, the command and the packages kerasgen, kerasgen.zoo and kerasgen.cli")
