"""The user's cache folder. Everything in it can be deleted; it is made again when it is needed."""

import os
from pathlib import Path


def user_cache() -> Path | None:
    """Return the folder for kerasgen's cached files, or None if there is no home directory; it may not exist.

    It is `$XDG_CACHE_HOME/kerasgen`, or else `~/.cache/kerasgen`.

    Example:
        >>> folder = user_cache()
        >>> folder is None or folder.name
        'kerasgen'
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kerasgen"
    except RuntimeError:
        return None
