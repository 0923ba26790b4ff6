"""Model files: the one place that reads them, and says in one line why it cannot."""

import json
import warnings
import zipfile
import zlib
from pathlib import Path

import keras

from kerasgen import layers, models  # noqa: F401  (registers the classes that a file names)
from kerasgen.errors import ModelFileError

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}


def load_model(path, compile=False):
    """Return the `GenerativeModel` of a `.keras` file, or of a run directory, whose `model.keras` it is then.

    The file is checked before Keras sees it: it is a file on this machine, whole, and holds a model of kerasgen.

    Args:
        path: str or path.
        compile: whether to load the optimizers too, for training on; to generate they are not needed.

    Raises:
        ModelFileError: the file is missing, damaged, not a `.keras` file or not made by kerasgen.
    """
    path = find(path)
    _check(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Skipping")  # Keras skips what does not fit, and leaves it untrained
            return keras.saving.load_model(str(path), compile=compile, safe_mode=True)
    except Exception as error:  # Keras raises whatever its parts raise on contents that do not fit
        reason = _first_line(error)
        if reason.startswith(("Skipping", "A total of")):
            reason = "its weights do not fit its model"
        raise ModelFileError(f"cannot load {path}: {reason}") from error


def find(path):
    """Return the path of the model file that `path`, a `.keras` file or a run directory, stands for.

    Raises:
        ModelFileError: there is none.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / "model.keras").is_file():
            raise ModelFileError(f"{path} is a directory without a model.keras; give a .keras file or a run directory")
        return path / "model.keras"
    if not path.exists():
        raise ModelFileError(f"no such file: {path}; give a .keras file or a run directory")
    if not path.is_file() or path.suffix != ".keras":
        raise ModelFileError(f"{path} is not a .keras file; give one that kerasgen saved, or a run directory")
    return path


def _check(path):
    try:
        if path.stat().st_size == 0:
            raise ModelFileError(f"{path} is empty: it was not written to the end")
        with zipfile.ZipFile(path) as archive:
            missing = MEMBERS - set(archive.namelist())
            if missing:
                raise ModelFileError(f"{path} is not a Keras model: it has no {' and no '.join(sorted(missing))}")
            damaged = archive.testzip()
            if damaged:
                raise ModelFileError(f"{path} is damaged: the checksum of its {damaged} is wrong")
            config = json.loads(archive.read("config.json"))
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    # A header that lies makes zipfile raise almost anything; RecursionError is JSON that is nested too deep.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelFileError(f"{path} is damaged or was not written to the end: {_first_line(error)}") from error
    except ValueError as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{path} is not a Keras model: its config.json is not JSON") from error
    _check_class(path, config)


def _check_class(path, config):
    name = config.get("registered_name") if isinstance(config, dict) else None
    if not isinstance(name, str) or not name.startswith("kerasgen>"):
        kind = config.get("class_name") if isinstance(config, dict) else None
        raise ModelFileError(f"{path} was not made by kerasgen: it holds {f'a {kind}' if kind else 'no model'}")
    known = keras.saving.get_registered_object(name)
    if not (isinstance(known, type) and issubclass(known, models.GenerativeModel)):
        raise ModelFileError(f"{path} holds a {name.partition('>')[2]}, which this version of kerasgen does not know")


def _first_line(error):
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
