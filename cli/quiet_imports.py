"""Suppression of the log lines that TensorFlow and JAX write while they are imported."""

import contextlib
import importlib.abc
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterator

# Information and warnings, written before the libraries read their log settings.
LOG_LINE = re.compile(rb"^([IW]\d{4} \d\d:|WARNING: All log messages before absl|To enable the following instructions)")


@contextlib.contextmanager
def without_log_lines() -> Iterator[None]:
    """Context manager that removes log lines from stderr and writes all other lines at its end.

    Nothing is removed if the environment variable TF_CPP_MIN_LOG_LEVEL is less than 3.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            captured.seek(0)
            for line in captured:
                if not LOG_LINE.match(line):
                    os.write(2, line)


def remove_log_lines_of_tensorflow() -> None:
    """Remove the log lines of a later import of TensorFlow; TensorFlow Datasets imports it on every backend."""
    if not any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TensorFlowFinder())


class _TensorFlowFinder(importlib.abc.MetaPathFinder):
    """Finder that gives TensorFlow a quiet loader."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "tensorflow":
            return None
        # PyTorch only checks that TensorFlow exists, so this finder is kept
        others = [finder for finder in sys.meta_path if finder is not self]
        spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_quietly(module):
                with without_log_lines():
                    load(module)

            spec.loader.exec_module = load_quietly
        return spec
