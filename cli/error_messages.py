"""Error messages: one line for each error, and the exit code. 2: wrong usage, 1: failure, 130: Ctrl-C."""

import errno

import click

from kerasgen.errors import KerasgenError, similar

# Words in the errors that the backends raise if memory runs out.
OUT_OF_MEMORY = (
    "resource_exhausted",
    "resource exhausted",
    "out of memory",
    "oom when",
    "unable to allocate",
    "can't allocate memory",
    "cannot allocate memory",
)


def explain(error: BaseException) -> tuple[str, int] | None:
    """Return `(message, exit code)` for an error that a user can act on, or None for a bug.

    Example:
        >>> explain(KeyboardInterrupt())
        ('interrupted', 130)
    """
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return "interrupted", 130
    if isinstance(error, KerasgenError):
        return _one_line(error), error.exit_code
    if isinstance(error, click.ClickException):
        return _usage_message(error), error.exit_code
    if isinstance(error, MemoryError) or any(words in str(error).lower() for words in OUT_OF_MEMORY):
        return "out of memory; give a smaller --batch-size, --image-size or -n, or a smaller model", 1
    if isinstance(error, ImportError) and not (error.name or "").startswith("kerasgen"):
        return f"a package is missing or broken: {_one_line(error)}; `kerasgen doctor` lists the installed packages", 1
    if isinstance(error, OSError):
        return _file_message(error), 1
    if isinstance(error, RuntimeError) and "home directory" in str(error):  # raised by pathlib
        return "the home directory is unknown; give paths without ~, or set the environment variable HOME", 1
    return None


def _usage_message(error):
    message = _one_line(error.format_message())
    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption) and context:  # click suggests names that are not similar
        names = [name for option in context.command.params for name in option.opts if name.startswith("--")]
        near = similar(error.option_name, names)
        message = f"no such option {error.option_name}" + (f", did you mean {' or '.join(near)}?" if near else "")
    return f"{message.rstrip('.')}; see {context.command_path} --help" if context else message


def _file_message(error):
    if error.errno == errno.ENOSPC:
        return f"the disk is full: {error.filename}" if error.filename else "the disk is full"
    if error.strerror and error.filename:
        return f"{error.filename}: {error.strerror.lower()}"
    return _one_line(error)


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__
