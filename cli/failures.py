"""What went wrong, in one line, and the exit code: 2 for a wrong call, 1 for a failure, 130 for Ctrl-C."""

import errno

import click

from kerasgen.errors import KerasgenError

# How each backend says that memory ran out.
OUT_OF_MEMORY = (
    *("resource_exhausted", "resource exhausted", "out of memory", "oom when", "unable to allocate"),
    *("can't allocate memory", "cannot allocate memory"),
)


def explain(error):
    """Return `(message, exit code)` of an error that a user can do something about, otherwise None."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return "interrupted", 130
    if isinstance(error, KerasgenError):
        return _one_line(error), error.exit_code
    if isinstance(error, click.ClickException):
        return _call(error), error.exit_code
    if isinstance(error, MemoryError) or any(words in str(error).lower() for words in OUT_OF_MEMORY):
        return "out of memory; give a smaller --batch-size, --image-size or -n, or a smaller model", 1
    if isinstance(error, ImportError) and not (error.name or "").startswith("kerasgen"):
        return f"a package is missing or broken: {_one_line(error)}; `kerasgen doctor` lists what is installed", 1
    if isinstance(error, OSError):
        return _file(error), 1
    return None


def _call(error):
    message = _one_line(error.format_message())
    context = getattr(error, "ctx", None)
    return f"{message.rstrip('.')}; see {context.command_path} --help" if context else message


def _file(error):
    if error.errno == errno.ENOSPC:
        return f"the disk is full: {error.filename or _one_line(error)}"
    if error.strerror and error.filename:
        return f"{error.filename}: {error.strerror.lower()}"
    return _one_line(error)


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__
