"""Run the tests on the three backends, one after the other: `python -m tests [arguments of pytest]`.

Keras has one backend for each process, so that each backend needs a process of its own. Plain `pytest` runs one.
"""

import os
import subprocess
import sys

from tests.conftest import BACKENDS

NO_TESTS = 5  # pytest's exit code, such as for one backend if only tests marked `once` were asked for


def main(arguments):
    """Return the exit code: that of the backends which failed, or 0."""
    codes = []
    for backend in BACKENDS:
        print(f"\n======== KERAS_BACKEND={backend} ========", flush=True)
        environment = os.environ | {"KERAS_BACKEND": backend}
        codes.append(subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment).returncode)
    return max((code for code in codes if code != NO_TESTS), default=NO_TESTS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
