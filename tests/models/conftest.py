import subprocess
import sys
import tempfile

import pytest

from tests.models import resume


@pytest.fixture(scope="session")
def resume_elsewhere():
    """Train one more epoch of the model in a folder, in a process that never trained the first ones.

    All models are resumed in one process after each other, because its start takes seconds.
    """
    with tempfile.TemporaryFile("w+") as errors:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors, "text": True}
        with subprocess.Popen([sys.executable, resume.__file__], **pipes) as process:

            def train(folder):
                process.stdin.write(f"{folder}\n")
                process.stdin.flush()
                if not process.stdout.readline():
                    errors.seek(0)
                    pytest.fail(errors.read()[-4000:])

            yield train
