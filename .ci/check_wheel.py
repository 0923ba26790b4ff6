"""Builds the wheel and shows that it installs the command and the packages, and nothing called `zoo` or `cli`.

The wheel is installed without its dependencies but click: `kerasgen --help` and `kerasgen list` need no more.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(*command):
    """Run a command away from the checkout, whose packages would be imported otherwise."""
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True, cwd=tempfile.gettempdir())


with tempfile.TemporaryDirectory() as folder:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    (wheel,) = Path(folder).glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"kerasgen"}, roots
    assert {"kerasgen/zoo/vae.py", "kerasgen/cli/train.py", "kerasgen/zoo/results.csv"} <= set(names), names
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "kerasgen").rglob("*.py")}
    sources |= {f"kerasgen/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "zoo").rglob("*.keras")}
    for top in ("zoo", "cli"):
        sources |= {f"kerasgen/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / top).glob("*.py")}
    assert sources <= set(names), sorted(sources - set(names))

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

print(f"{wheel.name}: {len(names)} files, the command and the packages kerasgen, kerasgen.zoo, kerasgen.cli")
