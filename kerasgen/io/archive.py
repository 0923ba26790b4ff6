"""The archive that a `.keras` file is: its members, whether they are whole, and our checksum of them.

The checksum is the comment of the archive. Keras writes none and reads none, so that `keras.saving.load_model` reads
the file as ever; and where Keras reads weights without looking at the archive's own checksums, as it does on
Python 3.12 and later when one of them is wrong, we do look.
"""

import hashlib
import stat
import zipfile
import zlib

from kerasgen.errors import ModelFileError

# What Keras writes into a file, and how many bytes each may have: weights are 500 million numbers then.
MEMBERS = {"metadata.json": 2**16, "config.json": 2**20, "model.weights.h5": 2**31}
FRAME = 2**13  # bytes for the archive's own headers, its directory and its comment
_MARK = b"kerasgen sha256:"


def seal(path):
    """Put the checksum of its members into the archive at `path`, which Keras has just written."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = _checksum({name: archive.read(name) for name in MEMBERS})


def read(path):
    """Return the members of the file as a dict of name -> bytes, read once and found to be whole.

    Raises:
        ModelFileError: the file is not what `kerasgen` wrote: members, sizes or checksums are others.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise ModelFileError(f"{path} is empty: it was not written to the end")
        with zipfile.ZipFile(path) as archive:
            _check_members(path, size, archive)
            members = {info.filename: archive.read(info) for info in archive.infolist()}  # checks each CRC
            comment = archive.comment
    except ModelFileError:
        raise
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    # A header that lies makes zipfile raise almost anything.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())
        raise ModelFileError(f"{path} is damaged or was not written to the end: {why}") from error
    if not comment.startswith(_MARK):
        raise ModelFileError(
            f"{path} was not saved by kerasgen: it has no checksum, which the method `save` of a model writes; "
            "if the model is your own, load it with keras.saving.load_model"
        )
    if comment != _checksum(members):
        raise ModelFileError(f"{path} is damaged or was not written to the end: its checksum is wrong")
    return members


def _checksum(members):
    total = hashlib.sha256()
    for name in MEMBERS:
        total.update(f"{name} {len(members[name])}\n".encode())
        total.update(members[name])
    return _MARK + total.hexdigest().encode()


def _check_members(path, size, archive):
    infos = archive.infolist()
    names = [info.orig_filename for info in infos]
    if missing := sorted(set(MEMBERS) - set(names)):
        raise ModelFileError(f"{path} is not a Keras model: it has no {' and no '.join(missing)}")
    if len(names) > len(MEMBERS):
        other = next((name for name in names if name not in MEMBERS), None)
        what = f"{len(names)} members" if other is None else f"a member {other[:50]!r}"
        raise ModelFileError(f"{path} has {what}; a model of kerasgen has {', '.join(MEMBERS)} and nothing else")
    for info in infos:
        if info.file_size > MEMBERS[info.filename]:
            limit = MEMBERS[info.filename]
            raise ModelFileError(
                f"{path} declares {info.file_size:,} bytes of {info.filename}; at most {limit:,} may be"
            )
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise ModelFileError(f"{path} is not as Keras writes it: its {info.filename} is compressed")
        if info.flag_bits & 1:
            raise ModelFileError(f"{path} is damaged or no model of kerasgen: its {info.filename} is encrypted")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise ModelFileError(f"{path} is not as Keras writes it: its {info.filename} is no regular file")
    stored = sum(info.file_size for info in infos)
    if not stored < size <= stored + FRAME or min(info.header_offset for info in infos):
        raise ModelFileError(f"{path} is damaged: its members have {stored:,} bytes, and the file has {size:,}")


def checksum_of(path):
    """Return the checksum with which a model has sealed its file, see `kerasgen.io.archive`; None without one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment.decode("ascii", "replace") or None
    except (OSError, zipfile.BadZipFile):
        return None
