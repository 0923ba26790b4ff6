"""The archive format of `.keras` files: members, header and checksum.

The header is the comment of the archive, the line `kerasgen {"format": 2, "origin": ..., "sha256": ...}`. It holds the
number of this format, the recipe from which the model was created (`origin`), and the checksum of the members and of
the origin. Keras ignores the comment, so `keras.saving.load_model` reads the same file.

The checksum detects damage that Keras does not: from Python 3.12 on, Keras reads weights without comparing the
checksums of the archive. It is not a signature: anyone who changes a file can compute it.
"""

import contextlib
import hashlib
import json
import os
import stat
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from kerasgen.errors import ModelFileError

FORMAT = 2
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
# The members that Keras writes, and the largest size of each in bytes: 500 million weights.
MEMBERS = {"metadata.json": 2**16, CONFIG: 2**20, WEIGHTS: 2**31}
OVERHEAD = 2**13  # bytes for the headers of the members and the directory of the archive
MAXIMUM_HEADER = 2**16 - 1  # bytes of a comment

_MARK = b"kerasgen "
_MARK_OF_FORMAT_1 = b"kerasgen sha256:"
_END = struct.Struct("<4s4H2LH")  # "end of central directory record" of the ZIP format
_CHUNK = 2**20


@dataclass(frozen=True)
class Archive:
    """The checked contents of a model file, in a private directory.

    Attributes:
        path: path of the model file, for messages.
        folder: private directory that holds a copy of the members.
        origin: recipe and options of the model, or None for a model that was assembled by hand.
        checksum: hexadecimal SHA-256 of the members and of the origin.
    """

    path: Path
    folder: Path
    origin: dict[str, Any] | None
    checksum: str

    @property
    def weights(self) -> Path:
        """Return the path of the copied HDF5 file."""
        return self.folder / WEIGHTS

    @property
    def config(self) -> bytes:
        """Return the description of the model that Keras wrote."""
        return (self.folder / CONFIG).read_bytes()


def seal(path: str | os.PathLike, origin: dict[str, Any] | None = None) -> None:
    """Write the header of the archive at `path`, which Keras has just written.

    Class names are left out, with a warning, if the header would become too long.

    Args:
        path: path of a `.keras` file.
        origin: recipe and options of the model, see `kerasgen.recipe.Recipe.create`; None for other models.

    Raises:
        ModelFileError: the options do not fit into the header.

    Example:
        >>> import keras, kerasgen
        >>> from kerasgen.io import archive
        >>> model = kerasgen.create("vae", image_size=8)
        >>> keras.Model.save(model, "vae.keras")
        >>> archive.seal("vae.keras", model.origin)
    """
    with zipfile.ZipFile(path, "a") as archive:
        members = hashlib.sha256()
        for name in MEMBERS:
            _update(members, name, archive.getinfo(name).file_size)
            with archive.open(name) as member:
                while chunk := member.read(_CHUNK):
                    members.update(chunk)
        header = _header(origin, members)
        if len(header) > MAXIMUM_HEADER and origin and (names := origin.get("class_names")):
            header = _header(origin | {"class_names": None}, members)
            if len(header) <= MAXIMUM_HEADER:
                problem = f"the names of {len(names):,} classes do not fit into the file; it has their numbers only"
                warnings.warn(f"{path}: {problem}", stacklevel=3)
        if len(header) > MAXIMUM_HEADER:
            raise ModelFileError(f"cannot write {path}: its options take more than {MAXIMUM_HEADER:,} bytes")
        archive.comment = header


@contextlib.contextmanager
def extracted(path: Path, follow: bool = True) -> Iterator[Archive]:
    """Context manager that checks a model file and yields its contents, copied to a private directory.

    The file is opened once and its members are read once. Whatever happens to the file meanwhile, the bytes that were
    checked are the bytes that are loaded.

    Args:
        path: path of a `.keras` file.
        follow: whether the path may be a symbolic link.

    Raises:
        ModelFileError: the file is incomplete, or kerasgen did not write it.

    Example:
        >>> from pathlib import Path
        >>> import kerasgen
        >>> from kerasgen.io import archive
        >>> kerasgen.create("vae", image_size=8).save("vae.keras")
        >>> with archive.extracted(Path("vae.keras")) as file:
        ...     file.origin["recipe"]
        'vae'
    """
    with tempfile.TemporaryDirectory(prefix="kerasgen-") as folder:
        try:
            with _open(path, follow) as file:
                comment = _read_comment(file, path)
                checksum = _extract(file, path, Path(folder))
        except ModelFileError:
            raise
        except OSError as error:
            raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
        # A damaged archive makes zipfile raise almost anything.
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            why = ascii(" ".join(str(error).split()))[1:-1]
            raise ModelFileError(f"{path} is damaged or was not written to the end: {why}") from error
        header = _parse(comment, path)
        if _header(header["origin"], checksum) != comment:
            raise ModelFileError(f"{path} is damaged or was not written to the end: its checksum is wrong")
        yield Archive(path, Path(folder), header["origin"], header["sha256"])


def header_of(path: str | os.PathLike) -> dict[str, Any] | None:
    """Return the header of a model file with its `origin` and `sha256`, or None if there is no readable header.

    Example:
        >>> header_of("missing.keras") is None
        True
    """
    path = Path(path)
    try:
        with _open(path) as file:
            return _parse(_read_comment(file, path), path)
    except (ModelFileError, OSError):
        return None


def checksum_of(path: str | os.PathLike) -> str | None:
    """Return the checksum in the header of a model file, or None if there is no readable header.

    Example:
        >>> from kerasgen.io import archive
        >>> archive.checksum_of("missing.keras") is None
        True
    """
    header = header_of(path)
    return None if header is None else header["sha256"]


@contextlib.contextmanager
def _open(path: Path, follow: bool = True) -> Iterator[BinaryIO]:
    """Open a regular file without waiting for a writer, as a pipe would."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ModelFileError(f"{path} is not a regular file; give a .keras file or a run directory")
        yield file


def _read_comment(file: BinaryIO, path: Path) -> bytes:
    """Return the comment, after checking that the archive's directory is as short as that of three members."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise ModelFileError(f"{path} is empty: it was not written to the end")
    file.seek(max(0, size - MAXIMUM_HEADER - _END.size))
    tail = file.read(MAXIMUM_HEADER + _END.size)
    start = tail.rfind(b"PK\x05\x06")
    if start < 0 or len(tail) < start + _END.size:
        raise ModelFileError(f"{path} is damaged or was not written to the end: it is not an archive")
    *_, entries, directory, _, length = _END.unpack_from(tail, start)
    comment = tail[start + _END.size :]
    if len(comment) != length:
        raise ModelFileError(f"{path} is damaged or was not written to the end: its header is cut off")
    if directory > OVERHEAD:
        raise ModelFileError(f"{path} has {entries:,} members; a model has {', '.join(MEMBERS)} and nothing else")
    return comment


def _extract(file: BinaryIO, path: Path, folder: Path):
    """Copy the members to the folder and return the SHA-256 object of the copied bytes."""
    checksum = hashlib.sha256()
    with zipfile.ZipFile(file) as archive:
        _check_members(path, os.fstat(file.fileno()).st_size, archive)
        for name in MEMBERS:
            _update(checksum, name, archive.getinfo(name).file_size)
            with archive.open(name) as member, (folder / name).open("wb") as copy:  # compares the CRC at the end
                while chunk := member.read(_CHUNK):
                    checksum.update(chunk)
                    copy.write(chunk)
    return checksum


def _check_members(path, size, archive):
    infos = archive.infolist()
    names = [info.orig_filename for info in infos]
    if missing := sorted(set(MEMBERS) - set(names)):
        raise ModelFileError(f"{path} is not a Keras model: it has no {' and no '.join(missing)}")
    if len(names) > len(MEMBERS):
        other = next((name for name in names if name not in MEMBERS), None)
        what = f"{len(names)} members" if other is None else f"a member {other[:50]!a}"
        raise ModelFileError(f"{path} has {what}; a model has {', '.join(MEMBERS)} and nothing else")
    for info in infos:
        if info.file_size > MEMBERS[info.filename]:
            limit = MEMBERS[info.filename]
            raise ModelFileError(
                f"{path} declares {info.file_size:,} bytes of {info.filename}; the largest size is {limit:,}"
            )
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise ModelFileError(f"{path} was not written by Keras: its {info.filename} is compressed")
        if info.flag_bits & 1:
            raise ModelFileError(f"{path} is damaged or not a model: its {info.filename} is encrypted")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise ModelFileError(f"{path} was not written by Keras: its {info.filename} is not a regular file")
    stored = sum(info.file_size for info in infos)
    overhead = size - stored - len(archive.comment)
    if not 0 < overhead <= OVERHEAD or min(info.header_offset for info in infos):
        raise ModelFileError(f"{path} is damaged: its members have {stored:,} bytes and the file has {size:,}")


def _update(checksum, name, size):
    checksum.update(f"{name} {size}\n".encode())


def _header(origin, members) -> bytes:
    """Return the comment: canonical JSON, so that one header has one spelling."""
    checksum = members.copy()
    checksum.update(_json({"format": FORMAT, "origin": origin}))
    return _MARK + _json({"format": FORMAT, "origin": origin, "sha256": checksum.hexdigest()})


def _json(value) -> bytes:
    return json.dumps(value, sort_keys=True, allow_nan=False).encode("ascii")


def _parse(comment: bytes, path: Path) -> dict[str, Any]:
    """Return the header of a comment as a dict with `origin` and `sha256`.

    Raises:
        ModelFileError: it is not a header of this format, in the spelling of `_header`.
    """
    if comment.startswith(_MARK_OF_FORMAT_1):
        raise ModelFileError(
            f"{path} was saved in format 1 of kerasgen, and this version reads format {FORMAT}: train the model again, "
            "or use the kerasgen that saved it"
        )
    if not comment.startswith(_MARK):
        raise ModelFileError(
            f"{path} was not saved by kerasgen: it has no header with a checksum, which the method `save` of a model "
            "writes; if the model is your own, load it with keras.saving.load_model"
        )
    try:
        header = json.loads(comment.removeprefix(_MARK).decode("ascii"))
        canonical = _MARK + _json(header) == comment
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged: its header is not JSON as kerasgen writes it") from error
    number = header.get("format") if isinstance(header, dict) else None
    if type(number) is int and number != FORMAT:
        raise ModelFileError(
            f"{path} was saved in format {str(number)[:20]} of kerasgen, and this version reads format {FORMAT}: use "
            "the kerasgen that saved it"
        )
    kinds = {"format": int, "origin": dict | None, "sha256": str}
    fits = isinstance(header, dict) and set(header) == set(kinds)
    if not canonical or not fits or not all(isinstance(header[key], kind) for key, kind in kinds.items()):
        raise ModelFileError(f"{path} is damaged: its header is not JSON as kerasgen writes it")
    return header
