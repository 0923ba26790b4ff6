"""The files below a folder, and their paths as printable text."""

import os
from pathlib import Path

# Files and folders that operating systems and network storage put into folders, in lower case
SYSTEM_NAMES = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "ehthumbs_vista.db",
    "picasa.ini",
    "icon\r",
    "__macosx",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
}


def list_files(folder: str | os.PathLike) -> tuple[list[str], list[tuple[str, str]]]:
    """List all files below a folder, except hidden files and those of the operating system.

    Links to files are followed, links to folders are not.

    Args:
        folder: path of the folder.

    Returns:
        `(paths, skipped)`: the sorted paths of the files, relative to the folder and with `/`; and `(path, reason)` of
        all entries that are not files or cannot be listed.

    Example:
        >>> import pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("a.png", "Thumbs.db", ".hidden"):
        ...     _ = (folder / name).write_bytes(b"")
        >>> list_files(folder)
        (['a.png'], [])
    """
    paths: list[str] = []
    skipped: list[tuple[str, str]] = []
    folders = [""]
    while folders:  # no recursion: folders can be nested more deeply than Python calls
        parent = folders.pop()
        try:
            with os.scandir(Path(folder, parent)) as listing:
                entries = [*listing]
        except OSError as error:
            if not parent:
                raise
            skipped.append((parent, error.strerror or type(error).__name__))
            continue
        for entry in entries:
            if is_system_name(entry.name):
                continue
            path = f"{parent}/{entry.name}" if parent else entry.name
            kind = _kind(entry)
            if kind == "file":
                paths.append(path)
            elif kind == "folder":
                folders.append(path)
            else:
                skipped.append((path, kind))
    return sorted(paths), skipped


def is_system_name(name: str) -> bool:
    """Return whether a file or folder of this name is hidden or belongs to the operating system."""
    return name.startswith(".") or name.casefold() in SYSTEM_NAMES


def printable(path: str | os.PathLike) -> str:
    """Return the path as text that can be encoded as UTF-8; other bytes of its name are replaced.

    Example:
        >>> printable("caf\\udce9.png")
        'caf�.png'
    """
    return os.fsencode(path).decode("utf-8", "replace")


def _kind(entry: os.DirEntry) -> str:
    """Return `file`, `folder` or why the entry is neither."""
    try:
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        if entry.is_dir():
            return "a link to a folder is not followed"
        if entry.is_file():
            return "file"
        if not entry.is_symlink():
            return "not a regular file"
        return "a link to something that is not a regular file" if os.path.exists(entry.path) else "a broken link"
    except OSError as error:  # such as a path that is too long
        return "a broken link" if entry.is_symlink() else error.strerror or type(error).__name__
